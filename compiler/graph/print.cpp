#include "compiler/graph/print.h"

#include <fmt/format.h>

#include <map>
#include <string_view>

namespace tenet {
namespace {

constexpr std::string_view kind_names[] = {"real", "whole", "truth"};

class Printer {
 public:
  explicit Printer(const Graph& graph) : graph_(graph) {
    for (std::uint32_t i = 0; i < graph.axis_count(); ++i) ++names_[graph.axis(AxisId{i}).name];
  }

  std::string line(NodeId id) const {
    const Node& node = graph_.node(id);
    return fmt::format("%{} = {} : [{}] {}\n", index_of(id), definition(id, node), list(node.axes),
                       kind_names[static_cast<std::size_t>(node.kind)]);
  }

 private:
  std::string axis(AxisId id) const {
    const std::string& name = graph_.axis(id).name;
    return names_.at(name) > 1 ? fmt::format("{}#{}", name, index_of(id)) : name;
  }

  std::string list(std::span<const AxisId> axes) const {
    std::string result;
    for (AxisId id : axes) result += (result.empty() ? "" : ", ") + axis(id);
    return result;
  }

  static std::string operands(const Node& node) {
    std::string result;
    for (NodeId operand : node.operands) result += fmt::format(" %{}", index_of(operand));
    return result;
  }

  std::string definition(NodeId id, const Node& node) const {
    const std::string_view word = operation(node.op).spelling;
    switch (operation(node.op).form) {
      case Form::leaf:
        return leaf(id, node);
      case Form::identity:
        return fmt::format("{}{}{}", word, node.op == Op::named ? " " + graph_.name_of(id) : "", operands(node));
      case Form::pointwise:
        return fmt::format("{}{}", word, operands(node));
      case Form::reduction:
        return fmt::format("{}[{}]{}", word, list(node.bound), operands(node));
      case Form::recurrence: {
        const Recurrence& form = graph_.recurrence_of(id);
        std::string reads;
        for (const auto& [component, offset, reading] : form.reads)
          reads += fmt::format(", %{} is component {} at {} - {}", index_of(reading), component, axis(form.axis), offset);
        return fmt::format("component {} of {}{}{}", graph_.place_of(id), word, operands(node), reads);
      }
      case Form::substitution:
        break;
    }
    std::string replacements;
    for (std::size_t i = 0; i < node.bound.size(); ++i)
      replacements += fmt::format("{}{} = %{}", i == 0 ? "" : ", ", axis(node.bound[i]), index_of(node.operands[i + 1]));
    if (node.operands.size() > node.bound.size() + 1) replacements += fmt::format(" else %{}", index_of(node.operands.back()));
    return fmt::format("%{}[{}]", index_of(node.operands[0]), replacements);
  }

  std::string leaf(NodeId id, const Node& node) const {
    const std::string_view word = operation(node.op).spelling;
    switch (node.op) {
      case Op::constant:
        return graph_.value_of(id).get_str();
      case Op::size:
        return fmt::format("|{}|", axis(node.bound[0]));
      case Op::infinity:
      case Op::pi:
        return std::string(word);
      case Op::coordinate:
        return fmt::format("{} {}", word, axis(node.bound[0]));
      default:
        return fmt::format("{} {}", word, graph_.name_of(id));
    }
  }

  const Graph& graph_;
  std::map<std::string, int> names_;
};

}  // namespace

std::string to_text(const Graph& graph, std::span<const NodeId> roots) {
  const Printer printer(graph);
  std::string result;
  for (NodeId id : graph.reachable(roots)) result += printer.line(id);
  return result;
}

}  // namespace tenet

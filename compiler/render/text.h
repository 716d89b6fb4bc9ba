// A graph as text in the language. What is printed can be pasted into the program and means the same.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/syntax/tree.h"

namespace tenet {

// What prints as a name: inputs; `named` nodes whose definition the reader can see, and the values under them; nodes given a
// line of their own; axes.
// A fresh copy of an axis gets a legal name (`time_2`) and a declaration that has to stand above what uses it.
class Spelling {
 public:
  // Declares the visible definitions and every name that a new one must avoid.
  Spelling(const Graph& graph, std::span<const std::string> definitions, std::span<const std::string> taken);

  void learn_nodes();  // those made since: values under visible definitions

  std::optional<std::string> name_of(NodeId node) const;
  void give_name(NodeId node, std::string name);  // a leaf, such as the number 1, stays what it is
  void forget_lines() { lines_.clear(); }

  // Gives the components of a recurrence and their bodies these names, by which its readings are read from now on.
  void name_components(NodeId component, std::span<const std::string> names);
  // `h[time = time - 1 else 0]`: of a reading of a recurrence whose components have names.
  struct Elsewhere {
    std::string name;
    AxisId axis;
    std::int64_t offset;
    NodeId start;
  };
  const Elsewhere* read_elsewhere(NodeId reading) const;
  // For the derivative by what is defined under a path: `dW`, with as much of the path before as tells it from others,
  // `dhidden_W`.
  std::string derivative_by(std::string_view path);
  // `wanted`, or it with the first free number behind it; from now on taken.
  std::string fresh(std::string wanted);

  std::string axis(AxisId axis);
  std::string fresh_copy(AxisId axis);                                                            // declares one
  std::vector<std::string> take_axis_declarations() { return std::exchange(declarations_, {}); }  // `axis time_2 = |time|`

 private:
  const Graph& graph_;
  std::unordered_set<std::string> definitions_, taken_;
  std::unordered_map<std::uint32_t, std::string> lines_, defined_;
  std::map<AxisId, std::string> axes_;
  std::vector<std::string> declarations_;
  std::unordered_map<std::uint32_t, Elsewhere> elsewhere_;
};

// The expression of a node down to names, as a syntax tree: it is as deep as the graph is without names in between.
syntax::ExpressionPtr expression_tree(const Graph& graph, NodeId node, Spelling& spelling);

// The same as text, with as few brackets as the binding strengths allow. The node itself is expanded even if it has a name.
std::string expression(const Graph& graph, NodeId node, Spelling& spelling);

}  // namespace tenet

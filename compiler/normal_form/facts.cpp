#include "compiler/normal_form/facts.h"

#include <algorithm>

namespace tenet {
namespace {

class Facts {
 public:
  Facts(NormalForms& forms, Subjects subjects) : forms_(forms), graph_(forms.graph()), subjects_(subjects) {}

  bool run() {
    for (const Assumed& row : graph_.assumed()) read(row);
    // Subjects first, so that all forms are of the same atoms; an atom is positive or not from the start.
    for (const Bound& bound : bounds_)
      if (const auto limit = form_of(bound.below); limit && is_above_zero(bound, *limit)) {
        forms_.declare_positive(bound.value);
        make_opaque(bound.value);
      }
    for (const Sum& sum : sums_) make_opaque(sum.value);
    for (const auto& [value, equal] : values_)
      if (auto form = form_of(equal)) give(value, std::move(*form));
    for (const Sum& sum : sums_) declare(sum);
    forms_.begin();
    return told_;
  }

 private:
  struct Value {
    NodeId value, equal;
  };
  struct Sum {
    NodeId value;
    std::vector<AxisId> axes;
    NodeId equal;
    std::optional<NodeId> divisor;  // the sum divided by it is equal
  };
  struct Bound {
    NodeId value, below;
    bool strict;
  };

  void read(const Assumed& row) {
    const bool less = row.relation == Op::less || row.relation == Op::less_equal;
    if (row.relation == Op::equal) {
      read_sum(row.left, row.right) || read_sum(row.right, row.left) || read_value(row.left, row.right) ||
          read_value(row.right, row.left);
    } else {
      const NodeId value = less ? row.right : row.left, below = less ? row.left : row.right;
      if (is_subject(value)) bounds_.push_back({value, below, row.relation == Op::less || row.relation == Op::greater});
    }
  }

  bool read_sum(NodeId left, NodeId right) {
    const Node& node = graph_.node(left);
    const bool mean = node.op == Op::divide && graph_.node(node.operands[0]).op == Op::sum;
    const Node& sum = mean ? graph_.node(node.operands[0]) : node;
    if (sum.op != Op::sum || !is_subject(sum.operands[0]) || !gives(sum.operands[0], node.axes, right)) return false;
    sums_.push_back({sum.operands[0], {sum.bound.begin(), sum.bound.end()}, right, {}});
    if (mean) sums_.back().divisor = node.operands[1];
    return true;
  }

  bool read_value(NodeId left, NodeId right) {
    if (!is_subject(left) || !gives(left, graph_.node(left).axes, right)) return false;
    values_.push_back({left, right});
    return true;
  }

  bool is_subject(NodeId id) const {
    if (graph_.node(id).kind != Kind::real) return false;
    if (graph_.node(id).op == Op::input) return true;
    const auto is_input = [&](NodeId read) { return graph_.node(read).op == Op::input; };
    return subjects_ == Subjects::all && std::ranges::any_of(graph_.reachable(std::span(&id, 1)), is_input);
  }

  // Whether `equal` says along `axes` what something made of `value` is.
  bool gives(NodeId value, std::span<const AxisId> axes, NodeId equal) const {
    const std::vector<NodeId> read = graph_.reachable(std::span(&equal, 1));
    return std::ranges::includes(axes, graph_.node(equal).axes) && std::ranges::find(read, value) == read.end();
  }

  bool is_above_zero(const Bound& bound, const Polynomial& limit) const {
    if (const auto number = constant_of(limit)) return bound.strict ? sgn(*number) >= 0 : sgn(*number) > 0;
    return forms_.atoms().positive(limit);
  }

  std::optional<Polynomial> form_of(NodeId node) {
    Polynomial form = forms_.of(node);
    if (forms_.stop().empty()) return form;
    forms_.restart();
    return {};
  }

  void give(NodeId value, Polynomial form) {
    forms_.give_form(value, std::move(form));
    told_ = true;
  }

  void make_opaque(NodeId value) { give(value, forms_.atom_form(forms_.value(value))); }

  void declare(const Sum& sum) {
    std::optional<Polynomial> equal = form_of(sum.equal);
    if (equal && sum.divisor) {
      const std::optional<Polynomial> divisor = form_of(*sum.divisor);
      equal = divisor ? std::optional(forms_.product(*equal, *divisor)) : std::nullopt;
    }
    if (equal) forms_.declare_sum(sum.value, sum.axes, std::move(*equal));
  }

  NormalForms& forms_;
  const Graph& graph_;
  const Subjects subjects_;
  std::vector<Value> values_;
  std::vector<Sum> sums_;
  std::vector<Bound> bounds_;
  bool told_ = false;
};

}  // namespace

bool assume_facts(NormalForms& forms, Subjects subjects) { return Facts(forms, subjects).run(); }

}  // namespace tenet

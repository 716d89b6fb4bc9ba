// Random small graphs over a few fixed inputs, and their gradients.
#pragma once

#include <fmt/format.h>
#include <rapidcheck.h>

#include "compiler/simplify/extraction/closed_forms.h"
#include "tests/property/algebra.h"

namespace tenet::tests {

inline const char* const inputs = R"(
axis i = 3, j = 2, k = |i|
param x[i, j] = 0
param y[j] = 0
param s = 0
param m[i, k] = 0
data n[j] : i
data l[i] : j
)";

// Grows expressions over the names above; every choice is one number of the generator's, so that a failure shrinks.
class Grower {
 public:
  Grower(Algebra& algebra, const std::vector<std::uint32_t>& choices, bool smooth)
      : algebra_(algebra), graph_(algebra.graph), choices_(choices), smooth_(smooth) {
    for (const auto name : {"x", "y", "s", "m"}) values_.push_back(algebra[name]);
  }

  // A scalar that depends on much of what was grown.
  NodeId grow() {
    while (next_ < choices_.size()) values_.push_back(step());
    NodeId total = graph_.constant(0);
    for (std::size_t count = 0; count < 3 && count < values_.size(); ++count) {
      const NodeId value = values_[values_.size() - 1 - count];
      total = graph_.apply(Op::add, total, sum_over(graph_, value, graph_.node(value).axes));
    }
    return total;
  }

 private:
  std::uint32_t choose(std::uint32_t count) { return next_ < choices_.size() ? choices_[next_++] % count : 0; }
  NodeId value() { return values_[values_.size() - 1 - choose(static_cast<std::uint32_t>(values_.size()))]; }
  AxisId axis(const char* name) { return algebra_.axes.at(name); }

  // Into (-1, 1), so that nothing grows without bound.
  NodeId tame(NodeId node) { return graph_.apply(Op::tanh, node); }
  NodeId positive(NodeId node) {
    return graph_.apply(Op::add, graph_.apply(Op::power, tame(node), graph_.constant(2)), graph_.constant(1, 2));
  }

  NodeId step() {
    switch (choose(12)) {
      case 0:
        return graph_.apply(Op::add, value(), value());
      case 1:
        return graph_.apply(Op::subtract, value(), value());
      case 2:
        return graph_.apply(Op::multiply, tame(value()), tame(value()));
      case 3:
        return graph_.apply(Op::divide, tame(value()), positive(value()));
      case 4:
        return function();
      case 5:
        return reduction();
      case 6:
      case 7:
        return substitution();
      case 8:
        return graph_.apply(Op::multiply, truth(), value());
      case 9:
        return graph_.apply(Op::where, truth(), value(), choose(2) == 0 ? graph_.constant(0) : value());
      case 10:
        return graph_.named(fmt::format("v{}", next_), value());
      default:
        return leaf();
    }
  }

  NodeId leaf() {
    switch (choose(5)) {
      case 0:
        return graph_.constant(static_cast<long>(choose(4)) - 1, 1 + choose(2));
      case 1:
        return graph_.size(axis("i"));
      case 2:
        return graph_.coordinate(axis(choose(2) == 0 ? "i" : "k"));
      case 3:
        return graph_.apply(Op::divide, graph_.constant(1), graph_.size(axis("j")));
      default:
        return graph_.apply(Op::negate, value());
    }
  }

  NodeId function() {
    static constexpr Op smooth[] = {Op::tanh, Op::sigmoid, Op::sin, Op::cos, Op::erf, Op::softplus};
    static constexpr Op any[] = {Op::abs, Op::relu, Op::sign};
    const std::uint32_t which = choose(10);
    if (which < 6) return graph_.apply(smooth[which], value());
    if (which == 6) return graph_.apply(Op::log, positive(value()));
    if (which == 7) return graph_.apply(Op::power, positive(value()), graph_.constant(static_cast<long>(choose(6)) - 3, 2));
    if (which == 8) return graph_.apply(Op::exp, tame(value()));
    return smooth_ ? graph_.apply(Op::power, tame(value()), graph_.constant(choose(4))) : graph_.apply(any[choose(3)], value());
  }

  NodeId reduction() {
    const NodeId body = value();
    AxisSet bound;
    for (AxisId axis : graph_.node(body).axes)
      if (choose(2) == 0) bound.push_back(axis);
    if (bound.empty()) bound = set_of(graph_.node(body).axes);
    static constexpr Op any[] = {Op::sum, Op::product, Op::max_over, Op::min_over};
    const Op op = smooth_ ? any[choose(2)] : any[choose(4)];
    return graph_.reduce(op, bound, op == Op::product ? tame(body) : body);
  }

  NodeId substitution() {
    const NodeId body = value();
    if (graph_.node(body).axes.empty()) return body;
    const AxisId from = graph_.node(body).axes[choose(static_cast<std::uint32_t>(graph_.node(body).axes.size()))];
    const bool over_j = from == axis("j");
    switch (choose(5)) {
      case 0:
        return graph_.substitute(body, {{from, algebra_[over_j ? "l" : "n"]}});
      case 1:
        return graph_.substitute(body, {{from, graph_.coordinate(over_j ? from : axis(from == axis("i") ? "k" : "i"))}});
      case 2:
        return graph_.substitute(body, {{from, graph_.apply(Op::subtract, graph_.coordinate(from), graph_.constant(1))}},
                                 otherwise(from));
      case 3:
        return graph_.substitute(
            body, {{from, graph_.apply(Op::add, graph_.coordinate(axis("i")), graph_.coordinate(axis("j")))}}, otherwise(from));
      default:
        return graph_.substitute(body, {{from, graph_.constant(0)}});
    }
  }

  NodeId otherwise(AxisId from) {
    const NodeId other = value();
    return graph_.has_axis(other, from) || choose(2) == 0 ? graph_.constant(choose(2)) : other;
  }

  // Truths that do not depend on reals, or none that could jump within a finite difference.
  NodeId truth() {
    const NodeId i = graph_.coordinate(axis("i")), j = graph_.coordinate(axis("j")), k = graph_.coordinate(axis("k"));
    switch (choose(6)) {
      case 0:
        return graph_.apply(Op::equal, i, algebra_["n"]);
      case 1:
        return graph_.apply(Op::equal, k, i);
      case 2:
        return graph_.apply(Op::less_equal, i, j);
      case 3:
        return graph_.apply(Op::equal, algebra_["l"], j);
      case 4:
        return graph_.apply(Op::logical_not, graph_.apply(Op::greater, algebra_["n"], graph_.constant(0)));
      default:
        return graph_.apply(Op::logical_and, graph_.apply(Op::not_equal, i, graph_.constant(1)), graph_.apply(Op::less, i, k));
    }
  }

  Algebra& algebra_;
  Graph& graph_;
  const std::vector<std::uint32_t>& choices_;
  std::size_t next_ = 0;
  std::vector<NodeId> values_;
  bool smooth_;
};

inline const std::vector<std::string> targets{"x", "y", "s", "m"};

struct Derived {
  std::vector<NodeId> raw;         // gradients by the targets, then the value
  std::vector<NodeId> simplified;  // the same, by the directed laws
  std::vector<NodeId> closed;      // the gradients' closed forms, whether they are cheaper or not
};

inline Derived derived(Algebra& algebra, NodeId value) {
  std::vector<NodeId> nodes;
  for (const auto& target : targets) nodes.push_back(algebra[target]);
  const Backward reverse = backward(algebra.graph, value, nodes);
  Derived result{reverse.gradients, {}, {}};
  result.raw.push_back(value);
  const Simplified simplified = simplify(algebra.graph, result.raw);
  RC_ASSERT(simplified.stop == "complete");
  result.simplified = simplified.roots;
  result.closed = closed_forms(algebra.graph, std::span(&value, 1), reverse, Sizes()).roots;
  return result;
}

inline bool moderate(const Tensor& tensor) { return std::isfinite(largest(tensor)) && largest(tensor) < 1e5; }

}  // namespace tenet::tests

// Exponentials whose range or accuracy single precision loses, as the functions that keep it. What needs more than one place to
// change, the shift of a softmax, is the scales' (stabilise.h).
#include "compiler/simplify/families.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

NodeId sigmoid(Graph& graph, NodeId a) { return graph.apply(Op::sigmoid, a); }
NodeId softplus(Graph& graph, NodeId a) { return graph.apply(Op::softplus, a); }

NodeId negated(Graph& graph, NodeId a) { return is(graph, a, Op::negate) ? operand(graph, a, 0) : negate(graph, a); }

// x of 1 + exp(x).
std::optional<NodeId> exponent_beside_one(const Rewriting& r, NodeId id) {
  const auto sum = two(r, id, Op::add);
  if (!sum) return {};
  for (const auto& [one, other] : {std::pair{sum->a, sum->b}, std::pair{sum->b, sum->a}})
    if (is_constant(r.graph, one, 1) && is(r.graph, other, Op::exp)) return operand(r.graph, other, 0);
  return {};
}

// sigmoid(x) of 1 - sigmoid(x), or of its negative: as a difference, or as a sum with -1.
std::optional<NodeId> sigmoid_beside_one(const Rewriting& r, NodeId id, bool negative = false) {
  const auto value = [&](NodeId one, NodeId other, int expected) {
    return is_constant(r.graph, one, expected) && is(r.graph, other, Op::sigmoid) ? std::optional(other) : std::nullopt;
  };
  if (const auto parts = two(r, id, Op::subtract)) return negative ? value(parts->b, parts->a, 1) : value(parts->a, parts->b, 1);
  const auto parts = negative ? two(r, id, Op::add) : std::nullopt;
  if (!parts) return {};
  const auto found = value(parts->a, parts->b, -1);
  return found ? found : value(parts->b, parts->a, -1);
}

NodeId softplus_of_log(Rewriting& r, NodeId id) {
  if (is(r.graph, id, Op::log1p) && is(r.graph, operand(r.graph, id, 0), Op::exp))
    return softplus(r.graph, operand(r.graph, operand(r.graph, id, 0), 0));
  if (!is(r.graph, id, Op::log)) return id;
  const auto x = exponent_beside_one(r, operand(r.graph, id, 0));
  return x ? softplus(r.graph, *x) : id;
}

NodeId sigmoid_of_reciprocal(Rewriting& r, NodeId id) {
  const auto quotient = two(r, id, Op::divide);
  const auto power = two(r, id, Op::power);
  const bool reciprocal = quotient && is_constant(r.graph, quotient->a, 1);
  if (!reciprocal && !(power && is_constant(r.graph, power->b, -1))) return id;
  const auto x = exponent_beside_one(r, reciprocal ? quotient->b : power->a);
  return x ? sigmoid(r.graph, negated(r.graph, *x)) : id;
}

NodeId sigmoid_of_quotient(Rewriting& r, NodeId id) {
  const auto quotient = two(r, id, Op::divide);
  if (!quotient || !is(r.graph, quotient->a, Op::exp)) return id;
  const auto x = exponent_beside_one(r, quotient->b);
  return x && *x == operand(r.graph, quotient->a, 0) ? sigmoid(r.graph, *x) : id;
}

NodeId log_of_sigmoid(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::log) || !is(r.graph, operand(r.graph, id, 0), Op::sigmoid)) return id;
  return negate(r.graph, softplus(r.graph, negated(r.graph, operand(r.graph, operand(r.graph, id, 0), 0))));
}

NodeId log_of_complement(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::log)) return id;
  const auto value = sigmoid_beside_one(r, operand(r.graph, id, 0));
  return value ? negate(r.graph, softplus(r.graph, operand(r.graph, *value, 0))) : id;
}

// Where sigmoid(x) is near 1, it has lost the digits that its difference from 1 needs. One that is computed anyway is read.
std::optional<NodeId> sigmoid_of_negative(Rewriting& r, std::optional<NodeId> value) {
  if (!value || (r.shared(*value) && !r.derived(*value))) return {};
  return sigmoid(r.graph, negated(r.graph, operand(r.graph, *value, 0)));
}

NodeId complement(Rewriting& r, NodeId id) { return sigmoid_of_negative(r, sigmoid_beside_one(r, id)).value_or(id); }

NodeId complement_from_one(Rewriting& r, NodeId id) {
  const auto value = sigmoid_of_negative(r, sigmoid_beside_one(r, id, true));
  return value ? negate(r.graph, *value) : id;
}

constexpr Law rows[] = {
    {"softplus", "log(1 + exp(x))", "softplus(x)", "also log1p(exp(x))", Soundness::exact, softplus_of_log},
    {"sigmoid", "1 / (1 + exp(x))", "sigmoid(-x)", "also (1 + exp(x))^-1", Soundness::exact, sigmoid_of_reciprocal},
    {"sigmoid of a quotient", "exp(x) / (1 + exp(x))", "sigmoid(x)", "", Soundness::exact, sigmoid_of_quotient},
    {"log of sigmoid", "log(sigmoid(x))", "-softplus(-x)", "", Soundness::exact, log_of_sigmoid},
    {"log of the complement of sigmoid", "log(1 - sigmoid(x))", "-softplus(x)", "", Soundness::exact, log_of_complement},
    {"complement of sigmoid", "1 - sigmoid(x)", "sigmoid(-x)", "sigmoid(x) is used once, or in gradients alone", Soundness::exact,
     complement},
    {"negative complement of sigmoid", "sigmoid(x) - 1", "-sigmoid(-x)", "sigmoid(x) is used once, or in gradients alone",
     Soundness::exact, complement_from_one},
};

}  // namespace

std::span<const Law> stability_laws() { return rows; }

}  // namespace tenet

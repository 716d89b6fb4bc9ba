// Scaled values as nodes: what single precision should compute.
#include <algorithm>

#include "compiler/simplify/scaled_values.h"
#include "compiler/simplify/shifts.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

// Whether one of the truths is that the other does not hold.
bool excludes(const Graph& graph, NodeId a, NodeId b) {
  const auto denies = [&](NodeId x, NodeId y) { return is(graph, x, Op::logical_not) && operand(graph, x, 0) == y; };
  return denies(a, b) || denies(b, a);
}

}  // namespace

// exp(x - max[i](where(p, x, y))) beside a factor that is 0 outside of p: x there may as well be y, and may not be large.
LinearForm ScaledValues::masked(const ScaledPart& part) {
  LinearForm result = part.scale;
  const auto mask = split(part.core);
  if (!mask) return result;
  for (const LinearTerm& term : part.scale) {
    if (!is(graph_, where_moderate(graph_, term.key), Op::max_over) || term.coefficient >= 0) continue;
    const NodeId inner = operand(graph_, where_moderate(graph_, term.node), 0), choice = without_names(graph_, inner);
    if (!is(graph_, choice, Op::where) || operand(graph_, choice, 0) != mask->truth) continue;
    const AxisSet own = tenet::united(graph_.node(part.core).axes, graph_.node(operand(graph_, choice, 1)).axes);
    if (!std::ranges::includes(own, graph_.node(inner).axes)) continue;
    const LinearForm x = forms_.of(operand(graph_, choice, 1));
    const mpq_class times = -term.coefficient;
    if (contained(result, x) < times) continue;
    result = sum(difference(result, scaled(x, times)), scaled(forms_.of(inner), times));
  }
  return result;
}

std::optional<NodeId> ScaledValues::value(const ScaledValue& value) {
  std::optional<NodeId> result;
  for (const ScaledPart& part : value) {
    const auto piece = value_of(part);
    if (!piece) return {};
    result = result ? add(graph_, *result, *piece) : *piece;
  }
  return result;
}

// Whether a `where` may make it 0.
bool ScaledValues::is_masked(NodeId core, int depth) {
  if (const auto known = masked_.find(core); known != masked_.end()) return known->second;
  return masked_[core] = derive_masked(core, depth);
}

bool ScaledValues::derive_masked(NodeId core, int depth) {
  const Node& node = graph_.node(core);
  const auto operand = [&](std::size_t k) { return is_masked(node.operands[k], depth - 1); };
  if (node.op == Op::where && (tenet::is_zero(graph_, node.operands[1]) || tenet::is_zero(graph_, node.operands[2]))) return true;
  if (depth == 0) return false;
  if (node.op == Op::where) return operand(1) || operand(2);
  if (node.op == Op::add || node.op == Op::subtract) return operand(0) && operand(1);
  if (node.op == Op::multiply) return operand(0) || operand(1);
  const bool keeps_zeros = node.op == Op::divide || node.op == Op::negate || node.op == Op::sum || node.op == Op::substitute ||
                           node.op == Op::power || node.op == Op::named;
  return keeps_zeros && operand(0);
}

// What may be infinite where a factor is 0 by choice stands inside of the choice.
std::optional<NodeId> ScaledValues::value_of(const ScaledPart& part) {
  const auto factor = exponential(masked(part));
  if (!factor || is_constant(graph_, part.core, 0)) return part.core;
  if (ranges_.of(*factor).overflows) {
    if (const auto choice = split(part.core))
      return where(graph_, choice->truth, times(*factor, choice->rest), graph_.constant(0));
    if (is_masked(part.core)) return {};
  }
  return times(*factor, part.core);
}

// A truth outside which a value is 0, and the value where it holds.
std::optional<ScaledValues::Choice> ScaledValues::split(NodeId core, int depth) {
  if (const auto known = choices_.find(core); known != choices_.end()) return known->second;
  return choices_[core] = derive_split(core, depth);
}

std::optional<ScaledValues::Choice> ScaledValues::derive_split(NodeId core, int depth) {
  const Node node = graph_.node(core);
  if (node.kind == Kind::truth) return Choice{core, graph_.constant(1), false};
  if (node.op == Op::subtract && is_constant(graph_, node.operands[0], 1) && graph_.node(node.operands[1]).kind == Kind::truth)
    return Choice{graph_.apply(Op::logical_not, node.operands[1]), graph_.constant(1), false};
  if (node.op == Op::where)
    for (std::size_t zero : {2, 1}) {
      if (!tenet::is_zero(graph_, node.operands[zero])) continue;
      const NodeId truth = zero == 2 ? node.operands[0] : graph_.apply(Op::logical_not, node.operands[0]);
      const auto inner = depth == 0 ? std::nullopt : split(node.operands[3 - zero], depth - 1);
      if (inner && inner->masks) return Choice{graph_.apply(Op::logical_and, truth, inner->truth), inner->rest};
      return Choice{truth, node.operands[3 - zero]};
    }
  if (depth == 0) return {};
  if (node.op == Op::where) {
    const NodeId truth = node.operands[0], denied = graph_.apply(Op::logical_not, truth);
    const auto a = split(node.operands[1], depth - 1), b = split(node.operands[2], depth - 1);
    if (!(a && a->masks) && !(b && b->masks)) return {};
    const NodeId yes = a ? graph_.apply(Op::logical_and, truth, a->truth) : truth;
    const NodeId no = b ? graph_.apply(Op::logical_and, denied, b->truth) : denied;
    const NodeId rest = where(graph_, truth, a ? a->rest : node.operands[1], b ? b->rest : node.operands[2]);
    return Choice{graph_.apply(Op::logical_or, yes, no), rest};
  }
  if (node.op == Op::add || node.op == Op::subtract) {
    const auto a = split(node.operands[0], depth - 1), b = a ? split(node.operands[1], depth - 1) : std::nullopt;
    if (!b || !a->masks || !b->masks) return {};
    if (a->truth == b->truth) return Choice{a->truth, graph_.apply(node.op, a->rest, b->rest)};
    return Choice{graph_.apply(Op::logical_or, a->truth, b->truth), core};
  }
  if (node.op == Op::sum) {
    const auto inner = split(node.operands[0], depth - 1);
    if (!inner || !inner->masks) return {};
    const AxisSet hidden = intersection(node.bound, graph_.node(inner->truth).axes);
    if (hidden.empty()) return Choice{inner->truth, core};
    return Choice{graph_.apply(Op::greater, graph_.reduce(Op::sum, hidden, inner->truth), graph_.constant(0)), core};
  }
  if (node.op == Op::multiply) {
    const auto a = split(node.operands[0], depth - 1), b = split(node.operands[1], depth - 1);
    if (!a && !b) return {};
    const NodeId rest = times(a ? a->rest : node.operands[0], b ? b->rest : node.operands[1]);
    if (!a || !b) return Choice{a ? a->truth : b->truth, rest, a ? a->masks : b->masks};
    return Choice{graph_.apply(Op::logical_and, a->truth, b->truth), rest, a->masks || b->masks};
  }
  if (node.op != Op::divide && node.op != Op::negate) return {};
  auto choice = split(node.operands[0], depth - 1);
  if (!choice) return {};
  std::vector<NodeId> operands(node.operands.begin(), node.operands.end());
  operands[0] = choice->rest;
  choice->rest = graph_.rebuild(core, operands);
  return choice;
}

// Nothing for exp(0).
std::optional<NodeId> ScaledValues::exponential(LinearForm form) {
  const auto factor = sigmoids(form);
  if (form.empty()) return factor;
  const NodeId rest = forms_.shown(graph_.apply(Op::exp, forms_.node(form)));
  return factor ? times(*factor, rest) : rest;
}

// Takes sigmoid(x)^a * sigmoid(-x)^(k - a) out of exp(a x - k softplus(x) + ..), for whole k and a.
std::optional<NodeId> ScaledValues::sigmoids(LinearForm& form) {
  std::optional<NodeId> result;
  const auto take = [&](NodeId argument, const mpq_class& power) {
    if (power == 0) return;
    NodeId factor = graph_.apply(Op::sigmoid, argument);
    if (power != 1) factor = graph_.apply(Op::power, factor, graph_.constant(power));
    result = result ? times(*result, factor) : factor;
  };
  const LinearForm terms = form;
  for (const LinearTerm& term : terms) {
    if (!is(graph_, term.key, Op::softplus) || term.coefficient >= 0 || term.coefficient.get_den() != 1) continue;
    const LinearForm x = forms_.of(operand(graph_, without_names(graph_, term.node), 0));
    const mpq_class all = -term.coefficient;
    mpz_class whole = mpz_class(contained(form, x).get_num() / contained(form, x).get_den());
    const mpq_class positive = std::min(mpq_class(whole), all);
    form = difference(difference(form, scaled(x, positive)), {term});
    take(forms_.node(x), positive);
    take(forms_.node(scaled(x, -1)), all - positive);
  }
  return result;
}

NodeId ScaledValues::log(const ScaledValue& argument) {
  const ScaledPart part = single(argument.size() > 1 ? ready_for_log(argument) : argument);
  const NodeId scale = forms_.node(part.scale);
  if (is_constant(graph_, part.core, 1)) return scale;
  const NodeId rest = log_of_core(part.core);
  if (part.scale.empty()) return rest;
  if (is(graph_, rest, Op::negate)) return subtract(graph_, scale, operand(graph_, rest, 0));
  return add(graph_, scale, rest);
}

// For a logarithm: exp(s) [p] + exp(t) [not p] is a choice; exp(s) a = exp(s + log(a)) for cores that are not negative, a sum of
// such is a softplus.
ScaledValue ScaledValues::ready_for_log(ScaledValue value) {
  if (value.size() == 2)
    if (const auto p = split(value[0].core), q = split(value[1].core); p && q && excludes(graph_, p->truth, q->truth))
      return {choice(p->truth, {value[0].scale, p->rest}, {value[1].scale, q->rest})};
  // The logarithm of one that is 0 where all is masked is -inf, which beside a positive one is nothing.
  const auto low = [&](const ScaledPart& part) { return ranges_.of(part.core).low; };
  const auto zeros = std::ranges::count_if(value, [&](const ScaledPart& part) { return low(part) == 0; });
  if (zeros > 1 || std::ranges::any_of(value, [&](const ScaledPart& part) { return low(part) < 0; })) return value;
  for (ScaledPart& part : value)
    if (!is_constant(graph_, part.core, 1)) part = {sum(part.scale, forms_.of(log_of_core(part.core))), graph_.constant(1)};
  return value;
}

// log(1 / x) = -log(x).
NodeId ScaledValues::log_of_core(NodeId core) {
  if (is(graph_, core, Op::divide) && is_constant(graph_, operand(graph_, core, 0), 1))
    return negate(graph_, graph_.apply(Op::log, operand(graph_, core, 1)));
  return graph_.apply(Op::log, core);
}

}  // namespace tenet

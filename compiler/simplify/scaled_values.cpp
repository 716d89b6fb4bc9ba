// The arithmetic of scaled values: what an operation makes of those of its operands.
#include "compiler/simplify/scaled_values.h"

#include <algorithm>

#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

constexpr std::size_t most_parts = 4, most_terms = 12, most_bits = 64;

bool within_budget(const ScaledValue& value) {
  if (value.size() > most_parts) return false;
  for (const ScaledPart& part : value) {
    if (part.scale.size() > most_terms) return false;
    for (const LinearTerm& term : part.scale)
      for (const auto* whole : {term.coefficient.get_num_mpz_t(), term.coefficient.get_den_mpz_t()})
        if (mpz_sizeinbase(whole, 2) > most_bits) return false;
  }
  return true;
}

bool is_zero(Graph& graph, const ScaledValue& value) { return is_plain(value) && tenet::is_zero(graph, value[0].core); }

NodeId negated(Graph& graph, NodeId a) { return is_constant(graph, a) ? graph.constant(-graph.value_of(a)) : negate(graph, a); }
NodeId rooted(Graph& graph, NodeId a) { return is_constant(graph, a, 1) ? a : graph.apply(Op::sqrt, a); }

bool opposite(const Graph& graph, NodeId a, NodeId b) {
  if (is(graph, b, Op::negate) && operand(graph, b, 0) == a) return true;
  return is_constant(graph, a) && is_constant(graph, b) && graph.value_of(a) == -graph.value_of(b);
}

}  // namespace

// exp(x - softplus(x)).
ScaledValue ScaledValues::sigmoid(NodeId argument) {
  const LinearForm x = forms_.of(argument);
  return {{difference(x, forms_.softplus(x)), graph_.constant(1)}};
}

std::optional<ScaledValue> ScaledValues::apply(NodeId id, const std::vector<ScaledValue>& operands) {
  const Node& node = graph_.node(id);
  std::optional<ScaledValue> result;
  switch (node.op) {
    case Op::named:
    case Op::stop:
      return operands[0];
    case Op::multiply:
      result = product(operands[0], operands[1]);
      break;
    case Op::divide:
      result = quotient(operands[0], operands[1]);
      break;
    case Op::negate:
      return with_cores(operands[0], negated);
    case Op::add:
      result = merged(operands[0], operands[1]);
      break;
    case Op::subtract:
      result = merged(operands[0], with_cores(operands[1], negated));
      break;
    case Op::power:
      if (const auto n = constant_value(graph_, node.operands[1]))
        result = powered(operands[0], *n);
      else if (is_plain(operands[1]))
        result = powered(operands[0], node.operands[1]);
      break;
    case Op::sqrt: {
      ScaledPart part = single(operands[0]);
      result = {{scaled(part.scale, mpq_class(1, 2)), rooted(graph_, part.core)}};
      break;
    }
    case Op::sum:
      result = sum_over_axes(node, operands[0]);
      break;
    case Op::product:
      result = product_over_axes(node, operands[0]);
      break;
    case Op::substitute:
      result = substituted(node, operands);
      break;
    case Op::where:
      result = chosen(node, operands);
      break;
    default:
      break;
  }
  return result && within_budget(*result) ? result : std::nullopt;
}

NodeId ScaledValues::times(NodeId a, NodeId b) {
  if (is_constant(graph_, a, 1)) return b;
  if (is_constant(graph_, b, 1)) return a;
  if (is_constant(graph_, a) && is_constant(graph_, b)) return graph_.constant(graph_.value_of(a) * graph_.value_of(b));
  const bool chooses = graph_.node(a).kind == Kind::truth;  // 0, whatever b is
  if (!chooses && is(graph_, b, Op::divide) && is_constant(graph_, operand(graph_, b, 0), 1))
    return divide(graph_, a, operand(graph_, b, 1));
  return multiply(graph_, a, b);
}

NodeId ScaledValues::over(NodeId a, NodeId b) {
  if (is_constant(graph_, b, 1)) return a;
  if (is(graph_, b, Op::divide) && is_constant(graph_, operand(graph_, b, 0), 1)) return times(a, operand(graph_, b, 1));
  return divide(graph_, a, b);
}

NodeId ScaledValues::total(NodeId a, NodeId b) {
  if (is_constant(graph_, a) && is_constant(graph_, b)) return graph_.constant(graph_.value_of(a) + graph_.value_of(b));
  return is(graph_, b, Op::negate) ? subtract(graph_, a, operand(graph_, b, 0)) : add(graph_, a, b);
}

ScaledValue ScaledValues::product(const ScaledValue& a, const ScaledValue& b) {
  ScaledValue result;
  for (const ScaledPart& x : a)
    for (const ScaledPart& y : b) {
      result = merged(std::move(result), {at_indicator({sum(x.scale, y.scale), times(x.core, y.core)})});
      if (result.size() > most_parts) return result;
    }
  return result;
}

ScaledValue ScaledValues::quotient(const ScaledValue& a, const ScaledValue& b) {
  const ScaledPart divisor = single(b);
  ScaledValue result;
  for (const ScaledPart& part : a)
    result = merged(std::move(result), {{difference(part.scale, divisor.scale), over(part.core, divisor.core)}});
  return result;
}

// A whole power of several parts could be multiplied out; a common scale serves every exponent.
ScaledValue ScaledValues::powered(const ScaledValue& a, const mpq_class& exponent) {
  ScaledPart part = single(a);
  part.scale = scaled(part.scale, exponent);
  if (!is_constant(graph_, part.core, 1))
    part.core =
        exponent == -1 ? over(graph_.constant(1), part.core) : graph_.apply(Op::power, part.core, graph_.constant(exponent));
  return {part};
}

ScaledValue ScaledValues::powered(const ScaledValue& a, NodeId exponent) {
  const ScaledPart part = single(a);
  const LinearForm scale = forms_.of(multiply(graph_, exponent, forms_.node(part.scale)));
  return {{scale, is_constant(graph_, part.core, 1) ? part.core : graph_.apply(Op::power, part.core, exponent)}};
}

ScaledValue ScaledValues::merged(ScaledValue a, const ScaledValue& b) {
  for (ScaledPart part : b) {
    for (std::size_t k = 0; k < a.size();) {
      const auto both = united(a[k], part);
      if (!both) {
        ++k;
        continue;
      }
      part = *both;
      a.erase(a.begin() + static_cast<std::ptrdiff_t>(k));
      k = 0;
    }
    a.push_back(part);
  }
  return a;
}

// Two parts as one, where that is simpler: of one scale, or where a softplus cancels.
std::optional<ScaledPart> ScaledValues::united(const ScaledPart& a, const ScaledPart& b) {
  if (is_constant(graph_, a.core, 0)) return b;
  if (is_constant(graph_, b.core, 0)) return a;
  if (same_form(a.scale, b.scale)) return ScaledPart{a.scale, total(a.core, b.core)};
  if (const auto rest = complement(a, b)) return rest;
  if (const auto rest = complement(b, a)) return rest;
  const bool opposed = opposite(graph_, a.core, b.core);
  if (!opposed && a.core != b.core) return {};
  if (!holds_softplus(a.scale) || !holds_softplus(b.scale)) return {};
  ScaledPart both = joined(a, b);
  if (both.scale.size() >= std::max(a.scale.size(), b.scale.size())) return {};
  return both;
}

// 1 - exp(x - softplus(x)) = exp(-softplus(x)) and the other way round: the scale of 1 - exp(form).
std::optional<LinearForm> ScaledValues::complement(const LinearForm& form) {
  for (const LinearTerm& term : form) {
    if (!is(graph_, term.key, Op::softplus) || term.coefficient != -1) continue;
    const LinearForm x = forms_.of(operand(graph_, without_names(graph_, term.node), 0));
    const LinearForm rest = difference(form, {term});
    if (rest.empty()) return sum(x, {term});
    if (same_form(rest, x)) return LinearForm{term};
  }
  return {};
}

// What is left of a whole where a part of it is taken, perhaps only where a truth holds.
std::optional<ScaledPart> ScaledValues::complement(const ScaledPart& whole, const ScaledPart& taken) {
  const auto rest = complement(difference(taken.scale, whole.scale));
  if (!rest) return {};
  if (opposite(graph_, whole.core, taken.core) || opposite(graph_, taken.core, whole.core))
    return ScaledPart{sum(whole.scale, *rest), whole.core};
  if (!is_constant(graph_, whole.core, 1) || !is(graph_, taken.core, Op::negate)) return {};
  const auto choice = split(operand(graph_, taken.core, 0));
  if (!choice || !is_constant(graph_, choice->rest, 1)) return {};
  const NodeId scale = where(graph_, choice->truth, forms_.node(*rest), graph_.constant(0));
  return ScaledPart{sum(whole.scale, forms_.of(scale)), whole.core};
}

bool ScaledValues::holds_softplus(const LinearForm& form) {
  return std::ranges::any_of(form, [&](const LinearTerm& term) { return is(graph_, term.key, Op::softplus); });
}

ScaledValue ScaledValues::with_cores(ScaledValue a, NodeId (*f)(Graph&, NodeId)) {
  for (ScaledPart& part : a) part.core = f(graph_, part.core);
  return a;
}

std::optional<ScaledValue> ScaledValues::sum_over_axes(const Node& node, const ScaledValue& a) {
  ScaledValue result;
  for (ScaledPart part : a) {
    AxisSet axes = set_of(node.bound);
    while (const auto looked_up = lookup(part.core, axes)) {
      part = substituted_part({part.scale, looked_up->rest}, {looked_up->at});
      axes = tenet::difference(axes, std::span(&looked_up->at.axis, 1));
    }
    const ScaledPart outside = shifted(part, axes);
    result = merged(std::move(result), {{outside.scale, sum_over(graph_, outside.core, axes)}});
  }
  return result;
}

std::optional<ScaledValue> ScaledValues::product_over_axes(const Node& node, const ScaledValue& a) {
  const ScaledPart part = single(a);
  const LinearForm scale = forms_.of(sum_over(graph_, forms_.node(part.scale), node.bound));
  if (is_constant(graph_, part.core, 1)) return ScaledValue{{scale, part.core}};
  if (!std::ranges::includes(graph_.node(part.core).axes, node.bound)) return {};
  return ScaledValue{{scale, graph_.reduce(Op::product, set_of(node.bound), part.core)}};
}

// [i = k] exp(s) = [i = k] exp(s[i = k]).
ScaledPart ScaledValues::at_indicator(ScaledPart part) {
  AxisSet axes;
  for (const LinearTerm& term : part.scale) axes = tenet::united(axes, graph_.node(term.key).axes);
  if (const auto found = lookup(part.core, axes)) part.scale = substituted_part(part, {found->at}).scale;
  return part;
}

// [i = k] * x, for an i of `axes` and a k without it that is always one of its coordinates: the sum over i is x[i = k].
std::optional<ScaledValues::Lookup> ScaledValues::lookup(NodeId core, std::span<const AxisId> axes, int depth) {
  if (depth == 0) return {};
  const Node& node = graph_.node(core);
  if (node.op == Op::equal) {
    for (const auto& [i, k] : {std::pair{node.operands[0], node.operands[1]}, std::pair{node.operands[1], node.operands[0]}})
      if (is(graph_, i, Op::coordinate) && contains(axes, graph_.node(i).bound[0]) &&
          !graph_.has_axis(k, graph_.node(i).bound[0]) && is_coordinate_of(graph_, k, graph_.node(i).bound[0]))
        return Lookup{{graph_.node(i).bound[0], k}, graph_.constant(1)};
    return {};
  }
  if (node.op == Op::where && tenet::is_zero(graph_, node.operands[2])) {
    auto inner = lookup(node.operands[0], axes, depth - 1);
    if (inner) inner->rest = times(inner->rest, node.operands[1]);
    return inner;
  }
  if (node.op == Op::negate) {
    auto inner = lookup(node.operands[0], axes, depth - 1);
    if (inner) inner->rest = negated(graph_, inner->rest);
    return inner;
  }
  if (node.op != Op::multiply && node.op != Op::divide) return {};
  if (auto left = lookup(node.operands[0], axes, depth - 1)) {
    left->rest = node.op == Op::divide ? divide(graph_, left->rest, node.operands[1]) : times(left->rest, node.operands[1]);
    return left;
  }
  if (node.op == Op::divide) return {};
  auto right = lookup(node.operands[1], axes, depth - 1);
  if (right) right->rest = times(node.operands[0], right->rest);
  return right;
}

// The part with a scale that lacks the axes: M in place of what varies along them, and exp(s - M) in the core.
ScaledPart ScaledValues::shifted(const ScaledPart& part, std::span<const AxisId> axes) {
  LinearForm inside, outside;
  for (const LinearTerm& term : part.scale)
    (intersection(graph_.node(term.key).axes, axes).empty() ? outside : inside).push_back(term);
  if (inside.empty()) return part;
  NodeId core = part.core;
  if (const auto factor = sigmoids(inside)) core = times(*factor, core);
  if (inside.empty()) return {outside, core};
  NodeId exponent = forms_.node(inside);
  const auto bound = [&] { return intersection(graph_.node(exponent).axes, axes); };
  const auto mask = split(core);
  if (mask) {  // the least in place of what is masked out: it never is the greatest by itself
    exponent = where(graph_, mask->truth, exponent, graph_.reduce(Op::min_over, bound(), exponent));
    inside = forms_.of(exponent);
  }
  NodeId greatest = graph_.reduce(Op::max_over, bound(), exponent);
  if (!finite_.of(exponent).finite)  // where all are -inf every exponential is 0, whatever is taken out
    greatest = where(graph_, is_below_infinity(greatest), greatest, graph_.constant(0));
  const LinearForm maximum = forms_.of(greatest);
  const auto factor = exponential(difference(inside, maximum));
  return {sum(outside, maximum), factor ? times(*factor, core) : core};
}

ScaledValue ScaledValues::substituted(const Node& node, const std::vector<ScaledValue>& operands) {
  if (has_otherwise(node)) return {substituted_or(node, single(operands[0]), single(operands.back()))};
  const std::vector<Replacement> replacements = replacements_of(node);
  ScaledValue result;
  for (const ScaledPart& part : operands[0]) result = merged(std::move(result), {substituted_part(part, replacements)});
  return result;
}

ScaledPart ScaledValues::substituted_part(const ScaledPart& part, const std::vector<Replacement>& replacements) {
  return {forms_.substituted(part.scale, replacements), replaced(graph_, part.core, replacements)};
}

// Where the value outside is 0 it has any scale.
ScaledPart ScaledValues::substituted_or(const Node& node, const ScaledPart& part, const ScaledPart& otherwise) {
  const std::vector<Replacement> replacements = replacements_of(node);
  const NodeId zero = graph_.constant(0);
  std::optional<NodeId> inside;
  for (const Replacement& replacement : replacements)
    for (NodeId truth : {graph_.apply(Op::greater_equal, replacement.index, zero),
                         graph_.apply(Op::less, replacement.index, graph_.size(replacement.axis))})
      inside = inside ? graph_.apply(Op::logical_and, *inside, truth) : truth;
  if (!tenet::is_zero(graph_, otherwise.core)) {
    // What lacks an axis cannot be looked up along it.
    const auto looked_up = [&](NodeId value, NodeId outside) {
      const bool has_all = std::ranges::all_of(replacements, [&](const auto& row) { return graph_.has_axis(value, row.axis); });
      return has_all ? replaced(graph_, value, replacements, outside)
                     : where(graph_, *inside, replaced(graph_, value, replacements), outside);
    };
    const bool same = is_constant(graph_, part.core) && part.core == otherwise.core;
    return {forms_.of(looked_up(forms_.node(part.scale), forms_.node(otherwise.scale))),
            same ? part.core : looked_up(part.core, otherwise.core)};
  }
  const NodeId core = is_constant(graph_, part.core) ? part.core : replaced(graph_, part.core, replacements, zero);
  return {forms_.substituted(part.scale, replacements, zero), where(graph_, *inside, core, zero)};
}

// where(p, exp(s) a, exp(t) b) = exp(where(p, s, t)) where(p, a, b); a 0 has any scale.
ScaledValue ScaledValues::chosen(const Node& node, const std::vector<ScaledValue>& operands) {
  const ScaledValue &yes = operands[1], &no = operands[2];
  const NodeId truth = node.operands[0], zero = graph_.constant(0);
  const bool masked = is_zero(graph_, no), hidden = is_zero(graph_, yes);
  if (masked || hidden) {
    ScaledValue result = hidden ? no : yes;
    for (ScaledPart& part : result)
      part.core = hidden ? where(graph_, truth, zero, part.core) : where(graph_, truth, part.core, zero);
    return result;
  }
  if (yes.size() == 1 && no.size() == 1) return {choice(truth, yes[0], no[0])};
  ScaledValue result;  // parts of one scale would lose the smaller one
  for (const ScaledPart& part : yes) result = merged(std::move(result), {{part.scale, where(graph_, truth, part.core, zero)}});
  for (const ScaledPart& part : no) result = merged(std::move(result), {{part.scale, where(graph_, truth, zero, part.core)}});
  return result;
}

ScaledPart ScaledValues::choice(NodeId truth, const ScaledPart& a, const ScaledPart& b) {
  LinearForm common;
  for (const LinearTerm& term : a.scale)
    if (const auto other = std::ranges::find(b.scale, term.key, &LinearTerm::key);
        other != b.scale.end() && other->coefficient == term.coefficient)
      common.push_back(term);
  const LinearForm s = difference(a.scale, common), t = difference(b.scale, common);
  const LinearForm apart = s.empty() && t.empty() ? s : forms_.of(where(graph_, truth, forms_.node(s), forms_.node(t)));
  return {sum(common, apart), a.core == b.core ? a.core : where(graph_, truth, a.core, b.core)};
}

ScaledPart ScaledValues::single(const ScaledValue& value) {
  ScaledPart result = value[0];
  for (std::size_t k = 1; k < value.size(); ++k) result = joined(result, value[k]);
  return result;
}

NodeId ScaledValues::is_below_infinity(NodeId value) {
  return graph_.apply(Op::less, graph_.apply(Op::abs, value), graph_.infinity());
}

// A scale that may be -inf, of an exponential that is then 0, is not what the other one is compared with; if it has to be, then
// where it is finite.
ScaledPart ScaledValues::joined(const ScaledPart& a, const ScaledPart& b) {
  const auto finite = [&](const ScaledPart& part) { return finite_.of(forms_.node(part.scale)).finite; };
  if (finite(b)) return joined(a, b, {});
  if (finite(a)) return joined(b, a, {});
  return joined(a, b, is_below_infinity(forms_.node(b.scale)));
}

// `compared`: where b's scale counts; elsewhere b is 0.
ScaledPart ScaledValues::joined(const ScaledPart& a, const ScaledPart& b, std::optional<NodeId> compared) {
  const LinearForm apart = difference(a.scale, b.scale);
  const auto counted = [&](NodeId value, NodeId elsewhere) {
    return compared ? where(graph_, *compared, value, elsewhere) : value;
  };
  const LinearForm sum = tenet::sum(b.scale, forms_.softplus(apart));
  const LinearForm scale = compared ? forms_.of(counted(forms_.node(sum), forms_.node(a.scale))) : sum;
  if (a.core == b.core) return {scale, a.core};
  const NodeId one = graph_.constant(1), zero = graph_.constant(0);
  if (opposite(graph_, a.core, b.core)) {
    const NodeId share = graph_.apply(Op::tanh, forms_.node(scaled(apart, mpq_class(1, 2))));
    return {scale, times(counted(share, one), a.core)};
  }
  const NodeId left = counted(graph_.apply(Op::sigmoid, forms_.node(apart)), one);
  const NodeId right = counted(graph_.apply(Op::sigmoid, forms_.node(scaled(apart, -1))), zero);
  return {scale, add(graph_, times(left, a.core), times(right, b.core))};
}

}  // namespace tenet

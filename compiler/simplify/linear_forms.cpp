#include "compiler/simplify/linear_forms.h"

#include <algorithm>

#include "compiler/grad/finite.h"
#include "compiler/simplify/shifts.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

constexpr int greatest_depth = 8, most_nested = 2;
constexpr std::size_t most_terms = 12;

bool is_maximum(const Graph& graph, const LinearTerm& term) { return is(graph, where_moderate(graph, term.key), Op::max_over); }

}  // namespace

bool same_form(const LinearForm& a, const LinearForm& b) {
  return std::ranges::equal(
      a, b, [](const LinearTerm& x, const LinearTerm& y) { return x.key == y.key && x.coefficient == y.coefficient; });
}

LinearForm sum(const LinearForm& a, const LinearForm& b) {
  LinearForm result;
  for (auto i = a.begin(), j = b.begin(); i != a.end() || j != b.end();) {
    if (j == b.end() || (i != a.end() && i->key < j->key)) {
      result.push_back(*i++);
    } else if (i == a.end() || j->key < i->key) {
      result.push_back(*j++);
    } else {
      LinearTerm both = *i++;
      both.coefficient += (j++)->coefficient;
      if (both.coefficient != 0) result.push_back(std::move(both));
    }
  }
  return result;
}

LinearForm scaled(LinearForm form, const mpq_class& factor) {
  if (factor == 0) return {};
  for (LinearTerm& term : form) term.coefficient *= factor;
  return form;
}

mpq_class contained(const LinearForm& form, const LinearForm& part) {
  mpq_class least = 0;
  for (const LinearTerm& term : part) {
    const auto found = std::ranges::find(form, term.key, &LinearTerm::key);
    if (found == form.end()) return 0;
    const mpq_class ratio = found->coefficient / term.coefficient;
    if (ratio <= 0) return 0;
    if (least == 0 || ratio < least) least = ratio;
  }
  return least;
}

LinearForm LinearForms::of(NodeId value) {
  if (nested_ == most_nested) return single(value);
  ++nested_;
  LinearForm result = of(value, greatest_depth);
  --nested_;
  return result;
}

LinearForm LinearForms::of(NodeId value, int depth) {
  const NodeId id = without_names(graph_, value);
  const Node& node = graph_.node(id);
  if (const auto c = constant_value(graph_, id))
    return *c == 0 ? LinearForm{} : LinearForm{{*c, graph_.constant(1), graph_.constant(1)}};
  if (depth == 0) return single(value);
  LinearForm result;
  switch (node.op) {
    case Op::add:
      result = sum(of(node.operands[0], depth - 1), of(node.operands[1], depth - 1));
      break;
    case Op::subtract:
      result = difference(of(node.operands[0], depth - 1), of(node.operands[1], depth - 1));
      break;
    case Op::negate:
      if (is(graph_, node.operands[0], Op::infinity)) return single(value);
      result = scaled(of(node.operands[0], depth - 1), -1);
      break;
    case Op::multiply:
      for (const auto& [factor, rest] : {std::pair{0, 1}, std::pair{1, 0}})
        if (const auto c = constant_value(graph_, node.operands[factor])) {
          result = scaled(of(node.operands[rest], depth - 1), *c);
          return result.size() > most_terms ? single(value) : result;
        }
      return single(value);
    case Op::divide: {
      const auto c = constant_value(graph_, node.operands[1]);
      if (!c || *c == 0) return single(value);
      result = scaled(of(node.operands[0], depth - 1), 1 / *c);
      break;
    }
    case Op::substitute:
      if (has_otherwise(node)) return single(value);
      result = substituted(of(node.operands[0], depth - 1), replacements_of(node));
      break;
    case Op::softplus:
      result = of(node.operands[0], depth - 1);
      if (result.empty() || result[0].coefficient > 0) return single(value);
      result = softplus(result);
      break;
    default:
      return single(value);
  }
  return result.size() > most_terms ? single(value) : result;
}

LinearForm LinearForms::single(NodeId value) {
  const NodeId key = bare(value);
  return {{1, key, shown_.try_emplace(index_of(key), value).first->second}};
}

// softplus(-x) = softplus(x) - x, where x is finite.
LinearForm LinearForms::softplus(const LinearForm& form) {
  const bool turned = !form.empty() && form[0].coefficient < 0 && finite_.of(node(form)).finite;
  const LinearForm result = single(graph_.apply(Op::softplus, node(turned ? scaled(form, -1) : form)));
  return turned ? sum(result, form) : result;
}

LinearForm LinearForms::substituted(const LinearForm& form, const std::vector<Replacement>& replacements,
                                    std::optional<NodeId> otherwise) {
  LinearForm result;
  for (const LinearTerm& term : form) {
    if (is_constant(graph_, term.key)) {
      result = sum(result, {term});
      continue;
    }
    const NodeId value = without_names(graph_, term.node);
    const bool bends = is(graph_, value, Op::softplus) && nested_ < most_nested;
    const LinearForm now = bends ? softplus(substituted(of(operand(graph_, value, 0)), replacements, otherwise))
                                 : single(replaced(graph_, term.node, replacements, otherwise));
    result = sum(result, scaled(now, term.coefficient));
  }
  return result;
}

NodeId LinearForms::bare(NodeId value) {
  std::vector<NodeId> stack{value};
  while (!stack.empty()) {
    const NodeId top = stack.back();
    const Node& node = graph_.node(top);
    const std::size_t height = stack.size();
    for (NodeId operand : node.operands)
      if (!bare_.contains(index_of(operand))) stack.push_back(operand);
    if (stack.size() > height) continue;
    stack.pop_back();
    std::vector<NodeId> operands;
    for (NodeId operand : node.operands) operands.push_back(bare_.at(index_of(operand)));
    bare_[index_of(top)] = node.op == Op::named ? operands[0] : graph_.rebuild(top, operands);
  }
  return bare_.at(index_of(value));
}

NodeId LinearForms::node(LinearForm form) {
  std::optional<NodeId> brackets;
  const LinearForm terms = form;
  for (const LinearTerm& term : terms)
    if (is_maximum(graph_, term) && term.coefficient < 0)
      if (const auto bracket = taken_shift(form, term)) brackets = brackets ? add(graph_, *brackets, *bracket) : *bracket;
  const LinearForm rest = form;
  for (const LinearTerm& term : rest)
    if (is(graph_, term.key, Op::softplus)) turn_softplus(form, term);
  return sum_of(form, brackets);
}

// k * (x - softplus(x)) as -k * softplus(-x), which keeps its digits where x is large.
void LinearForms::turn_softplus(LinearForm& form, const LinearTerm& term) {
  const LinearForm x = of(operand(graph_, without_names(graph_, term.node), 0));
  const mpq_class sign = sgn(term.coefficient);
  const mpq_class times = std::min(contained(scaled(form, -sign), x), mpq_class(abs(term.coefficient)));
  if (times == 0) return;
  const NodeId turned = graph_.apply(Op::softplus, node(scaled(x, -1)));
  form = sum(form, scaled(x, sign * times));
  form = difference(form, {{sign * times, term.key, term.node}});
  form = sum(form, {{sign * times, turned, turned}});
}

// k * (x - max[i](x)) out of a form that holds k * x and -k * max[i](x).
std::optional<NodeId> LinearForms::taken_shift(LinearForm& form, const LinearTerm& maximum) {
  const NodeId value = operand(graph_, where_moderate(graph_, maximum.node), 0);
  const LinearForm inner = of(value);
  const mpq_class times = -maximum.coefficient;
  if (inner.empty() || contained(form, inner) < times) return {};
  form = difference(difference(form, scaled(inner, times)), {maximum});
  const NodeId bracket = subtract(graph_, value, maximum.node);
  return times == 1 ? bracket : multiply(graph_, graph_.constant(times), bracket);
}

NodeId LinearForms::sum_of(const LinearForm& terms, std::optional<NodeId> result) {
  const auto multiple = [&](const mpq_class& times, NodeId value) {
    if (times == 1) return value;
    return is_constant(graph_, value, 1) ? graph_.constant(times) : multiply(graph_, graph_.constant(times), value);
  };
  for (const LinearTerm& term : terms)
    if (term.coefficient > 0) {
      const NodeId piece = multiple(term.coefficient, term.node);
      result = result ? add(graph_, *result, piece) : piece;
    }
  for (const LinearTerm& term : terms)
    if (term.coefficient < 0) {
      if (result)
        result = subtract(graph_, *result, multiple(-term.coefficient, term.node));
      else
        result = term.coefficient == -1 ? negate(graph_, term.node) : multiple(term.coefficient, term.node);
    }
  return result ? *result : graph_.constant(0);
}

}  // namespace tenet

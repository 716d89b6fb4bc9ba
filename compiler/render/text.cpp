#include "compiler/render/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/elaborate/ranges.h"
#include "compiler/grad/axes.h"
#include "compiler/graph/rational.h"
#include "compiler/syntax/print.h"
#include "compiler/syntax/words.h"

namespace tenet {

using syntax::ExpressionPtr;
using Written = syntax::Expression::Kind;

Spelling::Spelling(const Graph& graph, std::span<const std::string> definitions, std::span<const std::string> taken)
    : graph_(graph), definitions_(definitions.begin(), definitions.end()), taken_(taken.begin(), taken.end()) {
  taken_.insert(definitions.begin(), definitions.end());
  learn_nodes();
}

void Spelling::learn_nodes() {
  for (std::uint32_t i = 0; i < graph_.node_count(); ++i) {
    const Node& node = graph_.node(NodeId{i});
    if (node.op != Op::named || !definitions_.contains(graph_.name_of(NodeId{i}))) continue;
    const NodeId value = node.operands[0];
    const Form form = operation(graph_.node(value).op).form;
    if (form != Form::leaf && form != Form::identity) defined_.try_emplace(index_of(value), graph_.name_of(NodeId{i}));
  }
}

std::optional<std::string> Spelling::name_of(NodeId id) const {
  if (const auto line = lines_.find(index_of(id)); line != lines_.end()) return line->second;
  if (const auto name = defined_.find(index_of(id)); name != defined_.end()) return name->second;
  const Node& node = graph_.node(id);
  if (node.op == Op::input && !node.open) return graph_.name_of(id);
  if (node.op == Op::named && definitions_.contains(graph_.name_of(id))) return graph_.name_of(id);
  return {};
}

void Spelling::give_name(NodeId node, std::string name) {
  if (operation(graph_.node(node).op).form != Form::leaf) lines_[index_of(node)] = std::move(name);
}

void Spelling::name_components(NodeId component, std::span<const std::string> names) {
  const Recurrence& form = graph_.recurrence_of(component);
  const auto components = graph_.components(component);
  for (std::size_t i = 0; i < components.size(); ++i) {
    give_name(components[i], names[i]);
    for (NodeId body = graph_.body_of(components[i]);; body = graph_.node(body).operands[0]) {
      if (graph_.node(body).open && graph_.node(body).op != Op::input) lines_.try_emplace(index_of(body), names[i]);
      if (graph_.node(body).op != Op::named) break;
    }
  }
  for (std::size_t i = 0; i < form.reads.size(); ++i) {
    const auto& [read, offset, reading] = form.reads[i];
    elsewhere_[index_of(reading)] = {names[read], form.axis, offset, graph_.node(component).operands[components.size() + i]};
  }
}

const Spelling::Elsewhere* Spelling::read_elsewhere(NodeId reading) const {
  const auto found = elsewhere_.find(index_of(reading));
  return found == elsewhere_.end() ? nullptr : &found->second;
}

std::string Spelling::derivative_by(std::string_view path) {
  std::size_t start = path.size();
  const auto is_clear = [&] {
    const std::string_view end = path.substr(start);
    return std::ranges::none_of(taken_, [&](std::string_view other) {
      return other != path && other.ends_with(end) && (other.size() == end.size() || other[other.size() - end.size() - 1] == '.');
    });
  };
  do {
    const std::size_t dot = path.rfind('.', start - 2);
    start = start < 2 || dot == std::string_view::npos ? 0 : dot + 1;
  } while (start > 0 && !is_clear());
  std::string name = fmt::format("d{}", path.substr(start));
  std::ranges::replace(name, '.', '_');
  return fresh(std::move(name));
}

std::string Spelling::fresh(std::string wanted) {
  std::ranges::replace(wanted, '.', '_');
  std::string name = wanted;
  for (int n = 2; taken_.contains(name) || syntax::is_reserved(name); ++n) name = fmt::format("{}_{}", wanted, n);
  taken_.insert(name);
  return name;
}

// A copy's name ends in primes, which the language has not.
std::string Spelling::axis(AxisId id) {
  if (const auto known = axes_.find(id); known != axes_.end()) return known->second;
  std::string name = graph_.axis(id).name;
  if (name.ends_with('\'')) {
    AxisId origin = id;
    while (graph_.axis(origin).name.ends_with('\'')) origin = graph_.node(*graph_.axis(origin).size).bound[0];
    name = fresh_copy(origin);
  }
  axes_[id] = name;
  return name;
}

std::string Spelling::fresh_copy(AxisId id) {
  const std::string original = axis(id);
  taken_.insert(original);
  std::string name = fresh(original);
  declarations_.push_back(fmt::format("axis {} = |{}|", name, original));
  return name;
}

namespace {

ExpressionPtr expression_of(Written kind, std::string text = {}) {
  auto result = std::make_unique<syntax::Expression>();
  result->kind = kind;
  result->text = std::move(text);
  return result;
}

ExpressionPtr operation_of(Op op, std::vector<ExpressionPtr> operands) {
  ExpressionPtr result = expression_of(Written::operation);
  result->op = op;
  result->operands = std::move(operands);
  return result;
}

ExpressionPtr whole_number(const mpz_class& value) {
  ExpressionPtr result = expression_of(Written::number);
  result->number = value;
  result->whole = true;
  return result;
}

bool is_decimal(mpz_class denominator) {
  for (const unsigned long prime : {2ul, 5ul}) {
    const mpz_class factor = prime;
    mpz_remove(denominator.get_mpz_t(), denominator.get_mpz_t(), factor.get_mpz_t());
  }
  return denominator == 1;
}

// 3, 0.1, 5 / 3, -2. A fraction prints as decimals where they are exact and short.
ExpressionPtr number(const mpq_class& value) {
  if (value < 0) {
    std::vector<ExpressionPtr> operand;
    operand.push_back(number(-value));
    return operation_of(Op::negate, std::move(operand));
  }
  if (value.get_den() == 1) return whole_number(value.get_num());
  if (is_decimal(value.get_den())) {
    ExpressionPtr decimal = expression_of(Written::number);
    decimal->number = value;
    if (syntax::print(*decimal).size() <= 12) return decimal;
  }
  std::vector<ExpressionPtr> parts;
  parts.push_back(whole_number(value.get_num()));
  parts.push_back(whole_number(value.get_den()));
  return operation_of(Op::divide, std::move(parts));
}

class TreeBuilder {
 public:
  TreeBuilder(const Graph& graph, Spelling& spelling) : graph_(graph), spelling_(spelling), ranges_(graph) {}

  ExpressionPtr below(NodeId id) {
    if (auto name = spelling_.name_of(id)) return expression_of(Written::name, *name);
    return expanded(id);
  }

  ExpressionPtr expanded(NodeId id) {
    const Node& node = graph_.node(id);
    switch (operation(node.op).form) {
      case Form::leaf:
      case Form::recurrence:  // goes by a name
        return leaf(id, node);
      case Form::identity:
        return node.op == Op::stop ? call(node, {}) : below(node.operands[0]);
      case Form::reduction:
        return call(node, node.bound);
      case Form::substitution:
        return substitution(node);
      case Form::pointwise:
        break;
    }
    if (node.op == Op::floor)
      if (ExpressionPtr quotient = whole_quotient(node.operands[0])) return called("floor", std::move(quotient));
    if (operation(node.op).notation == Notation::call) return call(node, {});
    std::vector<ExpressionPtr> operands;
    for (NodeId operand : node.operands) operands.push_back(below(operand));
    return operation_of(node.op, std::move(operands));
  }

 private:
  ExpressionPtr leaf(NodeId id, const Node& node) {
    switch (node.op) {
      case Op::constant:
        return number(graph_.value_of(id));
      case Op::infinity:
        return expression_of(Written::infinity);
      case Op::pi:
        return expression_of(Written::pi);
      case Op::size:
        return expression_of(Written::size, spelling_.axis(node.bound[0]));
      case Op::coordinate:
        return expression_of(Written::name, spelling_.axis(node.bound[0]));
      case Op::input:
        if (const Spelling::Elsewhere* read = spelling_.read_elsewhere(id)) return elsewhere(*read);
        return expression_of(Written::name, graph_.name_of(id));
      default:  // a random draw
        return call(node, node.axes);
    }
  }

  ExpressionPtr elsewhere(const Spelling::Elsewhere& read) {
    ExpressionPtr result = expression_of(Written::substitute);
    result->operands.push_back(expression_of(Written::name, read.name));
    result->brackets.push_back(bracket(read.axis));
    std::vector<ExpressionPtr> index;
    index.push_back(expression_of(Written::name, spelling_.axis(read.axis)));
    index.push_back(whole_number(mpz_class(static_cast<long>(std::abs(read.offset)))));
    result->brackets.back().value = operation_of(read.offset > 0 ? Op::subtract : Op::add, std::move(index));
    result->brackets.back().otherwise = below(read.start);
    return result;
  }

  static ExpressionPtr called(std::string function, ExpressionPtr argument) {
    ExpressionPtr result = expression_of(Written::call, std::move(function));
    result->arguments.emplace_back();
    result->arguments.back().value = std::move(argument);
    return result;
  }

  // factor * whole.
  struct Share {
    mpq_class factor;
    std::optional<NodeId> whole;  // none: 1
  };

  // The value as a sum of multiples of wholes; false: it is none.
  bool add_shares(NodeId id, const mpq_class& factor, std::vector<Share>& into) {
    const Node& node = graph_.node(id);
    const auto constant = [&](std::size_t k) -> std::optional<mpq_class> {
      return graph_.node(node.operands[k]).op == Op::constant ? std::optional(graph_.value_of(node.operands[k])) : std::nullopt;
    };
    if (node.kind == Kind::whole && node.op != Op::constant) return into.push_back({factor, id}), true;
    if (spelling_.name_of(id)) return false;
    switch (node.op) {
      case Op::constant:
        return into.push_back({factor * graph_.value_of(id), {}}), true;
      case Op::add:
        return add_shares(node.operands[0], factor, into) && add_shares(node.operands[1], factor, into);
      case Op::subtract:
        return add_shares(node.operands[0], factor, into) && add_shares(node.operands[1], -factor, into);
      case Op::negate:
        return add_shares(node.operands[0], -factor, into);
      case Op::multiply:
        for (std::size_t k : {0, 1})
          if (const auto number = constant(k)) return add_shares(node.operands[1 - k], factor * *number, into);
        return false;
      case Op::divide:
        if (const auto number = constant(1); number && *number != 0) return add_shares(node.operands[0], factor / *number, into);
        return false;
      default:
        return false;
    }
  }

  // s / 2 for 0.5 * s: of a quotient of wholes the language proves the range that it has when it is rounded down.
  ExpressionPtr whole_quotient(NodeId value) {
    std::vector<Share> shares;
    if (!add_shares(value, 1, shares)) return nullptr;
    mpz_class divisor = 1;
    for (const Share& share : shares) divisor = lcm(divisor, share.factor.get_den());
    if (divisor == 1) return nullptr;
    ExpressionPtr dividend;
    for (const auto& [factor, whole] : shares) {
      const mpq_class count = factor * divisor, size = abs(count);
      std::vector<ExpressionPtr> parts;
      if (!whole || size != 1) parts.push_back(whole_number(size.get_num()));
      if (whole) parts.push_back(below(*whole));
      ExpressionPtr part = parts.size() == 1 ? std::move(parts[0]) : operation_of(Op::multiply, std::move(parts));
      std::vector<ExpressionPtr> sum;
      if (dividend) sum.push_back(std::move(dividend));
      sum.push_back(std::move(part));
      if (sum.size() == 1 && count > 0)
        dividend = std::move(sum[0]);
      else
        dividend = operation_of(count > 0 ? Op::add : sum.size() == 1 ? Op::negate : Op::subtract, std::move(sum));
    }
    std::vector<ExpressionPtr> quotient;
    quotient.push_back(std::move(dividend));
    quotient.push_back(whole_number(divisor));
    return operation_of(Op::divide, std::move(quotient));
  }

  ExpressionPtr call(const Node& node, std::span<const AxisId> axes) {
    ExpressionPtr result = expression_of(Written::call, std::string(operation(node.op).spelling));
    for (AxisId axis : axes) result->brackets.push_back(bracket(axis));
    for (NodeId operand : node.operands) {
      result->arguments.emplace_back();
      result->arguments.back().value = below(operand);
    }
    return result;
  }

  syntax::Bracket bracket(AxisId axis) { return bracket(spelling_.axis(axis)); }
  static syntax::Bracket bracket(std::string name) {
    syntax::Bracket result;
    result.names.push_back({std::move(name), {}});
    return result;
  }

  // Whether it is printed as a reading at another place of another axis than these, which stand in the same brackets then.
  bool reads_elsewhere(NodeId value, std::span<const AxisId> axes) const {
    if (const Spelling::Elsewhere* read = spelling_.read_elsewhere(value))
      return std::ranges::find(axes, read->axis) == axes.end();
    const Node& node = graph_.node(value);
    if (node.op != Op::substitute || spelling_.name_of(value) || node.bound.size() != 1 || node.operands.size() != 3)
      return false;
    return std::ranges::find(axes, node.bound[0]) == axes.end() &&
           intersection(graph_.node(node.operands[1]).axes, {axes.begin(), axes.end()}).empty();
  }

  // An `else` stands exactly where the index may leave its axis, as the language wants it: 0 where a value has none, because
  // nothing reads it there. In brackets with several indices
  // the others apply to the `else` value too: where it has their axes, those of e get fresh names first.
  ExpressionPtr substitution(const Node& node) {
    const bool has_otherwise = node.operands.size() > node.bound.size() + 1;
    std::vector<std::string> names;
    ExpressionPtr value = below(node.operands[0]);
    if (has_otherwise && node.bound.size() > 1 && !intersection(graph_.node(node.operands.back()).axes, node.bound).empty()) {
      ExpressionPtr renamed = expression_of(Written::substitute);
      renamed->operands.push_back(std::move(value));
      for (AxisId axis : node.bound) {
        names.push_back(spelling_.fresh_copy(axis));
        renamed->brackets.push_back(bracket(axis));
        renamed->brackets.back().value = expression_of(Written::name, names.back());
      }
      value = std::move(renamed);
    } else {
      for (AxisId axis : node.bound) names.push_back(spelling_.axis(axis));
    }
    ExpressionPtr result = expression_of(Written::substitute);
    if (!has_otherwise && reads_elsewhere(node.operands[0], node.bound))
      result = std::move(value);
    else
      result->operands.push_back(std::move(value));
    for (std::size_t k = 0; k < node.bound.size(); ++k) {
      const NodeId index = node.operands[k + 1];
      result->brackets.push_back(bracket(names[k]));
      result->brackets.back().value = below(index);
      const Decision within = ranges_.within(index, node.bound[k]);
      if (has_otherwise && within != Decision::always)
        result->brackets.back().otherwise = below(node.operands.back());
      else if (within == Decision::never)
        result->brackets.back().otherwise = whole_number(0);
    }
    return result;
  }

  const Graph& graph_;
  Spelling& spelling_;
  Ranges ranges_;
};

}  // namespace

ExpressionPtr expression_tree(const Graph& graph, NodeId node, Spelling& spelling) {
  return TreeBuilder(graph, spelling).expanded(node);
}

std::string expression(const Graph& graph, NodeId node, Spelling& spelling) {
  return syntax::print(*expression_tree(graph, node, spelling));
}

}  // namespace tenet

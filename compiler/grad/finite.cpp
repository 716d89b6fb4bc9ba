#include "compiler/grad/finite.h"

#include <algorithm>
#include <cmath>

#include "compiler/graph/rational.h"

namespace tenet {
namespace {

constexpr double greatest = 0x1p127, least = 0x1p-126, exp_overflows = 88, exp_vanishes = 87, largest_size = 0x1p31;
constexpr int highest_power = 4;  // of an unbounded value: one beyond it overflows soon

Facts within(double bound, int sign) {
  return {.finite = true, .bound = bound, .nonnegative = sign >= 0, .nonpositive = sign <= 0, .nonzero = sign != 0};
}

double bound_of_product(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

// Beyond these single precision has infinity and 0.
Facts of_number(const mpq_class& value) {
  Facts result = within(std::abs(value.get_d()), sgn(value));
  result.finite = abs(value) <= greatest;
  result.nonzero = abs(value) >= least;
  return result;
}

Facts negated(Facts facts) {
  std::swap(facts.nonnegative, facts.nonpositive);
  return facts;
}

Facts both(const Facts& a, const Facts& b) {
  return {.finite = a.finite && b.finite,
          .bound = std::max(a.bound, b.bound),
          .nonnegative = a.nonnegative && b.nonnegative,
          .nonpositive = a.nonpositive && b.nonpositive,
          .nonzero = a.nonzero && b.nonzero,
          .vanishes = a.vanishes || b.vanishes};
}

// What exp(a) does not.
bool exp_vanishes_of(const Facts& a) { return !a.nonnegative && !(a.bound < exp_vanishes); }

Facts sum_of(const Facts& a, const Facts& b) {
  Facts result = both(a, b);
  result.bound = a.bound + b.bound;
  result.nonzero = (result.nonnegative || result.nonpositive) && (a.nonzero || b.nonzero);
  if (result.nonzero && (a.has_reciprocal() || b.has_reciprocal())) result.vanishes = false;
  return result;
}

Facts product_of(const Facts& a, const Facts& b) {
  Facts result = both(a, b);
  result.bound = bound_of_product(a.bound, b.bound);
  result.nonnegative = (a.nonnegative && b.nonnegative) || (a.nonpositive && b.nonpositive);
  result.nonpositive = (a.nonnegative && b.nonpositive) || (a.nonpositive && b.nonnegative);
  return result;
}

// An expression in constants and sizes alone has no axes and a value that the sizes decide, which may not be known.
bool reads_sizes_only(const Graph& graph, NodeId id) {
  const NodeId root = without_names(graph, id);
  if (!graph.node(root).axes.empty()) return false;
  std::vector<NodeId> open{root};
  for (int budget = 32; !open.empty(); --budget) {
    const Node& node = graph.node(open.back());
    open.pop_back();
    if (budget == 0) return false;
    if (operation(node.op).form == Form::leaf && node.op != Op::constant && node.op != Op::pi && node.op != Op::size)
      return false;
    open.insert(open.end(), node.operands.begin(), node.operands.end());
  }
  return true;
}

bool is_constant(const Graph& graph, NodeId id) { return graph.node(id).op == Op::constant; }

}  // namespace

NodeId without_names(const Graph& graph, NodeId id) {
  while (graph.node(id).op == Op::named) id = graph.node(id).operands[0];
  return id;
}

const Facts& Finiteness::of(NodeId node) {
  while (facts_.size() <= index_of(node)) {
    const NodeId next{static_cast<std::uint32_t>(facts_.size())};
    if (auto value = known_number(next)) numbers_.emplace(next, std::move(*value));
    const auto number = numbers_.find(next);
    Facts facts = number == numbers_.end() ? derive(next) : of_number(number->second);
    if (facts.bound > greatest && facts.bound < unbounded) facts.finite = false, facts.bound = unbounded;
    facts_.push_back(facts);
  }
  return at(node);
}

void Finiteness::doubt_readings(NodeId component) {
  if (of(component).finite) return;
  for (const Recurrence::Read& read : graph_.recurrence_of(component).reads) {
    doubted_.insert(graph_.input_of(read.reading));
    facts_.resize(std::min<std::size_t>(facts_.size(), index_of(read.reading)));
  }
}

bool Finiteness::all_finite(const Node& node) const {
  return std::ranges::all_of(node.operands, [&](NodeId operand) { return at(operand).finite; });
}

// What constants and known sizes come to.
std::optional<mpq_class> Finiteness::known_number(NodeId id) const {
  const Node& node = graph_.node(id);
  if (node.op == Op::constant) return graph_.value_of(id);
  if (node.op == Op::size) return size_value(graph_, id, Sizes());
  if (!node.axes.empty() || node.operands.empty() || node.operands.size() > 2) return {};
  if (node.op != Op::named && operation(node.op).form != Form::pointwise) return {};
  const mpq_class *first = number_of(node.operands.front()), *last = number_of(node.operands.back());
  if (!first || !last) return {};
  return node.op == Op::named ? *first : exact_value(node.op, *first, *last);
}

const mpq_class* Finiteness::number_of(NodeId id) const {
  const auto found = numbers_.find(id);
  return found == numbers_.end() ? nullptr : &found->second;
}

// Every operation is listed: of a new one nothing is known before somebody says it.
Facts Finiteness::derive(NodeId id) const {
  const Node& node = graph_.node(id);
  const auto operand = [&](std::size_t k) {
    return node.operands.empty() ? Facts() : at(node.operands[std::min(k, node.operands.size() - 1)]);
  };
  const Facts a = operand(0), b = operand(1);
  constexpr Facts within_one{.finite = true, .bound = 1, .nonnegative = true};
  Facts result{.finite = a.finite, .bound = a.bound};
  const double one = a.finite ? 1 : unbounded;
  switch (node.op) {
    case Op::constant:
      return of_number(graph_.value_of(id));
    case Op::infinity:
      return {.nonnegative = true, .nonzero = true};
    case Op::pi:
      return within(4, 1);
    case Op::size:
      return within(largest_size, 1);
    case Op::normal:
      return {.finite = true};
    case Op::input:
      if (doubted_.contains(graph_.input_of(id))) return {};
      return input(graph_.input(graph_.input_of(id)));
    case Op::coordinate:
    case Op::argmax:
      return coordinate_of(node.bound[0]);
    case Op::uniform:
    case Op::equal:  // 0 or 1
    case Op::not_equal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::logical_and:
    case Op::logical_or:
    case Op::logical_not:
      return within_one;
    case Op::named:
    case Op::stop:
    case Op::max_over:
    case Op::min_over:
      return a;
    case Op::add:
      return sum_of(a, b);
    case Op::subtract:
      return subtraction(node, a, b);
    case Op::multiply:
      result = product_of(a, b);
      if (without_names(graph_, node.operands[0]) == without_names(graph_, node.operands[1])) result.nonnegative = true;
      return result;
    case Op::divide:
      result = product_of(a, b);
      result.finite = a.finite && b.finite && b.has_reciprocal();
      result.bound = result.finite ? bound_of_product(a.bound, bound_of_reciprocal(node.operands[1])) : unbounded;
      result.nonzero = a.nonzero && b.finite;
      result.vanishes = a.vanishes;
      return result;
    case Op::negate:
      return negated(a);
    case Op::power:
      return power(node);
    case Op::exp:
    case Op::expm1:
      result.bound = a.finite && a.nonpositive ? 1 : a.bound < exp_overflows ? std::exp(a.bound) : unbounded;
      result.finite = result.bound < unbounded;
      if (node.op == Op::expm1) return {result.finite, result.bound, a.nonnegative, a.nonpositive, a.nonzero, a.vanishes};
      result.nonnegative = result.nonzero = true;
      result.vanishes = exp_vanishes_of(a);
      result.maximum = a.maximum;
      return result;
    case Op::log:
      return {.finite = a.finite && a.nonnegative && a.has_reciprocal()};
    case Op::log1p:
      result.finite = a.finite && a.nonnegative;
      if (!result.finite) result.bound = unbounded;
      result.nonnegative = a.nonnegative;
      result.nonzero = a.nonzero;
      result.vanishes = a.vanishes;
      return result;
    case Op::sqrt:
      result.finite = a.finite && a.nonnegative;
      result.bound = result.finite ? std::max(a.bound, 1.0) : unbounded;
      result.nonnegative = true;
      result.nonzero = a.nonzero;
      result.vanishes = a.vanishes;
      return result;
    case Op::sigmoid:
      return {a.finite, one, true, false, true, exp_vanishes_of(a)};
    case Op::softplus:
      return {a.finite, a.bound + 1, true, false, true, exp_vanishes_of(a)};
    case Op::tanh:
    case Op::erf:
    case Op::sign:
      return {a.finite, one, a.nonnegative, a.nonpositive, a.nonzero, a.vanishes};
    case Op::sin:
    case Op::cos:
      return {.finite = a.finite, .bound = one};
    case Op::abs:
      return {a.finite, a.bound, true, a.nonnegative && a.nonpositive, a.nonzero, a.vanishes};
    case Op::relu:
      return {a.finite, a.bound, true, a.nonpositive, a.nonzero && a.nonnegative, a.vanishes};
    case Op::floor:
      return {.finite = a.finite, .bound = a.bound + 1, .nonnegative = a.nonnegative, .nonpositive = a.nonpositive};
    case Op::maximum:
      result = both(a, b);
      result.nonnegative = a.nonnegative || b.nonnegative;
      return result;
    case Op::minimum:
      result = both(a, b);
      result.nonpositive = a.nonpositive || b.nonpositive;
      return result;
    case Op::where:
      return both(b, operand(2));
    case Op::sum:
      result = a;
      for (AxisId axis : node.bound) result.bound = bound_of_product(result.bound, size(axis));
      result.nonzero = a.nonzero && (a.nonnegative || a.nonpositive);
      if (a.maximum && std::ranges::includes(node.bound, graph_.node(*a.maximum).bound)) result.vanishes = false;
      result.maximum = {};
      return result;
    case Op::product:
      if (a.bound <= 1) return {.finite = true, .bound = 1, .nonnegative = a.nonnegative};
      return {.nonnegative = a.nonnegative, .nonzero = a.nonzero};
    case Op::substitute:
      result = node.operands.size() > node.bound.size() + 1 ? both(a, at(node.operands.back())) : a;
      result.maximum = {};  // its place may not be looked at
      return result;
    case Op::recurrence:
      return {.finite = all_finite(node)};
    case Op::count_:
      break;
  }
  return {};
}

double Finiteness::size(AxisId axis) const {
  const std::optional<NodeId>& size = graph_.axis(axis).size;
  const auto value = size ? size_value(graph_, *size, Sizes()) : std::nullopt;
  return value ? value->get_d() : largest_size;
}

Facts Finiteness::coordinate_of(AxisId axis) const { return {.finite = true, .bound = size(axis), .nonnegative = true}; }

// The divisor is not 0; of wholes made of sizes it is at least 1.
double Finiteness::bound_of_reciprocal(NodeId divisor) const {
  if (const mpq_class* number = number_of(divisor)) return 1 / std::abs(number->get_d());
  const NodeId value = without_names(graph_, divisor);
  return reads_sizes_only(graph_, value) && graph_.node(value).kind == Kind::whole ? 1 : unbounded;
}

Facts Finiteness::input(const Input& row) const {
  if (row.typed_by) return coordinate_of(*row.typed_by);
  switch (row.role) {
    case InputRole::parameter:
    case InputRole::data:
    case InputRole::state:
    case InputRole::noise:
    case InputRole::given:
    case InputRole::previous:  // by induction, unless it is doubted
      return {.finite = true};
    case InputRole::training:
    case InputRole::step:
      return {.finite = true, .nonnegative = true};
  }
  return {};
}

Facts Finiteness::subtraction(const Node& node, const Facts& a, const Facts& b) const {
  Facts result = sum_of(a, negated(b));
  const NodeId left = without_names(graph_, node.operands[0]), right = without_names(graph_, node.operands[1]);
  const Node& maximum = graph_.node(right);
  if (maximum.op == Op::max_over && without_names(graph_, maximum.operands[0]) == left) {
    result.nonpositive = true;
    result.maximum = right;
  }
  if (reads_sizes_only(graph_, left) && a.nonnegative && a.nonzero && is_constant(graph_, right) && graph_.value_of(right) <= 1 &&
      graph_.node(left).kind == Kind::whole)
    result.nonnegative = true;
  return result;
}

Facts Finiteness::power(const Node& node) const {
  const Facts& base = at(node.operands[0]);
  const NodeId exponent = without_names(graph_, node.operands[1]);
  const bool positive = base.nonnegative && base.has_reciprocal();
  if (graph_.node(exponent).op != Op::constant) {
    const Facts& power = at(exponent);
    const bool moderate = power.bound <= highest_power || (power.nonnegative && base.bound <= 1);
    return {.finite = base.finite && power.finite && positive && moderate, .nonnegative = base.nonnegative, .nonzero = positive};
  }
  const mpq_class& n = graph_.value_of(exponent);
  const bool whole = n.get_den() == 1;
  const bool even = whole && mpz_even_p(n.get_num_mpz_t());
  const bool defined = (whole || base.nonnegative) && (n >= 0 || base.has_reciprocal());
  const double bound = defined && n >= 0 ? std::pow(base.bound, n.get_d()) : unbounded;
  return {.finite = base.finite && defined && (bound < unbounded || abs(n) <= highest_power),
          .bound = bound,
          .nonnegative = even || base.nonnegative,
          .nonpositive = whole && !even && base.nonpositive,
          .nonzero = base.nonzero && base.finite,
          .vanishes = base.vanishes};
}

}  // namespace tenet

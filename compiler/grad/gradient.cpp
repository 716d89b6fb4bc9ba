// Reverse mode, one pass from the last node to the first.
//
// The adjoint of a node is the derivative of `value` by it, a function of (some of) the node's axes and of the *extra* axes:
// fresh copies j' of the axes J of `value`, so that nothing bound inside the graph can capture them. The seed is the
// product of the indicators [j == j'].
//
// An operand's contribution is the formula of the operation table, summed over the axes that the consumer has and the operand
// lacks. The formula may lack such an axis (the adjoint 1 over a consumer with axis i): the sum is then |i| times it.
//
// A *mask* is a truth outside which the adjoint is exactly 0, because a `where` took the other branch. Where a formula's
// coefficient may be infinite or NaN there, the contribution becomes where(mask, formula, 0), so that 0 * inf never arises.
// The kink of a function (relu, max) is such a truth too, as far as its own operand goes: a sum over places on both sides of a
// kink is 0 only by chance, one over places that the program masks is 0 because it says so.
#include "compiler/grad/gradient.h"

#include <array>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "compiler/grad/axes.h"
#include "compiler/grad/finite.h"
#include "compiler/grad/formula.h"
#include "compiler/grad/reverse_recurrence.h"
#include "compiler/graph/constants.h"

namespace tenet {
namespace {

using Formulas = std::array<syntax::ExpressionPtr, 3>;

// The table's adjoint formulas, parsed once.
const Formulas& adjoint_formulas(Op op) {
  static const std::vector<Formulas> table = [] {
    std::vector<Formulas> result(operation_count);
    for (std::size_t i = 0; i < operation_count; ++i)
      for (std::size_t k = 0; k < 3; ++k)
        if (const std::string_view text = operation(static_cast<Op>(i)).adjoint[k]; !text.empty())
          result[i][k] = parse_formula(text);
    return result;
  }();
  return table[static_cast<std::size_t>(op)];
}

struct Masked {
  std::optional<NodeId> value;  // none: 0
  std::optional<NodeId> mask, kink;
};

class ReverseMode {
 public:
  ReverseMode(Graph& graph, NodeId value, std::span<const NodeId> targets)
      : graph_(graph), finite_(graph), value_(value), order_(graph.all_below(std::span(&value, 1))) {
    for (NodeId target : targets) targets_.push_back(graph.defined(target));
    mark_dependent();
    choose_extra_axes();
  }

  void run() {
    if (!depends_[index_of(value_)]) return;
    adjoints_.resize(graph_.node_count());
    adjoints_[index_of(value_)].value = seed();
    for (auto id = order_.rbegin(); id != order_.rend(); ++id)
      if (depends_[index_of(*id)] && adjoints_[index_of(*id)].value) push(*id);
    close();
  }

  std::vector<Adjoint> adjoints() const {
    std::vector<Adjoint> result;
    for (NodeId id : order_)
      if (index_of(id) < adjoints_.size() && adjoints_[index_of(id)].value)
        result.push_back({outside(id), *adjoints_[index_of(id)].value});
    return result;
  }

  // The k-th target's adjoint with the extra axes renamed back.
  NodeId result(std::size_t k) {
    const NodeId target = targets_[k];
    std::optional<NodeId> adjoint;
    if (index_of(target) < adjoints_.size()) adjoint = adjoints_[index_of(target)].value;
    const AxisSet axes = united(graph_.node(target).axes, graph_.node(value_).axes);
    if (!adjoint) return broadcast(graph_, graph_.constant(0), axes);
    std::vector<Replacement> back;
    for (const auto& [original, copy] : extra_)
      if (graph_.has_axis(*adjoint, copy)) back.push_back({copy, graph_.coordinate(original)});
    return broadcast(graph_, graph_.substitute(*adjoint, std::move(back)), axes);
  }

 private:
  // What a body of a recurrence, perhaps within others, is read as.
  NodeId outside(NodeId id) const {
    const auto name = names_.find(id);
    return name == names_.end() ? id : outside(name->second);
  }

  // Only what depends on a target gets an adjoint; nothing passes through wholes and truths.
  void mark_dependent() {
    depends_.resize(graph_.node_count());
    std::vector<bool> starts(graph_.node_count());
    for (NodeId target : targets_) starts[index_of(target)] = true;
    for (bool again = true; again;) {
      again = false;
      for (NodeId id : order_) {
        const Node& node = graph_.node(id);
        if (node.kind != Kind::real) continue;
        bool depends = starts[index_of(id)];
        for (std::size_t k = 0; k < node.operands.size() && !depends; ++k)
          depends = depends_[index_of(node.operands[k])] && passes(node, k);
        depends_[index_of(id)] = depends;
        if (depends && node.op == Op::recurrence) again = mark_readings(id, starts) || again;
      }
    }
  }

  // A reading depends on what its component and its start value depend on.
  bool mark_readings(NodeId component, std::vector<bool>& starts) const {
    const Recurrence& form = graph_.recurrence_of(component);
    const std::size_t components = graph_.components(component).size();
    const auto operands = graph_.node(component).operands;
    bool marked = false;
    for (std::size_t i = 0; i < form.reads.size(); ++i) {
      const std::uint32_t reading = index_of(form.reads[i].reading);
      if (starts[reading]) continue;
      starts[reading] = depends_[index_of(operands[form.reads[i].component])] || depends_[index_of(operands[components + i])];
      marked = marked || starts[reading];
    }
    return marked;
  }

  static bool passes(const Node& node, std::size_t k) {
    if (node.op == Op::recurrence) return true;
    if (node.op == Op::substitute) return k == 0 || k > node.bound.size();
    return adjoint_formulas(node.op)[k] != nullptr;
  }

  void choose_extra_axes() {
    const auto axes = graph_.node(value_).axes;
    if (axes.empty()) return;
    AxisSet used;
    for (NodeId id : order_) {
      used.insert(used.end(), graph_.node(id).axes.begin(), graph_.node(id).axes.end());
      used.insert(used.end(), graph_.node(id).bound.begin(), graph_.node(id).bound.end());
      if (used.size() > 4096) unique(used);
    }
    unique(used);
    for (AxisId axis : axes) {
      extra_.emplace_back(axis, copy_outside(graph_, axis, used));
      extras_.push_back(extra_.back().second);
    }
    unique(extras_);
  }

  static void unique(AxisSet& axes) {
    std::ranges::sort(axes);
    axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  }

  NodeId seed() {
    std::optional<NodeId> product;
    for (const auto& [axis, copy] : extra_) {
      const NodeId same = graph_.apply(Op::equal, graph_.coordinate(axis), graph_.coordinate(copy));
      product = product ? graph_.apply(Op::multiply, *product, same) : same;
    }
    return product ? *product : graph_.constant(1);
  }

  void push(NodeId id) {
    if (const auto found = inside_.find(id); found != inside_.end()) {
      ReverseRecurrence& recurrence = recurrences_[found->second];
      recurrence.define(id, *adjoints_[index_of(id)].value);
      const NodeId own = recurrence.stand_in(id);
      std::optional<NodeId> mask;
      if (masked_.contains(found->second)) mask = graph_.apply(Op::not_equal, own, graph_.constant(0));
      adjoints_[index_of(id)] = {own, mask, {}};
    }
    const Node& node = graph_.node(id);
    const Masked adjoint = adjoints_[index_of(id)];
    if (node.op == Op::recurrence) return push_recurrence(id);
    if (is_zero(*adjoint.value)) return push_zero(node);
    if (node.op == Op::substitute) return push_substitution(node, adjoint);
    const Formulas& formulas = adjoint_formulas(node.op);
    for (std::size_t k = 0; k < node.operands.size(); ++k)
      if (formulas[k] && depends_[index_of(node.operands[k])]) push_formula(id, node, *formulas[k], adjoint, node.operands[k]);
  }

  // Of an adjoint that constants have decided to be 0: whatever the formulas' coefficients are.
  void push_zero(const Node& node) {
    for (std::size_t k = 0; k < node.operands.size(); ++k)
      if (passes(node, k) && depends_[index_of(node.operands[k])]) add(node.operands[k], {graph_.constant(0), {}, {}}, {});
  }

  // A component's adjoint goes to its body, which users of other components may reach too, and so does what the component gets
  // from where it is read.
  void push_recurrence(NodeId id) {
    const NodeId body = graph_.body_of(id);
    if (depends_[index_of(body)]) add(body, adjoints_[index_of(id)], set_of(graph_.node(id).axes));
    if (!entered_.insert(graph_.components(id).front()).second) return;
    const auto is_nothing = [&](NodeId component) {
      const auto& value = adjoints_[index_of(component)].value;
      return !value || is_zero(*value);
    };
    if (std::ranges::all_of(graph_.components(id), is_nothing)) return push_zero(graph_.node(id));
    recurrences_.emplace_back(graph_, id, extras_);
    for (NodeId component : graph_.components(id))
      if (adjoints_[index_of(component)].mask) {
        masked_.insert(recurrences_.size() - 1);
        finite_.doubt_readings(component);
      }
    const std::size_t own = recurrences_.size() - 1, components = graph_.components(id).size();
    const Recurrence form = graph_.recurrence_of(id);
    const std::vector<NodeId> operands(graph_.node(id).operands.begin(), graph_.node(id).operands.end());
    for (std::size_t i = 0; i < components; ++i) {
      if (!graph_.node(operands[i]).open) continue;
      inside_.emplace(operands[i], own);
      names_.emplace(operands[i], by_name(graph_, graph_.components(id)[i]));
    }
    for (std::size_t i = 0; i < form.reads.size(); ++i) {
      const auto& [read, offset, reading] = form.reads[i];
      if (!depends_[index_of(reading)]) continue;
      inside_.emplace(reading, own);
      const AxisSet axes = set_of(graph_.node(reading).axes);
      if (depends_[index_of(operands[read])]) add(operands[read], {recurrences_[own].from_read(i), {}, {}}, axes);
      const NodeId start = operands[components + i];
      if (!depends_[index_of(start)]) continue;
      if (std::abs(offset) == 1 && !graph_.has_axis(start, form.axis)) {  // it is read at one end of the axis
        const NodeId last = graph_.apply(Op::subtract, graph_.size(form.axis), graph_.constant(1));
        const NodeId end = offset > 0 ? graph_.constant(0) : last;
        const AxisSet at_end = difference(axes, std::span(&form.axis, 1));
        add(start, {graph_.substitute(recurrences_[own].stand_in(reading), {{form.axis, end}}), {}, {}}, at_end);
        continue;
      }
      const NodeId outside = graph_.node(shifted(graph_, reading, form.axis, offset, start)).operands[1];
      const NodeId beyond = offset > 0 ? graph_.apply(Op::less, outside, graph_.constant(0))
                                       : graph_.apply(Op::greater_equal, outside, graph_.size(form.axis));
      const NodeId value = graph_.apply(Op::where, beyond, recurrences_[own].stand_in(reading), graph_.constant(0));
      add(start, {value, beyond, {}}, axes);
    }
  }

  // What stands for the adjoints of recurrences gives way to them.
  void close() {
    std::vector<Replaced> built;
    for (std::size_t i = recurrences_.size(); i-- > 0;) built.push_back(recurrences_[i].built(built));
    std::vector<NodeId> values;
    for (NodeId id : order_)
      if (adjoints_[index_of(id)].value) values.push_back(*adjoints_[index_of(id)].value);
    for (const Replaced& one : built) values = replaced(graph_, values, one);
    auto next = values.begin();
    for (NodeId id : order_)
      if (adjoints_[index_of(id)].value) adjoints_[index_of(id)].value = *next++;
  }

  void push_formula(NodeId id, const Node& node, const syntax::Expression& formula, const Masked& adjoint, NodeId operand) {
    static constexpr std::array<std::string_view, 3> letters{"a", "b", "c"};
    FormulaNames names;
    names.values = {{"g", *adjoint.value}, {"y", id}};
    for (std::size_t k = 0; k < node.operands.size(); ++k) names.values.emplace_back(letters[k], node.operands[k]);
    names.axes = {{"axes", set_of(node.bound)}};
    if (operation(node.op).form == Form::reduction) add_others(node, names);
    Masked contribution{settled(instantiate(graph_, formula, names)), adjoint.mask, adjoint.kink};
    if (adjoint.mask || adjoint.kink) {
      names.values[0].second = graph_.constant(1);
      const NodeId coefficient = settled(instantiate(graph_, formula, names));
      if (!finite_.of(coefficient).finite) {
        const NodeId inside =
            adjoint.mask && adjoint.kink ? both(adjoint.mask, *adjoint.kink) : adjoint.mask.value_or(*adjoint.kink);
        const Node& choice = graph_.node(*adjoint.value);
        const bool again = choice.op == Op::where && choice.operands[0] == inside && is_zero(choice.operands[2]);
        names.values[0].second = again ? choice.operands[1] : *adjoint.value;
        contribution.value = graph_.apply(Op::where, inside, settled(instantiate(graph_, formula, names)), graph_.constant(0));
      }
    }
    if (*contribution.value != *adjoint.value)
      if (const auto branch = branch_of(*contribution.value)) {
        std::optional<NodeId>& truth = node.op == Op::where ? contribution.mask : contribution.kink;
        truth = both(truth, *branch);
      }
    add(operand, contribution, united(node.axes, node.bound));
  }

  // Of choices that constants decide, what is chosen.
  NodeId settled(NodeId id) const {
    while (graph_.node(id).op == Op::where) {
      const auto operands = graph_.node(id).operands;
      const auto known = decided(graph_, operands[0]);
      if (!known) break;
      id = operands[*known ? 1 : 2];
    }
    return id;
  }

  // A reduction's operand at other places: `others` are copies of `axes`, `other` is the operand at them, `here` says whether
  // they are the element's own place.
  void add_others(const Node& node, FormulaNames& names) {
    if (!operation(node.op).adjoint[0].contains("others")) return;
    AxisSet taken = united(united(graph_.node(node.operands[0]).axes, graph_.node(names.values[0].second).axes), extras_), others;
    std::vector<Replacement> replacements;
    std::optional<NodeId> here;
    for (AxisId axis : node.bound) {
      const AxisId copy = copy_outside(graph_, axis, taken);
      taken = united(taken, std::span(&copy, 1));
      others = united(others, std::span(&copy, 1));
      replacements.push_back({axis, graph_.coordinate(copy)});
      here = both(here, graph_.apply(Op::equal, graph_.coordinate(axis), graph_.coordinate(copy)));
    }
    names.values.insert(names.values.end(), {{"here", *here}, {"other", graph_.substitute(node.operands[0], replacements)}});
    names.axes.emplace_back("others", others);
  }

  // e[i = index]: the adjoint of e at i is the sum of the result's adjoint over [i == index]. An index that leaves the axis
  // meets no i; there the `else` value takes the adjoint.
  void push_substitution(const Node& node, Masked adjoint) {
    const NodeId inner = node.operands[0];
    AxisSet domain = set_of(node.axes);
    std::vector<NodeId> indices(node.operands.begin() + 1,
                                node.operands.begin() + 1 + static_cast<std::ptrdiff_t>(node.bound.size()));
    if (node.operands.size() > node.bound.size() + 1 && depends_[index_of(node.operands.back())])
      push_otherwise(node, indices, adjoint);
    if (!depends_[index_of(inner)]) return;

    if (graph_.node(inner).open && graph_.node(inner).op == Op::input && renames(node)) return push_rename(node, adjoint);

    // An output axis of the same name as a replaced one (a shift) is another axis: it gets a fresh name first.
    AxisSet taken = united(united(domain, node.bound), united(extras_, graph_.node(inner).axes));
    for (AxisId axis : intersection(domain, node.bound)) {
      const AxisId copy = copy_outside(graph_, axis, taken);
      taken = united(taken, std::span(&copy, 1));
      domain = united(difference(domain, std::span(&axis, 1)), std::span(&copy, 1));
      for (NodeId& index : indices) index = renamed(index, axis, copy);
      adjoint.value = renamed(*adjoint.value, axis, copy);
      for (std::optional<NodeId>* truth : {&adjoint.mask, &adjoint.kink})
        if (*truth) *truth = renamed(**truth, axis, copy);
    }
    for (std::size_t i = node.bound.size(); i-- > 0;) {
      const NodeId indicator = graph_.apply(Op::equal, graph_.coordinate(node.bound[i]), indices[i]);
      adjoint.value = graph_.apply(Op::multiply, indicator, *adjoint.value);
      for (std::optional<NodeId>* truth : {&adjoint.mask, &adjoint.kink})
        if (*truth) *truth = graph_.apply(Op::logical_and, indicator, **truth);
    }
    add(inner, adjoint, united(domain, node.bound));
  }

  // Whether each replaced axis is another one of the same size, which the value has not and which stands for no other.
  bool renames(const Node& node) const {
    AxisSet fresh;
    for (std::size_t i = 0; i < node.bound.size(); ++i) {
      const Node& index = graph_.node(node.operands[i + 1]);
      if (index.op != Op::coordinate || !same_size(graph_, index.bound[0], node.bound[i])) return false;
      fresh.push_back(index.bound[0]);
    }
    const auto axes = graph_.node(node.operands[0]).axes;
    const std::size_t count = fresh.size();
    unique(fresh);
    return node.operands.size() == node.bound.size() + 1 && fresh.size() == count && intersection(fresh, axes).empty() &&
           intersection(axes, extras_).empty();
  }

  // What is read by a recurrence is read by what reads it there: a name's adjoint under another axis is another reading of it.
  void push_rename(const Node& node, Masked adjoint) {
    std::vector<Replacement> back;
    for (std::size_t i = 0; i < node.bound.size(); ++i)
      back.push_back({graph_.node(node.operands[i + 1]).bound[0], graph_.coordinate(node.bound[i])});
    const auto renamed_back = [&](std::optional<NodeId>& value) {
      std::vector<Replacement> present;
      for (const Replacement& replacement : back)
        if (value && graph_.has_axis(*value, replacement.axis)) present.push_back(replacement);
      if (value) value = graph_.substitute(*value, std::move(present));
    };
    renamed_back(adjoint.value);
    renamed_back(adjoint.mask);
    renamed_back(adjoint.kink);
    add(node.operands[0], adjoint, set_of(graph_.node(node.operands[0]).axes));
  }

  void push_otherwise(const Node& node, std::span<const NodeId> indices, const Masked& adjoint) {
    std::optional<NodeId> outside;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const NodeId below = graph_.apply(Op::less, indices[i], graph_.constant(0));
      const NodeId above = graph_.apply(Op::greater_equal, indices[i], graph_.size(node.bound[i]));
      const NodeId either = graph_.apply(Op::logical_or, below, above);
      outside = outside ? graph_.apply(Op::logical_or, *outside, either) : either;
    }
    const NodeId value = graph_.apply(Op::where, *outside, *adjoint.value, graph_.constant(0));
    add(node.operands.back(), {value, both(adjoint.mask, *outside), adjoint.kink}, set_of(node.axes));
  }

  NodeId renamed(NodeId node, AxisId from, AxisId to) {
    return graph_.has_axis(node, from) ? graph_.substitute(node, {{from, graph_.coordinate(to)}}) : node;
  }

  // Adds a contribution over `domain` (and the extra axes) to an operand's adjoint.
  void add(NodeId operand, Masked contribution, const AxisSet& domain) {
    Masked& total = adjoints_[index_of(operand)];
    if (is_zero(*contribution.value)) {
      if (!total.value) total = {contribution.value, {}, {}};
      return;
    }
    const AxisSet lost = difference(domain, united(graph_.node(operand).axes, extras_));
    contribution.value = sum_over(graph_, *contribution.value, lost);
    if (contribution.mask) {
      const AxisSet hidden = intersection(lost, graph_.node(*contribution.mask).axes);
      if (!hidden.empty())
        contribution.mask = graph_.apply(Op::greater, graph_.reduce(Op::sum, hidden, *contribution.mask), graph_.constant(0));
    }
    if (contribution.kink && !intersection(lost, graph_.node(*contribution.kink).axes).empty()) contribution.kink.reset();
    if (!total.value || is_zero(*total.value)) {
      total = contribution;
      return;
    }
    total.value = graph_.apply(Op::add, *total.value, *contribution.value);
    either(total.mask, contribution.mask);
    either(total.kink, contribution.kink);
  }

  // Outside which both of two terms are 0.
  void either(std::optional<NodeId>& total, const std::optional<NodeId>& other) {
    if (!total || !other)
      total.reset();
    else if (*total != *other)
      total = graph_.apply(Op::logical_or, *total, *other);
  }

  bool is_zero(NodeId id) const { return graph_.node(id).op == Op::constant && graph_.value_of(id) == 0; }

  // The truth outside which a value of the form where(c, u, 0) or where(c, 0, u) is 0.
  std::optional<NodeId> branch_of(NodeId value) {
    const Node& node = graph_.node(value);
    if (node.op != Op::where) return {};
    if (is_zero(node.operands[2])) return node.operands[0];
    if (is_zero(node.operands[1])) return graph_.apply(Op::logical_not, node.operands[0]);
    return {};
  }

  NodeId both(const std::optional<NodeId>& mask, NodeId condition) {
    return mask && *mask != condition ? graph_.apply(Op::logical_and, *mask, condition) : condition;
  }

  Graph& graph_;
  Finiteness finite_;
  NodeId value_;
  std::vector<NodeId> targets_, order_;
  std::vector<bool> depends_;
  std::vector<Masked> adjoints_;
  std::vector<std::pair<AxisId, AxisId>> extra_;  // an axis of `value` and its fresh copy
  AxisSet extras_;
  std::deque<ReverseRecurrence> recurrences_;       // in the order in which they are met: from the last
  std::unordered_map<NodeId, std::size_t> inside_;  // bodies and readings, by whose they are
  std::unordered_set<std::size_t> masked_;          // those with places outside which nothing reads them
  std::unordered_map<NodeId, NodeId> names_;        // of bodies: the names that are read outside
  std::unordered_set<NodeId> entered_;
};

}  // namespace

Backward backward(Graph& graph, NodeId value, std::span<const NodeId> targets) {
  ReverseMode reverse(graph, value, targets);
  reverse.run();
  Backward result;
  for (std::size_t k = 0; k < targets.size(); ++k) result.gradients.push_back(reverse.result(k));
  result.adjoints = reverse.adjoints();
  return result;
}

std::vector<NodeId> gradients(Graph& graph, NodeId value, std::span<const NodeId> targets) {
  return backward(graph, value, targets).gradients;
}

}  // namespace tenet

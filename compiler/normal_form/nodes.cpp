// From the graph to normal forms.
#include <algorithm>

#include "compiler/normal_form/normal_form.h"

namespace tenet {
namespace {

constexpr int deepest = 200;  // of atoms in atoms, and of sizes in sizes

}  // namespace

Polynomial NormalForms::of(NodeId node) {
  for (NodeId id : unknown_below(node)) {
    if (stopped()) return {};
    // No open index outlives the derivation of a form, so that the next may use the same.
    const std::uint32_t fresh = fresh_;
    Effort others{std::exchange(nonzero_, {}), std::exchange(steps_, 0)};
    Polynomial form = derive(id);
    fresh_ = fresh;
    for (const auto& [monomial, coefficient] : form)
      for (const Factor& factor : monomial)
        if (atoms_[factor.atom].depth > deepest) give_up("too deep");
    std::swap(nonzero_, others.nonzero);
    std::swap(steps_, others.steps);
    if (stopped()) return {};
    forms_.emplace(index_of(id), std::move(form));
    efforts_.insert_or_assign(index_of(id), std::move(others));
  }
  count(node);
  return forms_.at(index_of(node));
}

// Adds what the forms below took, each once for a claim.
void NormalForms::count(NodeId node) {
  std::vector<NodeId> open{node};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    const auto effort = efforts_.find(index_of(id));
    if (effort == efforts_.end() || !counted_.insert(id).second) continue;
    if (graph_.node(id).op == Op::recurrence) continue;  // a leaf
    const auto operands = graph_.node(id).operands;
    open.insert(open.end(), operands.begin(), operands.end());
    nonzero_.insert(effort->second.nonzero.begin(), effort->second.nonzero.end());
    steps_ += effort->second.steps;
  }
}

void NormalForms::begin() {
  nonzero_ = nonzero_in_sizes_;
  counted_.clear();
  steps_ = terms_ = 0;
  stop_ = {};
}

// What has to be derived first: operands before users.
std::vector<NodeId> NormalForms::unknown_below(NodeId node) const {
  std::vector<NodeId> open{node};
  std::set<NodeId> found;
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (forms_.contains(index_of(id)) || !found.insert(id).second) continue;
    const auto operands = graph_.node(id).operands;
    open.insert(open.end(), operands.begin(), operands.end());
  }
  return {found.begin(), found.end()};
}

Polynomial NormalForms::derive(NodeId id) {
  const Node& node = graph_.node(id);
  if (unfolding_ == Unfolding::ring && decides(node)) return atom_form(value(id));
  const auto operand = [&](std::size_t k) -> const Polynomial& { return forms_.at(index_of(node.operands[k])); };
  switch (operation(node.op).form) {
    case Form::leaf:
    case Form::recurrence:
      return leaf(id);
    case Form::identity:
      return operand(0);
    case Form::pointwise: {
      std::vector<Polynomial> operands;
      for (std::size_t k = 0; k < node.operands.size(); ++k) operands.push_back(operand(k));
      return keeps(node.op) && !is_indicator(node) ? opaque(node.op, operands) : function(node.op, std::move(operands));
    }
    case Form::reduction: {
      const Opened over = opened(operand(0), node.bound);
      return node.op == Op::sum ? sum(over.body, over.indices) : reduced(node.op, over.body, over.indices);
    }
    case Form::substitution:
      return substitution(id);
  }
  return {};
}

// Whether rounding may turn the value: by another formula for a real that it compares it would be another one. What is compared
// for equality with its own maximum is the same value.
bool NormalForms::decides(const Node& node) const {
  const bool compares = node.kind == Kind::truth || node.op == Op::argmax;
  return compares && std::ranges::any_of(node.operands, [&](NodeId id) { return graph_.node(id).kind == Kind::real; });
}

// Whether a pointwise operation stays as it is.
bool NormalForms::keeps(Op op) const {
  constexpr Op unfolded[] = {Op::add, Op::subtract, Op::multiply, Op::divide, Op::negate, Op::power, Op::sqrt, Op::exp, Op::log};
  return unfolding_ == Unfolding::ring && std::ranges::find(unfolded, op) == std::end(unfolded);
}

// An equality of indices is an indicator.
bool NormalForms::is_indicator(const Node& node) const {
  return node.op == Op::equal &&
         std::ranges::all_of(node.operands, [&](NodeId id) { return graph_.node(id).kind == Kind::whole; });
}

AtomId NormalForms::value(NodeId id) {
  std::vector<AtomId> indices;
  for (AxisId axis : graph_.node(id).axes) indices.push_back(axis_atom(axis));
  return value(id, std::move(indices));
}

AtomId NormalForms::value(NodeId id, std::vector<AtomId> indices) {
  Atom atom{AtomKind::leaf, index_of(id), static_cast<std::uint32_t>(Op::named), std::move(indices), {}};
  leaves_.try_emplace({atom.place, atom.tag}, id);
  return atoms_.atom(std::move(atom));
}

Polynomial NormalForms::at_indices_of(AtomId value, const Polynomial& form) {
  const std::vector<AtomId> indices = atoms_[value].indices;
  const auto axes = graph_.node(*node_of(value)).axes;
  Renaming renaming;
  for (std::size_t k = 0; k < axes.size(); ++k)
    if (const AtomId own = axis_atom(axes[k]); own != indices[k]) renaming[own] = indices[k];
  return renamed(form, renaming);
}

std::optional<NodeId> NormalForms::node_of(AtomId id) const {
  const Atom& atom = atoms_[id];
  if (atom.kind != AtomKind::leaf) return {};
  return leaves_.at({atom.place, atom.tag});
}

Polynomial NormalForms::leaf(NodeId id) {
  const Node& node = graph_.node(id);
  switch (node.op) {
    case Op::constant:
      return constant_polynomial(graph_.value_of(id));
    case Op::infinity:
      if (unfolding_ == Unfolding::all) return atom_form(infinity());
      give_up("infinite values");
      return {};
    case Op::size:
      return atoms_[size_of(node.bound[0])];
    case Op::coordinate:
      return atom_form(axis_atom(node.bound[0]));
    default: {
      Atom atom{AtomKind::leaf, node.attribute, static_cast<std::uint32_t>(node.op), {}, {}};
      for (AxisId axis : node.axes) atom.indices.push_back(axis_atom(axis));
      if (node.op == Op::input)
        if (const auto typed = graph_.input(graph_.input_of(id)).typed_by) atom.range = size_of(*typed);
      leaves_.try_emplace({atom.place, atom.tag}, id);
      return atom_form(atoms_.atom(std::move(atom)));
    }
  }
}

Polynomial NormalForms::substitution(NodeId id) {
  const Node& node = graph_.node(id);
  const bool otherwise = node.operands.size() > node.bound.size() + 1;
  Renaming renaming;
  Polynomial inside = constant_polynomial(1);
  for (std::size_t k = 0; k < node.bound.size(); ++k) {
    const Polynomial& index = forms_.at(index_of(node.operands[k + 1]));
    const AtomId atom = index_atom(index);
    const PolynomialId range = size_of(node.bound[k]);
    renaming[axis_atom(node.bound[k])] = atom;
    if (!otherwise || in_range(atom, range)) continue;
    Polynomial beyond = scaled(atoms_[range], -1), within = constant_polynomial(1);
    add_to(beyond, index);
    add_to(within, negative(index), -1);
    inside = product(inside, product(within, negative(beyond)));
  }
  Polynomial result = renamed(forms_.at(index_of(node.operands[0])), renaming);
  if (!otherwise) return result;
  Polynomial outside = constant_polynomial(1);
  add_to(outside, inside, -1);
  result = product(inside, result);
  add_to(result, product(outside, forms_.at(index_of(node.operands.back()))));
  return result;
}

// In what is shown a size keeps its name, whatever number it is declared as; so it does in what is proved for all sizes.
bool NormalForms::stays_symbol(NodeId size) const {
  return (unfolding_ == Unfolding::ring || sizes_open_to_all_) && graph_.node(size).op == Op::constant;
}

// A size as a number, where it is declared as one.
std::optional<Rational> NormalForms::declared(PolynomialId size) const {
  const Polynomial& form = atoms_[size];
  if (form.size() == 1 && form.begin()->second == 1 && form.begin()->first.size() == 1) {
    const Factor& factor = form.begin()->first[0];
    const Atom& atom = atoms_[factor.atom];
    if (atom.kind == AtomKind::size && factor.exponent == 1)
      if (const auto expression = graph_.axis(AxisId{atom.tag}).size; expression && graph_.node(*expression).op == Op::constant)
        return graph_.value_of(*expression);
  }
  return constant_of(form);
}

PolynomialId NormalForms::size_of(AxisId axis) {
  if (const auto found = sizes_.find(axis); found != sizes_.end()) return found->second;
  Polynomial size;
  const std::set<AtomId> before = std::exchange(nonzero_, {});
  if (++sizes_open_ > deepest)
    give_up("too deep");
  else if (const auto expression = graph_.axis(axis).size; expression && !stays_symbol(*expression))
    size = of(*expression);
  else
    size = atom_form(atoms_.atom({AtomKind::size, index_of(axis), 0, {}, {}}));
  --sizes_open_;
  nonzero_in_sizes_.insert(nonzero_.begin(), nonzero_.end());
  nonzero_.insert(before.begin(), before.end());
  const PolynomialId id = atoms_.polynomial(size);
  if (!stopped()) sizes_.emplace(axis, id);
  return id;
}

AtomId NormalForms::axis_atom(AxisId axis) { return atoms_.atom({AtomKind::axis, index_of(axis), 0, {}, {size_of(axis)}}); }

}  // namespace tenet

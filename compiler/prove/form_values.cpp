#include "compiler/prove/form_values.h"

#include <algorithm>
#include <list>

namespace tenet {
namespace {

using Element = Field::Element;

}  // namespace

Element FieldPoint::leaf(const Graph& graph, Op op, std::uint32_t attribute, std::span<const Element> coordinates) const {
  std::vector<Element> numbers{seed, static_cast<Element>(op), attribute};
  numbers.insert(numbers.end(), coordinates.begin(), coordinates.end());
  const Element value = field.drawn(numbers);
  if (op != Op::input) return value;
  constexpr std::int64_t small = 5;  // wholes that are no coordinates
  const Input& input = graph.input(InputId{attribute});
  if (input.typed_by) return value % static_cast<Element>(sizes[*input.typed_by]);
  return input.kind == Kind::real ? value : value % (input.kind == Kind::truth ? 2 : small);
}

Element FormValues::checked(std::optional<Element> value, std::string_view why) {
  if (!value && stop_.empty()) stop_ = why;
  return value.value_or(1);
}

Table FormValues::mapped_within(std::span<const Table* const> tables, const Function& f) {
  std::vector<Dimension> space = joined(tables);
  const std::size_t count = element_count(space);
  if (count > left_ && stop_.empty()) stop_ = "too many elements";
  if (!stop_.empty()) return {};
  left_ -= count;
  return mapped(tables, std::move(space), f);
}

Table FormValues::of(const Polynomial& polynomial) {
  Table result = scalar(0);
  for (const auto& [monomial, coefficient] : polynomial) {
    std::list<Table> powers;
    std::vector<const Table*> tables{&result};
    for (const Factor& factor : monomial) {
      if (!stop_.empty()) return {};
      tables.push_back(factor.exponent == 1 ? &of(factor.atom) : &powers.emplace_back(power(factor)));
    }
    if (!stop_.empty()) return {};
    const Element scale = checked(point_.field.of(coefficient), "a division by zero");
    Table sum = mapped_within(tables, [&](std::span<const Element> values) {
      Element term = scale;
      for (Element value : values.subspan(1)) term = point_.field.product(term, value);
      return point_.field.sum(values[0], term);
    });
    result = std::move(sum);
  }
  return result;
}

const Table& FormValues::of(AtomId atom) {
  if (const auto found = known_.find(index_of(atom)); found != known_.end()) return found->second;
  Table table = computed(atom);
  return known_.emplace(index_of(atom), std::move(table)).first->second;
}

Table FormValues::power(const Factor& factor) {
  const Table* base[] = {&of(factor.atom)};
  if (!stop_.empty()) return {};
  return mapped_within(base, [&](std::span<const Element> values) {
    return checked(point_.field.power(values[0], factor.exponent),
                   values[0] == 0 ? "a division by zero" : "a root of what is no square");
  });
}

Dimension FormValues::dimension(AtomId index) {
  const Table size = of(atoms_[*atoms_[index].range]);
  constexpr std::int64_t longest = 1 << 20;
  const std::int64_t extent = stop_.empty() ? point_.field.whole(size.values[0]) : 1;
  if (extent < 1 || extent > longest) return checked({}, "too many elements"), Dimension{index_of(index), 1};
  return {index_of(index), extent};
}

Table FormValues::computed(AtomId id) {
  const Atom& atom = atoms_[id];
  const Field& field = point_.field;
  std::list<Table> parts;
  std::vector<const Table*> operands;
  const auto read_parts = [&] {
    for (PolynomialId part : atom.parts) operands.push_back(&parts.emplace_back(of(atoms_[part])));
  };
  switch (atom.kind) {
    case AtomKind::size:
      return scalar(field.of(point_.sizes[AxisId{atom.tag}]));
    case AtomKind::axis:
    case AtomKind::bound:
    case AtomKind::open: {
      Table table{{dimension(id)}, {}};
      for (std::int64_t i = 0; i < table.dimensions[0].extent; ++i) table.values.push_back(field.of(i));
      return table;
    }
    case AtomKind::expression:
    case AtomKind::base:
      return of(atoms_[atom.parts[0]]);
    case AtomKind::leaf:
      for (AtomId index : atom.indices) operands.push_back(&of(index));
      if (!stop_.empty()) return {};
      return mapped_within(
          operands, [&](std::span<const Element> at) { return point_.leaf(graph_, static_cast<Op>(atom.place), atom.tag, at); });
    case AtomKind::exponential: {
      read_parts();
      const Table root = drawn(Op::exp, operands);
      if (!stop_.empty()) return {};
      const Table* both[] = {operands[0], &root};
      return mapped_within(both, [&](std::span<const Element> v) { return v[0] == 0 ? 1 : field.product(v[1], v[1]); });
    }
    case AtomKind::function:
      read_parts();
      return drawn(static_cast<Op>(atom.place), operands);
    case AtomKind::sum:
      return sum(atoms_[atom.parts[0]].begin()->first, atom.indices);
    case AtomKind::reduction:
      return reduction(atom);
    case AtomKind::equal:
    case AtomKind::negative:
      read_parts();
      if (!stop_.empty()) return {};
      return mapped_within(operands, [&](std::span<const Element> values) -> Element {
        return atom.kind == AtomKind::equal ? values[0] == 0 : field.negative_sign(values[0]);
      });
  }
  return {};
}

bool FormValues::positive_are_squares(const Polynomial& polynomial) {
  for (const auto& [monomial, coefficient] : polynomial)
    for (const Factor& factor : monomial) {
      const Atom& atom = atoms_[factor.atom];
      if (squares_.contains(factor.atom)) continue;
      for (PolynomialId part : atom.parts)
        if (!positive_are_squares(atoms_[part])) return false;
      if (atom.positive)
        for (Element value : of(factor.atom).values)
          if (!point_.field.power(value, mpq_class(1, 2))) return false;
      if (!stop_.empty()) return false;
      squares_.insert(factor.atom);
    }
  return true;
}

Table FormValues::drawn(Op op, const std::vector<const Table*>& operands) {
  if (!stop_.empty()) return {};
  return mapped_within(operands, [&](std::span<const Element> values) {
    if (op == Op::log && values[0] == 1) return Element{0};
    std::vector<Element> numbers{point_.seed, static_cast<Element>(op)};
    numbers.insert(numbers.end(), values.begin(), values.end());
    return point_.field.drawn(numbers);
  });
}

Table FormValues::product(const std::vector<const Table*>& factors) {
  return mapped_within(factors, [&](std::span<const Element> values) {
    Element result = 1;
    for (Element value : values) result = point_.field.product(result, value);
    return result;
  });
}

// Index by index, each over the product of the factors that vary with it: first the one that makes the smallest table.
Table FormValues::sum(const Monomial& monomial, std::vector<AtomId> indices) {
  const Field& field = point_.field;
  std::list<Table> factors;
  for (const Factor& factor : monomial) {
    if (!stop_.empty()) return {};
    factors.push_back(factor.exponent == 1 ? of(factor.atom) : power(factor));
  }
  const auto varying = [&](AtomId index) {
    std::vector<const Table*> tables;
    for (const Table& factor : factors)
      if (std::ranges::find(factor.dimensions, index_of(index), &Dimension::name) != factor.dimensions.end())
        tables.push_back(&factor);
    return tables;
  };
  while (!indices.empty() && stop_.empty()) {
    const auto next = std::ranges::min_element(indices, {}, [&](AtomId index) { return element_count(joined(varying(index))); });
    const std::vector<const Table*> tables = varying(*next);
    const std::uint32_t name[] = {index_of(*next)};
    Table whole = product(tables);
    if (!stop_.empty()) return {};
    Table sum = folded(whole, name, 0, [&](Element a, Element b) { return field.sum(a, b); });
    if (tables.empty()) sum.values[0] = field.of(dimension(*next).extent);
    factors.remove_if([&](const Table& factor) { return std::ranges::find(tables, &factor) != tables.end(); });
    factors.push_back(std::move(sum));
    indices.erase(next);
  }
  std::vector<const Table*> rest;
  for (const Table& factor : factors) rest.push_back(&factor);
  return product(rest);
}

// The greatest is that of the least remainders: some order of the elements, so that a maximum is one of what it is over.
Table FormValues::reduction(const Atom& atom) {
  const Field& field = point_.field;
  const Op op = static_cast<Op>(atom.place);
  const Table body = of(atoms_[atom.parts[0]]);
  std::vector<const Table*> operands{&body};
  std::vector<std::uint32_t> names;
  for (AtomId index : atom.indices) {
    operands.push_back(&of(index));
    names.push_back(index_of(index));
  }
  if (!stop_.empty()) return {};
  const Table whole = mapped_within(operands, [](std::span<const Element> values) { return values[0]; });
  if (!stop_.empty()) return {};
  const auto least = [](Element a, Element b) { return std::min(a, b); };
  const auto greatest = [](Element a, Element b) { return std::max(a, b); };
  const Element last = field.negative(1);
  if (op == Op::product) return folded(whole, names, 1, [&](Element a, Element b) { return field.product(a, b); });
  if (op == Op::min_over) return folded(whole, names, last, least);
  const Table maximum = folded(whole, names, 0, greatest);
  if (op != Op::argmax) return maximum;
  const Table* compared[] = {&whole, &maximum, operands[1]};
  const Table places =
      mapped_within(compared, [&](std::span<const Element> values) { return values[0] == values[1] ? values[2] : last; });
  return stop_.empty() ? folded(places, names, last, least) : Table{};
}

}  // namespace tenet

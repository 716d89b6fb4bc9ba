// Normal forms for people: what a side condition or a difference says.
#include <fmt/format.h>

#include "compiler/normal_form/normal_form.h"

namespace tenet {
namespace {

std::string listed(const std::vector<std::string>& items) {
  std::string result;
  for (const std::string& item : items) result += fmt::format("{}{}", result.empty() ? "" : ", ", item);
  return result;
}

}  // namespace

std::string NormalForms::value_name(NodeId id) const {
  return graph_.node(id).op == Op::named ? graph_.name_of(id) : fmt::format("value_{}", index_of(id));
}

// By the axis that it is as long as; those of sums around it, and further ones of the same sum, are numbered.
std::string NormalForms::bound_name(const Atom& atom) const {
  std::string name = "i";
  if (const Polynomial& range = atoms_[atom.parts[0]]; range.size() == 1 && range.begin()->first.size() == 1)
    if (const Atom& size = atoms_[range.begin()->first[0].atom]; size.kind == AtomKind::size)
      name = graph_.axis(AxisId{size.tag}).name;
  if (atom.tag > 0) name += fmt::format("_{}", atom.tag + 1);
  return atom.place > 0 ? fmt::format("{}'{}", name, atom.place) : name;
}

std::string NormalForms::text(AtomId id) const {
  const Atom& atom = atoms_[id];
  std::vector<std::string> indices, parts;
  for (AtomId index : atom.indices) indices.push_back(text(index));
  if (!atom.is_index())
    for (PolynomialId part : atom.parts) parts.push_back(text(atoms_[part]));
  const std::string inside = listed(parts);
  switch (atom.kind) {
    case AtomKind::size:
      return fmt::format("|{}|", graph_.axis(AxisId{atom.tag}).name);
    case AtomKind::axis:
      return graph_.axis(AxisId{atom.tag}).name;
    case AtomKind::bound:
      return bound_name(atom);
    case AtomKind::open:
      return fmt::format("i{}_{}", atom.tag, atom.place);
    case AtomKind::leaf: {
      const bool input = static_cast<Op>(atom.place) == Op::input;
      const std::string name = input ? graph_.input(InputId{atom.tag}).name
                               : static_cast<Op>(atom.place) == Op::named
                                   ? value_name(NodeId{atom.tag})
                                   : std::string(operation(static_cast<Op>(atom.place)).spelling);
      return indices.empty() ? name : fmt::format("{}[{}]", name, listed(indices));
    }
    case AtomKind::exponential:
      return fmt::format("exp({})", inside);
    case AtomKind::expression:
    case AtomKind::base:
      return fmt::format("({})", inside);
    case AtomKind::sum:
      return fmt::format("sum[{}]({})", listed(indices), inside);
    case AtomKind::function:
      return fmt::format("{}({})", operation(static_cast<Op>(atom.place)).spelling, inside);
    case AtomKind::reduction:
      return fmt::format("{}[{}]({})", operation(static_cast<Op>(atom.place)).spelling, listed(indices), inside);
    case AtomKind::equal:
      return fmt::format("({} == 0)", inside);
    case AtomKind::negative:
      return fmt::format("({} < 0)", inside);
  }
  return {};
}

std::string NormalForms::text(const Polynomial& polynomial) const {
  std::string result;
  for (const auto& [monomial, coefficient] : polynomial) {
    std::string term;
    for (const Factor& factor : monomial) {
      term += fmt::format("{}{}", term.empty() ? "" : " * ", text(factor.atom));
      if (factor.exponent != 1) term += fmt::format("^({})", mpq_class(factor.exponent).get_str());
    }
    const std::string size = mpq_class(abs(coefficient)).get_str();
    if (term.empty())
      term = size;
    else if (size != "1")
      term = fmt::format("{} * {}", size, term);
    if (result.empty())
      result = fmt::format("{}{}", coefficient < 0 ? "-" : "", term);
    else
      result += fmt::format("{}{}", coefficient < 0 ? " - " : " + ", term);
  }
  return result.empty() ? "0" : result;
}

}  // namespace tenet

// Normal forms for people: what a side condition or a difference says.
#include <fmt/format.h>

#include "compiler/normal_form/normal_form.h"

namespace tenet {
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

// Writes a text from its beginning on, and no more of it than is of use to anyone: what atoms share is written wherever it
// stands, so that a whole text may be longer than any memory.
class FormText {
 public:
  explicit FormText(const NormalForms& forms) : forms_(forms) {}

  std::string taken() && {
    if (is_full()) text_.replace(longest, std::string::npos, " ...");
    return std::move(text_);
  }

  void write(const Polynomial& polynomial) {
    if (polynomial.empty()) text_ += "0";
    bool first = true;
    for (const auto& [monomial, coefficient] : polynomial) {
      if (is_full()) return;
      text_ += coefficient < 0 ? (first ? "-" : " - ") : first ? "" : " + ";
      first = false;
      const std::string size = mpq_class(abs(coefficient)).get_str();
      const bool shown = size != "1" || monomial.empty();
      if (shown) text_ += size;
      for (std::size_t k = 0; k < monomial.size(); ++k) {
        if (shown || k > 0) text_ += " * ";
        write(monomial[k].atom);
        if (monomial[k].exponent != 1) text_ += "^(" + mpq_class(monomial[k].exponent).get_str() + ")";
      }
    }
  }

  void write(AtomId id) {
    const Atom& atom = forms_.atoms()[id];
    const std::string_view spelling = atom.place < operation_count ? operation(static_cast<Op>(atom.place)).spelling : "";
    switch (atom.kind) {
      case AtomKind::size:
        text_ += "|" + forms_.graph().axis(AxisId{atom.tag}).name + "|";
        return;
      case AtomKind::axis:
        text_ += forms_.graph().axis(AxisId{atom.tag}).name;
        return;
      case AtomKind::bound:
        text_ += forms_.bound_name(atom);
        return;
      case AtomKind::open:
        text_ += fmt::format("i{}_{}", atom.tag, atom.place);
        return;
      case AtomKind::leaf:
        text_ += forms_.leaf_name(atom);
        if (!atom.indices.empty()) indices(atom);
        return;
      case AtomKind::exponential:
        text_ += "exp";
        return parts(atom);
      case AtomKind::expression:
      case AtomKind::base:
        return parts(atom);
      case AtomKind::sum:
        text_ += "sum";
        indices(atom);
        return parts(atom);
      case AtomKind::function:
        text_ += spelling;
        return parts(atom);
      case AtomKind::reduction:
        text_ += spelling;
        indices(atom);
        return parts(atom);
      case AtomKind::equal:
        return parts(atom, " == 0");
      case AtomKind::negative:
        return parts(atom, " < 0");
    }
  }

 private:
  static constexpr std::size_t longest = 10'000;  // characters

  bool is_full() const { return text_.size() > longest; }

  void indices(const Atom& atom) {
    text_ += "[";
    for (std::size_t k = 0; k < atom.indices.size(); ++k) {
      if (k > 0) text_ += ", ";
      write(atom.indices[k]);
    }
    text_ += "]";
  }

  void parts(const Atom& atom, std::string_view relation = {}) {
    text_ += "(";
    for (std::size_t k = 0; k < atom.parts.size(); ++k) {
      if (k > 0) text_ += ", ";
      write(forms_.atoms()[atom.parts[k]]);
    }
    text_ += relation;
    text_ += ")";
  }

  const NormalForms& forms_;
  std::string text_;
};

std::string NormalForms::leaf_name(const Atom& atom) const {
  const Op op = static_cast<Op>(atom.place);
  if (op == Op::input) return graph_.input(InputId{atom.tag}).name;
  return op == Op::named ? value_name(NodeId{atom.tag}) : std::string(operation(op).spelling);
}

std::string NormalForms::text(AtomId atom) const {
  FormText result(*this);
  result.write(atom);
  return std::move(result).taken();
}

std::string NormalForms::text(const Polynomial& polynomial) const {
  FormText result(*this);
  result.write(polynomial);
  return std::move(result).taken();
}

}  // namespace tenet

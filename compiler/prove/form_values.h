// The values of normal forms at a point modulo a prime.
//
// A point has small sizes, and an element drawn at random for every coordinate of every input. The ring part of a form is
// evaluated exactly. An opaque function is a random function: of the operands' values, so that equal operands give equal values
// and nothing else is known of it but exp(0) = 1 and log(1) = 0. exp of a term is a random square; whole and rational powers are
// powers in the field, where the squares stand for what is positive. Conditions on coordinates and sizes hold as they do in
// numbers; of others, [p = 0] holds where the value of p is 0, and [p < 0] goes by the sign of the whole number nearest to 0 that
// p's value stands for where that is a small one, as of coordinates and sizes; else it holds where the value is no square: -1 is
// none, so that a product's sign is that of its factors, and the root of a square is its magnitude.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/normal_form/normal_form.h"
#include "compiler/prove/tables.h"

namespace tenet {

struct FieldPoint {
  Field field;
  std::uint64_t seed;
  Sizes sizes;  // complete for every axis that is evaluated

  // An input, or another leaf, at the coordinates given.
  Field::Element leaf(const Graph& graph, Op op, std::uint32_t attribute, std::span<const Field::Element> coordinates) const;
};

class FormValues {
 public:
  FormValues(const Graph& graph, const NormalForms& forms, const FieldPoint& point, std::size_t budget)
      : graph_(graph), atoms_(forms.atoms()), point_(point), budget_(budget), left_(budget) {}

  // Dimensions are the ids of index atoms.
  Table of(const Polynomial& polynomial);

  // Why the values so far say nothing: a root of what is no square, a division by zero, too many elements. Empty: they are right.
  std::string_view stop() const { return stop_; }

  std::size_t spent() const { return budget_ - left_; }  // elements computed

  // Whether everything in a form that is known to be positive is a square here: else what is drawn out of a root, as what is
  // positive may be, says nothing at this point.
  bool positive_are_squares(const Polynomial& polynomial);

 private:
  const Table& of(AtomId atom);
  Table computed(AtomId atom);
  Table power(const Factor& factor);
  Table sum(const Monomial& monomial, std::vector<AtomId> indices);
  Table reduction(const Atom& atom);
  Table drawn(Op op, const std::vector<const Table*>& operands);
  Table product(const std::vector<const Table*>& factors);
  Dimension dimension(AtomId index);
  Table mapped_within(std::span<const Table* const> tables, const Function& f);
  Field::Element checked(std::optional<Field::Element> value, std::string_view why);

  const Graph& graph_;
  const Atoms& atoms_;
  const FieldPoint& point_;
  std::size_t budget_, left_;  // elements that may be computed, and those that still may
  std::unordered_map<std::uint32_t, Table> known_;
  std::set<AtomId> squares_;  // looked through: all that is positive in them is
  std::string_view stop_;
};

}  // namespace tenet

// Polynomials over opaque atoms: what a claim's two sides are brought to.
//
// A polynomial maps monomials to rational coefficients, a monomial maps atoms to rational exponents. Atoms are hash-consed, so
// an id is an identity. Bound indices are named by the height and the place of their binder and know the size of their range,
// not the name of their axis: forms that differ in bound names alone are one form.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/normal_form/rational.h"

namespace tenet {

enum class AtomId : std::uint32_t {};
enum class PolynomialId : std::uint32_t {};
constexpr std::uint32_t index_of(AtomId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t index_of(PolynomialId id) { return static_cast<std::uint32_t>(id); }

struct Factor {
  AtomId atom;
  Rational exponent;  // not zero
  friend bool operator==(const Factor&, const Factor&) = default;
};
using Monomial = std::vector<Factor>;  // ascending atoms

std::size_t mixed(std::size_t hash, std::size_t value);
std::size_t hash_of(const Rational& value);
std::size_t hash_of(const Monomial& monomial);

struct MonomialOrder {
  bool operator()(const Monomial& a, const Monomial& b) const;
};
using Polynomial = std::map<Monomial, Rational, MonomialOrder>;  // no coefficient is zero

int compare(const Polynomial& a, const Polynomial& b);
void add_term(Polynomial& to, const Monomial& monomial, const Rational& coefficient);
void add_to(Polynomial& to, const Polynomial& other, const Rational& scale = 1);
Polynomial scaled(const Polynomial& polynomial, const Rational& scale);
Polynomial constant_polynomial(const Rational& value);
std::optional<Rational> constant_of(const Polynomial& polynomial);
Rational common_coefficient(
    const Polynomial& polynomial);  // not zero: positive, what is left has whole coefficients without divisor

enum class AtomKind : std::uint8_t {
  size,         // tag: the axis
  axis,         // a free index; tag: the axis; parts: its range's size
  bound,        // tag: the binder's height, place: which of its indices; parts: its range's size
  open,         // a bound index while its binder is open; tag: a number; parts: its range's size
  expression,   // an index that is computed; parts: its value
  leaf,         // an input, a random draw, a value (place: `named`); tag: which; place: the operation; indices: its coordinates
  exponential,  // exp of a monomial; parts: the monomial
  base,         // what stands under a power and is no product; parts
  sum,          // a connected component of a sum; indices: its bound ones; parts: one monomial
  function,     // place: the operation; parts: its operands
  reduction,    // another reduction; place: the operation; indices: its bound ones; parts
  equal,        // [p = 0]
  negative      // [p < 0]
};

struct Atom {
  AtomKind kind;
  std::uint32_t tag = 0, place = 0;
  std::vector<AtomId> indices = {};
  std::vector<PolynomialId> parts = {};
  // Worked out when the atom is made.
  std::vector<AtomId> variables = {};          // the indices it varies with, ascending
  std::optional<PolynomialId> range = {};      // its values are coordinates of a range of this size
  int height = -1;                             // of the highest binder in it
  int depth = 0;                               // of nesting
  bool positive = false, nonnegative = false;  // wherever it is defined

  bool is_index() const { return kind == AtomKind::axis || kind == AtomKind::bound || kind == AtomKind::open; }
  bool is_truth() const { return kind == AtomKind::equal || kind == AtomKind::negative; }
};

// Everything made so far, each once.
class Atoms {
 public:
  AtomId atom(Atom atom);
  std::optional<AtomId> find(const Atom& atom) const;  // if it was made already
  PolynomialId polynomial(const Polynomial& polynomial);
  const Atom& operator[](AtomId id) const { return atoms_[index_of(id)]; }
  const Polynomial& operator[](PolynomialId id) const { return *polynomials_[index_of(id)]; }
  std::size_t count() const { return atoms_.size(); }

  bool varies(AtomId atom, AtomId index) const;
  bool varies(const Polynomial& polynomial, AtomId index) const;
  bool positive(const Polynomial& polynomial) const { return at_least_zero(polynomial, true); }
  bool nonnegative(const Polynomial& polynomial) const { return at_least_zero(polynomial, false); }
  void declare_positive(std::uint32_t value) { positive_values_.insert(value); }

 private:
  using Key = std::tuple<AtomKind, std::uint32_t, std::uint32_t, std::vector<AtomId>, std::vector<PolynomialId>>;
  struct PolynomialOrder {
    bool operator()(const Polynomial& a, const Polynomial& b) const { return compare(a, b) < 0; }
  };
  void describe(Atom& atom) const;
  bool at_least_zero(const Polynomial& polynomial, bool strictly) const;

  std::deque<Atom> atoms_;
  std::set<std::uint32_t> positive_values_;
  std::map<Key, AtomId> index_;
  std::map<Polynomial, PolynomialId, PolynomialOrder> polynomial_index_;
  std::vector<const Polynomial*> polynomials_;
};

}  // namespace tenet

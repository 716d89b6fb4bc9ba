// The normal form of a value: sums of products over opaque atoms, all names unfolded.
//
// Products and whole powers expand; sums open their binders, multiply, split into connected components and close again; what is
// left is an atom. Two values with the same form are equal wherever both are defined. The converse holds for what is a ring
// with sums: functions are opaque but for the laws of exp, log and powers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/normal_form/atoms.h"

namespace tenet {

using Renaming = std::map<AtomId, AtomId>;

class NormalForms {
 public:
  explicit NormalForms(const Graph& graph) : graph_(graph) {}

  Polynomial of(NodeId node);

  // The polynomial times powers of its denominators, so that none is left: zero where, and only where, it is zero.
  Polynomial without_denominators(Polynomial polynomial);

  // What a cancelled denominator must not be: each differs from 0 in the proof's validity.
  const std::set<AtomId>& nonzero() const { return nonzero_; }
  std::size_t steps() const { return steps_; }           // law applications
  std::string_view stop() const { return stop_; }        // why the forms are of no use; empty: they are sound
  std::string text(const Polynomial& polynomial) const;  // for people
  std::string text(AtomId atom) const;

 private:
  // Products and powers.
  Polynomial product(const Polynomial& a, const Polynomial& b);
  Polynomial product(const Monomial& a, const Monomial& b);
  Polynomial settled(Monomial monomial);
  Polynomial power(const Polynomial& base, const mpq_class& exponent);
  Polynomial power_of_term(const Monomial& monomial, const mpq_class& coefficient, const mpq_class& exponent);
  Polynomial power_of_constant(const mpq_class& value, const mpq_class& exponent);
  Monomial content(const Polynomial& polynomial, bool positive_alone) const;
  std::optional<std::pair<AtomId, AtomId>> solved(AtomId equal, const std::vector<AtomId>* among = nullptr);

  // Renaming of indices.
  AtomId index_atom(const Polynomial& value);
  Polynomial value_of(AtomId atom) const;
  Polynomial renamed(AtomId atom, const Renaming& renaming);
  Polynomial renamed(const Monomial& monomial, const Renaming& renaming);
  Polynomial renamed(const Polynomial& polynomial, const Renaming& renaming);
  bool touches(const Monomial& monomial, const Renaming& renaming) const;

  // Reductions.
  AtomId fresh_index(PolynomialId range);
  Polynomial sum(const Polynomial& polynomial, const std::vector<AtomId>& indices);
  Polynomial sum_of_term(const Monomial& monomial, std::vector<AtomId> indices);
  Polynomial sum_of_components(const Monomial& monomial, const std::vector<AtomId>& indices);
  Polynomial reduced(Op op, const Polynomial& polynomial, std::vector<AtomId> indices);
  struct Closed {
    std::vector<AtomId> indices;
    Polynomial body;
  };
  Closed closed(std::vector<AtomId> indices, const Polynomial& body);
  void close(std::vector<AtomId> rest, Closed partial, int height, int& budget, std::optional<Closed>& best);
  bool in_range(AtomId index, PolynomialId range) const;

  // Functions.
  Polynomial atom_form(AtomId atom) const;
  Polynomial exponential(const Polynomial& p);
  Polynomial logarithm(const Polynomial& p);
  Polynomial function(Op op, std::vector<Polynomial> operands);
  Polynomial opaque(Op op, const std::vector<Polynomial>& operands);
  Polynomial equal(Polynomial difference);
  Polynomial negative(Polynomial difference);

  // Nodes.
  Polynomial derive(NodeId node);
  Polynomial leaf(NodeId node);
  Polynomial substitution(NodeId node);
  PolynomialId size_of(AxisId axis);
  AtomId axis_atom(AxisId axis);

  void step(std::size_t terms = 1);
  void give_up(std::string_view why) {
    if (stop_.empty()) stop_ = why;
  }
  bool stopped() const { return !stop_.empty(); }

  const Graph& graph_;
  Atoms atoms_;
  std::unordered_map<std::uint32_t, Polynomial> forms_;
  std::map<AxisId, PolynomialId> sizes_;
  std::set<AtomId> nonzero_;
  std::uint32_t fresh_ = 0;
  std::size_t steps_ = 0, terms_ = 0;
  int sizes_open_ = 0;
  std::string_view stop_;
};

}  // namespace tenet

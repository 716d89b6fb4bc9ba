// The normal form of a value: sums of products over opaque atoms.
//
// Products and whole powers expand; sums open their binders, multiply, split into connected components and close again; what is
// left is an atom. Two values with the same form are equal wherever both are defined. The converse holds for what is a ring
// with sums: functions are opaque but for the laws of exp, log and powers.
//
// A node may be given its form beforehand: as an atom of its own, a *value*, it stays opaque, which keeps forms short. What
// opacity loses comes back as facts: what a value comes to when it is summed over some of its axes.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/normal_form/atoms.h"
#include "compiler/normal_form/laws.h"

namespace tenet {

using Renaming = std::map<AtomId, AtomId>;

// How far functions are unfolded: `all` by their definitions, which decides more; `ring` not beyond arithmetic, exp, log and
// powers, which keeps what a program computes.
enum class Unfolding : std::uint8_t { all, ring };

class NormalForms {
 public:
  // With `sizes_open` a size that is a number counts as open: the forms are those of every size.
  explicit NormalForms(const Graph& graph, Unfolding unfolding = Unfolding::all, bool sizes_open = false)
      : graph_(graph), unfolding_(unfolding), sizes_open_to_all_(sizes_open) {}

  Polynomial of(NodeId node);

  // Budgets, steps and conditions from nothing, for the next claim. Forms that are known stay so; where `of` meets one, it counts
  // the steps and conditions that it took.
  void begin();

  // Values: nodes that stand for themselves.
  AtomId value(NodeId node);                               // over the node's axes
  AtomId value(NodeId node, std::vector<AtomId> indices);  // at these, one for each axis
  std::optional<NodeId> node_of(AtomId atom) const;        // of a value, an input, a random draw
  void give_form(NodeId node, Polynomial form) { forms_.insert_or_assign(index_of(node), std::move(form)); }
  void forget_form(NodeId node) { forms_.erase(index_of(node)); }
  void declare_positive(NodeId value) { atoms_.declare_positive(index_of(value)); }
  // sum[axes](value) = `sum`, over the value's other axes. Used wherever only the value varies with those axes.
  void declare_sum(NodeId value, std::vector<AxisId> axes, Polynomial sum);
  const Polynomial* known_sum(NodeId value, const std::vector<AxisId>& axes) const;  // null: none was declared

  const Graph& graph() const { return graph_; }
  const Atoms& atoms() const { return atoms_; }
  Atoms& atoms() { return atoms_; }

  // The polynomial times powers of its denominators, so that none is left: zero where, and only where, it is zero.
  Polynomial without_denominators(Polynomial polynomial);

  // What a cancelled denominator must not be: each differs from 0 in the proof's validity.
  const std::set<AtomId>& nonzero() const { return nonzero_; }
  std::size_t steps() const { return steps_; }           // law applications
  const FormLawCounts& fired() const { return fired_; }  // how often each law changed something
  // The facts that were used: a value and the axes that it was summed over.
  using UsedFacts = std::set<std::pair<NodeId, std::vector<AxisId>>>;
  const UsedFacts& used_facts() const { return used_facts_; }
  void forget_uses() { used_facts_.clear(), nonzero_.clear(), sums_.clear(); }  // of facts and conditions
  std::string_view stop() const { return stop_; }        // why the forms are of no use; empty: they are sound
  std::string text(const Polynomial& polynomial) const;  // for people: a very long one is cut off
  std::string text(AtomId atom) const;
  void restart() { stop_ = {}, terms_ = 0; }  // a new budget; counts and conditions go on, unlike after begin()

  // Products and powers.
  Polynomial product(const Polynomial& a, const Polynomial& b);
  Polynomial product(const Monomial& a, const Monomial& b);
  Polynomial settled(Monomial monomial);  // by the laws of its factors
  Polynomial power(const Polynomial& base, const Rational& exponent);

  // Renaming of indices.
  AtomId index_atom(const Polynomial& value);
  AtomId axis_atom(AxisId axis);
  PolynomialId size_of(AxisId axis);
  Polynomial renamed(AtomId atom, const Renaming& renaming);
  Polynomial renamed_anew(AtomId atom, const Renaming& renaming);
  Polynomial renamed(const Monomial& monomial, const Renaming& renaming);
  Polynomial renamed(const Polynomial& polynomial, const Renaming& renaming);
  bool touches(const Monomial& monomial, const Renaming& renaming) const;

  // Sums over indices, which are open: fresh ones, not those of a binder.
  AtomId fresh_index(PolynomialId range);
  Polynomial sum(const Polynomial& polynomial, const std::vector<AtomId>& indices);
  Polynomial sum_over(const Polynomial& polynomial, std::span<const AxisId> axes);
  Polynomial sum_of_term(const Monomial& monomial, const std::vector<AtomId>& indices);
  struct Opened {
    std::vector<AtomId> indices;
    Polynomial body;
  };
  Opened opened(AtomId sum);                                                  // a sum's body under fresh indices
  Opened opened(const Polynomial& polynomial, std::span<const AxisId> axes);  // a form with fresh indices for the axes
  // The sum of what `change` makes of its body.
  Polynomial reopened(AtomId sum, const std::function<Polynomial(const Polynomial&)>& change);

  Polynomial atom_form(AtomId atom) const;
  // A form over a value's axes, at the indices of one of its atoms.
  Polynomial at_indices_of(AtomId value, const Polynomial& form);

  // A sum of two products of exponentials by sigmoid; nothing if the form is none.
  std::optional<Polynomial> as_sigmoid(const Polynomial& p);

  // Whether the index is known to stay within an axis of that size.
  bool in_range(AtomId index, PolynomialId range) const;

 private:
  Polynomial power_of_term(const Monomial& monomial, const Rational& coefficient, const Rational& exponent);
  Rational scale_of(const Polynomial& base, const Rational& exponent) const;
  Polynomial power_of_constant(const Rational& value, const Rational& exponent);
  std::optional<Polynomial> whole_power_of_number(Factor& factor);
  Monomial content(const Polynomial& polynomial, bool positive_alone) const;
  std::optional<std::pair<AtomId, AtomId>> solved(AtomId equal, const std::vector<AtomId>* among = nullptr);

  Polynomial value_of(AtomId atom) const;
  Polynomial sum_of_term_anew(const Monomial& monomial, std::vector<AtomId> indices);
  std::optional<Polynomial> sum_of_shares(const Monomial& monomial, const std::vector<AtomId>& indices);
  std::optional<Polynomial> sum_by_fact(const Monomial& monomial, const std::vector<AtomId>& indices);
  Polynomial sum_of_components(const Monomial& monomial, const std::vector<AtomId>& indices);
  Polynomial reduced(Op op, const Polynomial& polynomial, std::vector<AtomId> indices);
  struct Closed {
    std::vector<AtomId> indices;
    Polynomial body;
  };
  Closed closed(std::vector<AtomId> indices, const Polynomial& body);
  bool chooses(AtomId equality) const;
  Polynomial bound(const Factor& factor, const Renaming& renaming);
  Polynomial bound(const Polynomial& body, const Renaming& renaming);
  void close(std::vector<AtomId> rest, Closed partial, int height, int& budget, std::optional<Closed>& best);

  // Conditions, infinite values and denominators: of proofs alone.
  std::set<AtomId> conditions_of(const std::vector<Polynomial>& operands) const;
  std::optional<Polynomial> by_cases(const std::vector<Polynomial>& operands,
                                     const std::function<Polynomial(const std::vector<Polynomial>&)>& f);
  bool is_whole(const Polynomial& polynomial) const;
  std::optional<Polynomial> by_trichotomy(const Polynomial& difference);
  std::optional<Polynomial> by_equality(const Monomial& monomial);
  std::optional<Polynomial> factor_where(const Factor& factor, AtomId solved, const Polynomial& value);
  std::optional<Polynomial> root_of_square(const Factor& factor, const Rational& exponent);
  AtomId infinity();
  int infinite_sign(const Polynomial& polynomial);
  std::optional<Polynomial> partial_fractions(const Monomial& monomial, const std::vector<AtomId>* indices = nullptr);
  std::optional<Polynomial> fraction_step(const Monomial& monomial, const std::vector<AtomId>* indices);
  std::optional<std::pair<Polynomial, long>> binomial_root(const Polynomial& polynomial);

  // Functions.
  Polynomial exponential(const Polynomial& p);
  Polynomial logarithm(const Polynomial& p);
  Polynomial logarithm_of_number(const mpq_class& value);
  Polynomial function(Op op, std::vector<Polynomial> operands);
  Polynomial opaque(Op op, const std::vector<Polynomial>& operands);
  Polynomial equal(Polynomial difference);
  Polynomial negative(Polynomial difference);

  // Nodes.
  std::vector<NodeId> unknown_below(NodeId node) const;
  Polynomial derive(NodeId node);
  void count(NodeId node);
  Polynomial leaf(NodeId node);
  Polynomial substitution(NodeId node);
  bool stays_symbol(NodeId size) const;
  std::optional<Rational> declared(PolynomialId size) const;
  bool decides(const Node& node) const;
  bool keeps(Op op) const;
  bool is_indicator(const Node& node) const;
  friend class FormText;
  std::string value_name(NodeId node) const;
  std::string leaf_name(const Atom& atom) const;
  std::string bound_name(const Atom& atom) const;

  void step(std::size_t terms = 1);
  void fire(FormLaw law) { ++fired_[static_cast<std::size_t>(law)]; }
  void give_up(std::string_view why) {
    if (stop_.empty()) stop_ = why;
  }
  bool stopped() const { return !stop_.empty(); }

  static constexpr int greatest_power = 64;
  static constexpr std::size_t most_bits = 4096;  // of a coefficient, above or below its line

  struct Fact {
    std::vector<AxisId> axes;
    Polynomial sum;
  };

  const Graph& graph_;
  Unfolding unfolding_;
  bool sizes_open_to_all_;
  Atoms atoms_;
  std::unordered_map<std::uint32_t, std::vector<Fact>> facts_;        // by the value's node
  std::map<std::pair<std::uint32_t, std::uint32_t>, NodeId> leaves_;  // (operation, tag): what the atom stands for
  struct Effort {
    std::set<AtomId> nonzero;
    std::size_t steps = 0;
  };
  struct Known {
    Polynomial form;
    std::set<AtomId> nonzero;
  };

  std::unordered_map<std::uint32_t, Polynomial> forms_;
  std::unordered_map<std::uint32_t, Effort> efforts_;  // what each form took, without those of its operands
  std::map<std::pair<AtomId, std::vector<AtomId>>, Known> renamed_;
  using Summand = std::pair<Monomial, std::vector<AtomId>>;
  struct SummandHash {
    std::size_t operator()(const Summand& summand) const;
  };
  std::unordered_map<Summand, Known, SummandHash> sums_;
  std::map<AxisId, PolynomialId> sizes_;
  std::set<AtomId> nonzero_, nonzero_in_sizes_;
  std::set<NodeId> counted_;  // those whose effort this claim has
  FormLawCounts fired_{};
  UsedFacts used_facts_;
  std::uint32_t fresh_ = 0;
  std::size_t steps_ = 0, terms_ = 0;
  int sizes_open_ = 0, depth_ = 0;
  std::string_view stop_;
};

}  // namespace tenet

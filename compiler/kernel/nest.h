// Builds one kernel: a value, worked out from buffers and other values, as terms over loops. Substitution disappears here:
// replacing an axis is evaluating under another coordinate for it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/elaborate/ranges.h"
#include "compiler/kernel/kernels.h"
#include "compiler/kernel/values.h"

namespace tenet {

// The coordinate of each axis at a point of the nest.
using Coordinates = std::map<AxisId, TermId>;

class Nest {
 public:
  // `buffer_of` gives the buffer of a stored value or input.
  Nest(const Graph& graph, const Sizes& sizes, const Values& values, const std::vector<Buffer>& buffers,
       const std::unordered_map<std::uint32_t, BufferId>& buffer_of)
      : graph_(graph), sizes_(sizes), values_(values), buffers_(buffers), buffer_of_(buffer_of), proofs_(graph, &sizes) {}

  TermId loop(AxisId axis);                                       // a new loop over the axis; its coordinate
  void stand_in(AxisId axis);                                     // a sequence, the next one further in
  std::optional<TermId> place_in_sequence(AxisId axis) const;     // the coordinate, if there is a sequence over the axis
  TermId value(NodeId value, const Coordinates& coordinates);     // loads it if it is stored
  TermId work_out(NodeId value, const Coordinates& coordinates);  // even if it is stored
  TermId apply(Op op, std::vector<TermId> operands);              // converts kinds, folds constants
  TermId as(Kind kind, TermId term);
  TermId load(BufferId buffer, const Coordinates& coordinates);  // the element at the coordinates of the buffer's axes
  TermId whole(std::int64_t number) { return constant(Kind::whole, static_cast<double>(number)); }
  TermId truth(bool holds) { return constant(Kind::truth, holds); }

  const std::vector<Term>& terms() const { return terms_; }
  const WholeRange& range(TermId whole) const { return terms_[index_of(whole)].range; }

  // Whether the index, whose value is `term`, is proved to stay within the axis.
  bool stays_within(NodeId index, TermId term, AxisId axis);
  TermId confined(TermId index, AxisId axis);   // the index, or the nearest one within the axis
  TermId is_within(TermId index, AxisId axis);  // a truth

  // A value that is sure to leave the 64 bits of a whole, or has a constant that double precision does not, and what is worked
  // out of it, innermost first; empty: there is none.
  const std::vector<NodeId>& beyond() const { return beyond_; }
  Kernel finish(std::string name, std::vector<Level> order, std::vector<Store> stores);

 private:
  // quotients.cpp. A quotient of values that are whole, where every part is proved: exact.
  struct Fraction {
    TermId dividend, divisor;
  };

  TermId add(Term term);
  TermId constant(Kind kind, double number);
  TermId whole_constant(const mpz_class& number);
  std::optional<double> constant_of(TermId term) const;
  std::optional<TermId> split_factor(Op op, const std::vector<TermId>& operands);
  TermId quotient(TermId dividend, TermId divisor, bool exact);
  TermId quotient_rounded_down(Fraction fraction);
  std::optional<Fraction> fraction(NodeId value, const Coordinates& coordinates, int depth = 16);
  std::optional<TermId> whole_power(TermId base, NodeId exponent);
  void note_beyond(NodeId whole, const std::vector<TermId>& operands);
  std::optional<TermId> product_with_reciprocal(NodeId product, const Coordinates& coordinates);
  struct Bounds {
    double low, high;
  };
  std::optional<Bounds> bounds(TermId real, int depth = 8) const;
  TermId pointwise(NodeId value, const Coordinates& coordinates);
  TermId reduction(NodeId value, const Coordinates& coordinates);
  TermId substitution(NodeId value, const Coordinates& coordinates);
  TermId reading(NodeId value, const Coordinates& coordinates);

  // Where a substitution looks, and whether it does, per index.
  struct Inside {
    Coordinates coordinates;
    TermId within;
  };
  Inside inside(NodeId substitution, const Coordinates& coordinates);

  const Graph& graph_;
  const Sizes& sizes_;
  const Values& values_;
  const std::vector<Buffer>& buffers_;
  const std::unordered_map<std::uint32_t, BufferId>& buffer_of_;
  Ranges proofs_;
  std::vector<NodeId> beyond_;
  int masked_ = 0;  // branches of `where` around the value that is worked out
  std::vector<Loop> loops_;
  std::vector<std::pair<AxisId, TermId>> sequences_;
  std::vector<Term> terms_;
  std::map<std::vector<std::uint64_t>, TermId> known_;                   // equal terms are one term
  std::map<std::pair<NodeId, std::vector<TermId>>, TermId> worked_out_;  // a value under the coordinates of its axes
};

}  // namespace tenet

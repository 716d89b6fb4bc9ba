// Builds one kernel: a value, worked out from buffers and other values, as terms over loops. Substitution disappears here:
// replacing an axis is evaluating under another coordinate for it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

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
      : graph_(graph), sizes_(sizes), values_(values), buffers_(buffers), buffer_of_(buffer_of) {}

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
  Kernel finish(std::string name, std::vector<LoopId> order, std::vector<Store> stores);

 private:
  TermId add(Term term);
  TermId constant(Kind kind, double number);
  TermId pointwise(NodeId value, const Coordinates& coordinates);
  TermId reduction(NodeId value, const Coordinates& coordinates);
  TermId substitution(NodeId value, const Coordinates& coordinates);
  TermId reading(NodeId value, const Coordinates& coordinates);

  const Graph& graph_;
  const Sizes& sizes_;
  const Values& values_;
  const std::vector<Buffer>& buffers_;
  const std::unordered_map<std::uint32_t, BufferId>& buffer_of_;
  std::vector<Loop> loops_;
  std::vector<std::pair<AxisId, TermId>> sequences_;
  std::vector<Term> terms_;
  std::map<std::vector<std::uint64_t>, TermId> known_;                   // equal terms are one term
  std::map<std::pair<NodeId, std::vector<TermId>>, TermId> worked_out_;  // a value under the coordinates of its axes
};

}  // namespace tenet

// Whether two values are equal, by their normal forms.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/normal_form/normal_form.h"
#include "compiler/prove/replay.h"

namespace tenet {

enum class Decided : std::uint8_t {
  proved,      // equal wherever both are defined and the conditions hold
  difference,  // the normal forms differ: no proof, and by itself no refutation
  stopped,     // a budget ran out, or a value has no normal form
  disagreed    // there is a proof and its replay is against it: a defect, and no proof
};

struct Decision {
  Decided decided;
  std::size_t steps = 0;                // law applications
  std::vector<std::string> conditions;  // what must not be zero
  std::string difference;               // left - right, where the forms differ
  std::string_view stop;                // why it stopped
  Replay replay;                        // of a proof
};

// Decides any number of claims about one graph, which may grow between them. What the claims have in common is worked out once,
// until a budget runs out: then all is forgotten, which may be much. A claim that has no proof without what the graph assumes is
// tried with it: such a proof has that as a condition, and is not replayed, since the points of a replay do not obey assumptions.
class Prover {
 public:
  explicit Prover(const Graph& graph) : graph_(graph) {}
  Prover(const Prover&) = delete;
  Prover& operator=(const Prover&) = delete;

  Decision decide(NodeId left, NodeId right);
  // What becomes of a proof that was made in another way.
  Decision replayed(NodeId left, NodeId right);

 private:
  struct Work {
    explicit Work(const Graph& graph);
    NormalForms forms;
    Replayer replayer;
    std::optional<NormalForms> assuming;
  };
  Work& work();
  Decision decide_by(NormalForms& forms, NodeId left, NodeId right);

  const Graph& graph_;
  std::optional<Work> work_;
};

Decision decide(const Graph& graph, NodeId left, NodeId right);

}  // namespace tenet

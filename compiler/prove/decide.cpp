#include "compiler/prove/decide.h"

#include <algorithm>

#include "compiler/prove/ties.h"

namespace tenet {

Decision Prover::decide(NodeId left, NodeId right) {
  forms_.begin();
  Polynomial difference = forms_.of(left);
  add_to(difference, forms_.of(right), -1);
  std::set<PolynomialId> ties;
  const Polynomial cleared = without_ties(forms_.atoms(), forms_.without_denominators(difference), ties);
  Decision result{Decided::stopped, forms_.steps(), {}, {}, forms_.stop(), {}};
  if (!forms_.stop().empty()) return result;
  if (!cleared.empty()) {
    result.decided = Decided::difference;
    result.difference = forms_.text(difference);
    return result;
  }
  for (AtomId atom : forms_.nonzero()) result.conditions.push_back(forms_.text(atom) + " != 0");
  for (PolynomialId tie : ties) result.conditions.push_back(forms_.text(forms_.atoms()[tie]) + " != 0");
  std::ranges::sort(result.conditions);
  result.replay = replayer_.of(left, right);
  result.decided = result.replay.differs ? Decided::disagreed : Decided::proved;
  return result;
}

Decision Prover::replayed(NodeId left, NodeId right) {
  forms_.begin();
  const Replay replay = replayer_.of(left, right);
  return {replay.differs ? Decided::disagreed : Decided::proved, 0, {}, {}, {}, replay};
}

Decision decide(const Graph& graph, NodeId left, NodeId right) { return Prover(graph).decide(left, right); }

}  // namespace tenet

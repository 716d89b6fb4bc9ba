#include "compiler/prove/decide.h"

#include <algorithm>

#include "compiler/normal_form/facts.h"
#include "compiler/prove/ties.h"

namespace tenet {

Prover::Prover(const Graph& graph) : forms_(graph), replayer_(graph, forms_) {
  if (graph.assumed().empty()) return;
  assuming_.emplace(graph);
  if (!assume_facts(*assuming_, Subjects::all)) assuming_.reset();
}

Decision Prover::decide(NodeId left, NodeId right) {
  Decision result = decide_by(forms_, left, right);
  if (result.decided == Decided::proved) {
    result.replay = replayer_.of(left, right);
    if (result.replay.differs) result.decided = Decided::disagreed;
  } else if (assuming_) {
    result = decide_by(*assuming_, left, right);
    if (result.decided == Decided::proved) result.conditions.emplace_back("what the program assumes holds");
  }
  return result;
}

Decision Prover::decide_by(NormalForms& forms, NodeId left, NodeId right) {
  forms.begin();
  Polynomial difference = forms.of(left);
  add_to(difference, forms.of(right), -1);
  std::set<PolynomialId> ties;
  const Polynomial cleared = without_ties(forms.atoms(), forms.without_denominators(difference), ties);
  Decision result{Decided::stopped, forms.steps(), {}, {}, forms.stop(), {}};
  if (!forms.stop().empty()) return result;
  if (!cleared.empty()) {
    result.decided = Decided::difference;
    result.difference = forms.text(difference);
    return result;
  }
  result.decided = Decided::proved;
  for (AtomId atom : forms.nonzero()) result.conditions.push_back(forms.text(atom) + " != 0");
  for (PolynomialId tie : ties) result.conditions.push_back(forms.text(forms.atoms()[tie]) + " != 0");
  std::ranges::sort(result.conditions);
  return result;
}

Decision Prover::replayed(NodeId left, NodeId right) {
  forms_.begin();
  const Replay replay = replayer_.of(left, right);
  return {replay.differs ? Decided::disagreed : Decided::proved, 0, {}, {}, {}, replay};
}

Decision decide(const Graph& graph, NodeId left, NodeId right) { return Prover(graph).decide(left, right); }

}  // namespace tenet

#include "compiler/prove/decide.h"

#include <algorithm>

#include "compiler/normal_form/facts.h"
#include "compiler/prove/ties.h"

namespace tenet {

Prover::Work::Work(const Graph& graph) : forms(graph), replayer(graph, forms) {
  if (graph.assumed().empty()) return;
  assuming.emplace(graph);
  if (!assume_facts(*assuming, Subjects::all)) assuming.reset();
}

Prover::Work& Prover::work() {
  if (!work_) work_.emplace(graph_);
  return *work_;
}

Decision Prover::decide(NodeId left, NodeId right) {
  Work& now = work();
  Decision result = decide_by(now.forms, left, right);
  if (result.decided == Decided::proved) {
    result.replay = now.replayer.of(left, right);
    if (result.replay.differs) result.decided = Decided::disagreed;
  } else if (now.assuming) {
    result = decide_by(*now.assuming, left, right);
    if (result.decided == Decided::proved) result.conditions.emplace_back("what the program assumes holds");
  }
  if (result.decided == Decided::stopped) work_.reset();
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
  work().forms.begin();
  const Replay replay = work().replayer.of(left, right);
  return {replay.differs ? Decided::disagreed : Decided::proved, 0, {}, {}, {}, replay};
}

Decision decide(const Graph& graph, NodeId left, NodeId right) { return Prover(graph).decide(left, right); }

}  // namespace tenet

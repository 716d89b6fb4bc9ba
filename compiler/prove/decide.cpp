#include "compiler/prove/decide.h"

#include <algorithm>

namespace tenet {

Decision Prover::decide(NodeId left, NodeId right) {
  forms_.begin();
  Polynomial difference = forms_.of(left);
  add_to(difference, forms_.of(right), -1);
  difference = forms_.without_denominators(std::move(difference));
  Decision result{Decided::stopped, forms_.steps(), {}, {}, forms_.stop()};
  if (!forms_.stop().empty()) return result;
  if (!difference.empty()) {
    result.decided = Decided::difference;
    result.difference = forms_.text(difference);
    return result;
  }
  result.decided = Decided::proved;
  for (AtomId atom : forms_.nonzero()) result.conditions.push_back(forms_.text(atom) + " != 0");
  std::ranges::sort(result.conditions);
  return result;
}

Decision decide(const Graph& graph, NodeId left, NodeId right) { return Prover(graph).decide(left, right); }

}  // namespace tenet

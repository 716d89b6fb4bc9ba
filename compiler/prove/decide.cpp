#include "compiler/prove/decide.h"

#include <algorithm>

#include "compiler/normal_form/normal_form.h"

namespace tenet {

Decision decide(const Graph& graph, NodeId left, NodeId right) {
  NormalForms forms(graph);
  Polynomial difference = forms.of(left);
  add_to(difference, forms.of(right), -1);
  difference = forms.without_denominators(std::move(difference));
  Decision result{Decided::stopped, forms.steps(), {}, {}, forms.stop()};
  if (!forms.stop().empty()) return result;
  if (!difference.empty()) {
    result.decided = Decided::difference;
    result.difference = forms.text(difference);
    return result;
  }
  result.decided = Decided::proved;
  for (AtomId atom : forms.nonzero()) result.conditions.push_back(forms.text(atom) + " != 0");
  std::ranges::sort(result.conditions);
  return result;
}

}  // namespace tenet

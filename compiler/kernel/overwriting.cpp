#include "compiler/kernel/overwriting.h"

#include <algorithm>
#include <utility>

namespace tenet {
namespace {

bool reads(const Kernel& kernel, BufferId buffer) {
  return std::ranges::any_of(kernel.terms,
                             [&](const Term& term) { return term.kind == Term::Kind::load && term.buffer == buffer; });
}

// Every read of the buffer is of the element that is then written.
bool in_place(const Kernel& kernel, BufferId buffer) {
  return std::ranges::all_of(kernel.terms, [&](const Term& term) {
    return term.kind != Term::Kind::load || term.buffer != buffer || term.operands == kernel.stores[0].indices;
  });
}

}  // namespace

std::vector<Overwriting> in_order(std::vector<Overwriting> all) {
  for (Overwriting& one : all) one.waits = !in_place(one.kernel, one.target);
  const auto direct = std::ranges::stable_partition(all, &Overwriting::waits);
  std::vector<Overwriting> left(std::make_move_iterator(direct.begin()), std::make_move_iterator(direct.end()));
  all.erase(direct.begin(), direct.end());
  while (!left.empty()) {
    auto next = std::ranges::find_if(left, [&](const Overwriting& one) {
      return std::ranges::none_of(left,
                                  [&](const Overwriting& other) { return &other != &one && reads(other.kernel, one.target); });
    });
    if (next == left.end()) {
      next = left.begin();
      next->waits = true;
    }
    all.push_back(std::move(*next));
    left.erase(next);
  }
  return all;
}

}  // namespace tenet

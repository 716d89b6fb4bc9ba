// Several computations in one arena: an input of more than one of them has one place, and the memory for what each works out on
// the way is shared.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "compiler/kernel/kernels.h"

namespace tenet {

// One of the computations: its kernels are those from `begin` to `end` - 1.
struct Part {
  std::size_t begin = 0, end = 0;
  std::vector<BufferId> buffers;  // what its own buffers became
};

struct Joined {
  Kernels kernels;  // `loss` and `draws` are empty: they are each computation's own
  std::vector<Part> parts;
};

// The computations have one graph and agree in the sizes of what they share. Nothing if the sizes overflow.
std::optional<Joined> join(std::span<const Kernels> computations);

}  // namespace tenet

// The functions that compiled code may call: the draw of a batch, and what code generation itself may call. Nothing else of
// this process is visible to compiled code.
#pragma once

#include <span>

namespace tenet {

struct CallableSymbol {
  const char* name;
  void* address;
};

std::span<const CallableSymbol> symbols();

}  // namespace tenet

#include "compiler/native/symbols.h"

#include <cmath>
#include <cstring>

#include "runtime/abi.h"

namespace tenet {

namespace {

template <class Result, class... Arguments>
void* address(Result (*function)(Arguments...)) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

std::span<const CallableSymbol> symbols() {
  using Fill = void* (*)(void*, int, std::size_t);
  using Copy = void* (*)(void*, const void*, std::size_t);
  using Unary = float (*)(float);
  using Ternary = float (*)(float, float, float);
  static const CallableSymbol table[] = {
      {"tenet_draw_batch", address(&tenet_draw_batch)},
      {"tenet_barrier", address(&tenet_barrier)},
      {"memset", address(static_cast<Fill>(&std::memset))},
      {"memcpy", address(static_cast<Copy>(&std::memcpy))},
      {"memmove", address(static_cast<Copy>(&std::memmove))},
      // Only on machines without the instructions (before SSE 4.1 and FMA).
      {"fmaf", address(static_cast<Ternary>(&::fmaf))},
      {"floor", address(static_cast<double (*)(double)>(&::floor))},
      {"floorf", address(static_cast<Unary>(&::floorf))},
      {"nearbyintf", address(static_cast<Unary>(&::nearbyintf))},
  };
  return table;
}

}  // namespace tenet

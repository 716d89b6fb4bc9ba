// Tells on standard error how far a check is; nothing in the first second.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string_view>

#include "runtime/progress.h"

namespace tenet {

class Waiting {
 public:
  Waiting() = default;
  ~Waiting() { line_.end(); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  // "gradients: 3 / 40, W"
  void operator()(std::string_view part, std::size_t number, std::size_t of, std::string_view name) {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    if (line_.due(seconds)) line_.show(seconds, fmt::format("{}: {} / {}, {}", part, number, of, name));
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
  ProgressLine line_;
};

}  // namespace tenet

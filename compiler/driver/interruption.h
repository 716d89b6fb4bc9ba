// Ctrl-C (and a polite request to end) as a flag that the trainer looks at. A second one ends the process at once.
#pragma once

#include <csignal>

namespace tenet {

class Interruption {
 public:
  Interruption();   // listens
  ~Interruption();  // what was there before
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  const volatile std::sig_atomic_t* flag() const;
};

}  // namespace tenet

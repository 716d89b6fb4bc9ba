// Ctrl-C (and a polite request to end): while there is something to save a flag that the trainer looks at, and a second one ends
// the process at once; else it ends the process at once with status 0, by some last words.
#pragma once

#include <csignal>
#include <string>

namespace tenet {

class Interruption {
 public:
  explicit Interruption(std::string last_words);  // ends at once
  ~Interruption();                                // from then on it ends the process without a word
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  const volatile std::sig_atomic_t* flag() const;  // from now on it is looked at
  void end_at_once(std::string last_words);        // and now, if it is set

 private:
  std::string last_words_;
};

}  // namespace tenet

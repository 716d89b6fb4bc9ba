// The line that tells how a training goes.
#pragma once

#include <cstdio>
#include <string>

#include "runtime/trainer.h"

namespace tenet {

// " 31,000 / 200,000  loss 2.2913  8,312 steps/s  20 s left"
std::string format(const TrainingReport& report);

// On a terminal: one line, rewritten ten times a second. Elsewhere: a plain line every few seconds. Nothing in the first second.
class Progress {
 public:
  explicit Progress(std::FILE* stream = stderr);
  Progress(std::FILE* stream, bool terminal) : stream_(stream), terminal_(terminal) {}
  void operator()(const TrainingReport& report);
  void end();  // ends the line, so that other output may follow; call before anything else is printed

 private:
  std::FILE* stream_;
  bool terminal_;
  double last_ = 0;        // report.seconds at the last line
  std::size_t width_ = 0;  // of the line that stands on the terminal
};

}  // namespace tenet

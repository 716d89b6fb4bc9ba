// The line that tells how something long goes: a training, a check.
#pragma once

#include <cstdio>
#include <string>

#include "runtime/trainer.h"

namespace tenet {

// " 31,000 / 200,000  loss 2.2913  8,312 steps/s  20 s left"
std::string format(const TrainingReport& report);

// On a terminal: one line, rewritten ten times a second. Elsewhere: a plain line every few seconds. Nothing in the first second.
class ProgressLine {
 public:
  explicit ProgressLine(std::FILE* stream = stderr);
  ProgressLine(std::FILE* stream, bool terminal) : stream_(stream), terminal_(terminal) {}
  bool due(double seconds) const;  // since the start
  void show(double seconds, const std::string& line);
  void end();  // ends the line, so that other output may follow; call before anything else is printed

 private:
  std::FILE* stream_;
  bool terminal_;
  double last_ = 0;        // seconds at the last line
  std::size_t width_ = 0;  // of the line that stands on the terminal
};

class Progress {
 public:
  explicit Progress(std::FILE* stream = stderr) : line_(stream) {}
  Progress(std::FILE* stream, bool terminal) : line_(stream, terminal) {}
  void operator()(const TrainingReport& report) {
    if (line_.due(report.seconds)) line_.show(report.seconds, format(report));
  }
  void end() { line_.end(); }

 private:
  ProgressLine line_;
};

}  // namespace tenet

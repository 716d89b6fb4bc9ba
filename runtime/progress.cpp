#include "runtime/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace tenet {

namespace {

// "1,234,567"
std::string grouped(std::int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::clamp(std::ceil(seconds), 0.0, 1e9));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

}  // namespace

std::string format(const TrainingReport& report) {
  const std::string total = grouped(report.steps);
  std::string line = fmt::format("{:>{}} / {}  loss {:.4f}", grouped(report.step), total.size(), total, report.mean_loss);
  if (report.steps_per_second > 0) {
    const double rate = report.steps_per_second;
    line += rate < 10 ? fmt::format("  {:.2f} steps/s", rate) : fmt::format("  {} steps/s", grouped(std::llround(rate)));
    line += fmt::format("  {} left", duration(static_cast<double>(report.steps - report.step) / rate));
  }
  return line;
}

ProgressLine::ProgressLine(std::FILE* stream) : ProgressLine(stream, isatty(fileno(stream)) == 1) {}

bool ProgressLine::due(double seconds) const {
  const double between = terminal_ ? 0.1 : 5.0;
  return seconds >= 1 && (last_ == 0 || seconds - last_ >= between);
}

void ProgressLine::show(double seconds, const std::string& line) {
  last_ = seconds;
  // The rest of a longer line before is overwritten with spaces.
  if (terminal_)
    fmt::print(stream_, "\r{:<{}}", line, width_);
  else
    fmt::print(stream_, "{}\n", line);
  std::fflush(stream_);
  width_ = line.size();
}

void ProgressLine::end() {
  if (terminal_ && width_ > 0) fmt::print(stream_, "\n");
  std::fflush(stream_);
  width_ = 0;
}

}  // namespace tenet

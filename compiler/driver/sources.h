// Reading what a program's source names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "compiler/driver/outcome.h"
#include "compiler/elaborate/program.h"
#include "runtime/dataset.h"
#include "runtime/split.h"

namespace tenet {

// What reading needs to know besides the source.
struct Reading {
  const Program& program;
  std::vector<std::filesystem::path> files;
  SplitOptions split;
  std::vector<std::string> alphabet;  // of a run; empty: the files' own
  Sizes sizes;                        // those that are known before the data are

  const DataSource& source() const { return *program.train->source; }
  const std::string& name(AxisId axis) const { return program.graph.axis(axis).name; }
  const std::string& name(const SourceColumn& column) const { return program.graph.input(column.input).name; }
};

struct Loaded {
  SplitData data;
  std::vector<std::string> alphabet;  // empty: the source has none
  std::uint64_t fingerprint = 0;      // of the items
};

// Failure: what is wrong with a file, and where.
Outcome<Loaded> read_data(const Reading& reading);

// The axis along which letters follow one another has no size: the source does not give it one.
bool wants_positions(const DataSource& source);

}  // namespace tenet

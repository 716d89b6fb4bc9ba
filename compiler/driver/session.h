// One program with its data and sizes, as a sub-command works with it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "compiler/driver/fixed.h"
#include "compiler/driver/options.h"
#include "compiler/driver/outcome.h"
#include "runtime/dataset.h"
#include "runtime/run_facts.h"

namespace tenet {

constexpr std::int64_t small_size = 3;  // of an open axis, where any size does

struct Session {
  Options options;
  std::string text;              // of the program
  std::string name;              // of the program, without folder and extension
  std::filesystem::path folder;  // that the program's paths are relative to
  std::uint64_t seed = Options::default_seed;
  Diagnostics diagnostics;
  std::uint32_t file = 0;  // of the program, among the diagnostics' sources
  std::optional<Program> program;
  StageTimes times;
  Sizes sizes;               // the axis of items is as long as a batch
  bool whole_split = false;  // a batch is the whole training split

  std::vector<std::filesystem::path> data_files;
  std::vector<std::string> alphabet;
  std::uint64_t data_fingerprint = 0;
  Dataset dataset;
  std::vector<FixedData> fixed;
  std::vector<Items> splits;  // train, validation, test, as many as the recipe has

  Graph& graph() { return program->graph; }
  const Train& recipe() const { return *program->train; }
  bool has_source() const { return program->train && program->train->source; }
  bool is_filled(InputId data) const;  // by what was read from files
};

inline constexpr std::string_view split_names[] = {"train", "validation", "test"};

// Reads the program's text, and no more.
Outcome<std::unique_ptr<Session>> open_text(const Options& options);

// Reads and elaborates the program. Its diagnostics are printed; an error among them gives status 2.
Outcome<std::unique_ptr<Session>> open_program(const Options& options);

// A failure if the program has no recipe: says what `command` wants one for.
Outcome<void> want_recipe(Session& session, std::string_view command);
Outcome<void> want_sample(Session& session, std::string_view command);

// Reads the data that the recipe names (or `--data`: a file, or a folder with files of these names where there are several),
// closes the sizes, splits. With a run: open sizes are the run's, and letters have to be among its alphabet. Where the recipe has
// no source, or there is no recipe: closes the sizes only, open ones by `open_default` if it is above 0.
Outcome<void> load_data(Session& session, const RunFacts* run = nullptr, std::int64_t open_default = 0);

// A failure if the recipe has no source and the loss reads data that the program does not load: says what `command` lacks.
Outcome<void> want_filled_data(const Session& session, std::string_view command);

// Closes the sizes without data; axes that stay open are small.
Outcome<void> close_given_sizes(Session& session);

// Closes the sizes without data, as a run had them: `sample` needs no data file.
Outcome<void> close_sizes_for(Session& session, const RunFacts& run);

// The sizes with `items` items instead of a batch, as evaluation over a split has them. Indices that read sizes are checked
// again.
Outcome<Sizes> sizes_with_items(Session& session, std::int64_t items);

// Of the file that the span is in, from 1.
int line_of(const Session& session, Span span);

// What the numbers of a run of this program depend on.
RunFacts facts_of(const Session& session);

// To standard error.
void say(const std::string& message);             // "tenet: message"
Outcome<void> diagnosed(const Session& session);  // prints the diagnostics; status 2 if there are errors

}  // namespace tenet

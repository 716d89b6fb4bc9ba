#include "compiler/driver/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "compiler/driver/assumptions.h"
#include "compiler/driver/hyperparameters.h"
#include "compiler/driver/labels.h"
#include "compiler/driver/sources.h"
#include "compiler/plan/meaning.h"
#include "runtime/atomic_file.h"
#include "runtime/fingerprint.h"
#include "runtime/threads.h"

namespace tenet {
namespace {

constexpr int most_by_default = 8;  // threads
constexpr std::size_t largest_program = std::size_t{64} << 20;

Outcome<std::string> read_program_text(const std::string& file) {
  if (file != "-") {
    auto text = read_file(file);
    if (!text) return failed(file + ": " + text.error());
    return std::move(*text);
  }
  std::string text;
  char block[65536];
  while (std::size_t count = std::fread(block, 1, sizeof block, stdin)) {
    text.append(block, count);
    if (text.size() > largest_program) return failed("standard input: the program is larger than 64 MB");
  }
  if (std::ferror(stdin)) return failed("standard input cannot be read");
  return text;
}

std::expected<std::string, std::string> read_imported(const std::string& file) { return read_file(file); }

// What is known without closing all: given, or an expression in those.
Sizes known_sizes(const Program& program, const std::map<std::string, std::int64_t>& given) {
  Sizes known;
  for (const auto& [name, id] : program.axes)
    if (auto size = given.find(name); size != given.end()) known.set(id, size->second);
  AxisId unused{};
  known.complete(program.graph, &unused);
  return known;
}

// The sizes that the command line, the recipe and the run give.
std::map<std::string, std::int64_t> given_sizes(Session& session, const RunFacts* run) {
  std::map<std::string, std::int64_t> given = session.options.sizes;
  if (!session.has_source()) return given;
  Train& train = *session.program->train;
  const AxisId items = train.source->items;
  const Axis& axis = session.graph().axis(items);
  if (auto size = given.find(axis.name); size != given.end()) train.batch = size->second;
  if (train.batch && !axis.size) given[axis.name] = *train.batch;
  if (!run) return given;
  for (const auto& [name, id] : session.program->axes)
    if (auto size = run->sizes.find(name); size != run->sizes.end() && !session.graph().axis(id).size)
      given.try_emplace(name, size->second);
  return given;
}

// The axis of that name, of the input's.
AxisId axis_named(const Graph& graph, const Input& input, const std::string& name) {
  return *std::ranges::find(input.axes, name, [&](AxisId axis) { return graph.axis(axis).name; });
}

// The sizes that the data have for axes that are open.
void add_sizes_of_data(const Session& session, std::map<std::string, std::int64_t>& given) {
  const Graph& graph = session.program->graph;
  const DataSource& source = *session.recipe().source;
  std::map<std::string, std::int64_t> found;
  const auto add = [&](AxisId axis, std::int64_t size) {
    if (!graph.axis(axis).size) found[graph.axis(axis).name] = std::max(found[graph.axis(axis).name], size);
  };
  if (source.alphabet) add(*source.alphabet, static_cast<std::int64_t>(session.alphabet.size()));
  for (std::size_t i = 0; i < session.dataset.columns.size(); ++i) {
    const Column& column = session.dataset.columns[i];
    const Input& input = graph.input(source.columns[i].input);
    for (std::size_t j = 0; j < column.axes.size(); ++j) add(axis_named(graph, input, column.axes[j]), column.extents[j]);
    if (input.typed_by && column.largest >= 0) add(*input.typed_by, column.largest + 1);
  }
  given.insert(found.begin(), found.end());
}

// Whether the data have the program's sizes, and their whole numbers are coordinates.
Outcome<void> check_columns(Session& session) {
  const Graph& graph = session.program->graph;
  const DataSource& source = *session.recipe().source;
  for (std::size_t i = 0; i < session.dataset.columns.size(); ++i) {
    const Column& column = session.dataset.columns[i];
    const Input& input = graph.input(source.columns[i].input);
    for (std::size_t j = 0; j < column.axes.size(); ++j) {
      const std::int64_t size = session.sizes[axis_named(graph, input, column.axes[j])];
      if (size != column.extents[j])
        session.diagnostics.report(Message::data_size_differs, source.span, column.axes[j], size, column.input,
                                   column.extents[j]);
    }
    if (input.typed_by && column.largest >= session.sizes[*input.typed_by])
      return failed(fmt::format("{}: {} is no coordinate of axis `{}`, which has the size {}", column.largest_at, column.largest,
                                graph.axis(*input.typed_by).name, session.sizes[*input.typed_by]));
  }
  return diagnosed(session);
}

Outcome<void> close(Session& session, const std::map<std::string, std::int64_t>& given, std::int64_t open_default = 0) {
  auto sizes = close_sizes(*session.program, session.diagnostics, given, open_default);
  if (!sizes) {
    auto said = diagnosed(session);
    return said ? wrong("the sizes of the program's axes cannot be closed") : said;
  }
  session.sizes = std::move(*sizes);
  if (auto fits = fit(session.fixed, session.graph(), session.sizes, session.diagnostics); !fits) return fits;
  if (auto said = diagnosed(session); !said || !session.program->train) return said;
  return check_hyperparameters(session);
}

// Data that the program loads by themselves, before the sizes are closed; they belong to what a run's numbers depend on.
Outcome<void> load_fixed(Session& session, std::map<std::string, std::int64_t>& given) {
  auto fixed = read_fixed(*session.program, session.folder);
  if (!fixed) return std::unexpected(fixed.error());
  session.fixed = std::move(*fixed);
  add_sizes_of(session.fixed, session.graph(), given);
  return {};
}

Outcome<void> check_alphabet(Session& session) {
  const DataSource& source = *session.recipe().source;
  if (!source.alphabet) return {};
  const std::int64_t size = session.sizes[*source.alphabet];
  const std::size_t letters = session.alphabet.size();
  if (static_cast<std::int64_t>(letters) <= size) return {};
  const std::string file = session.data_files.empty() ? "the run" : session.data_files[0].string();
  session.diagnostics.report(Message::alphabet_too_large, source.span, session.graph().axis(*source.alphabet).name, size, file,
                             letters, source.kind == SourceKind::text ? "" : ", `.` included");
  return diagnosed(session);
}

// The files that are read: of the program, or of `--data` instead.
Outcome<std::vector<std::filesystem::path>> files_of(const Session& session) {
  const DataSource& source = *session.recipe().source;
  std::vector<std::filesystem::path> files;
  for (const std::string& file : source.files) files.push_back(session.folder / file);
  if (!session.options.data) return files;
  const std::filesystem::path instead = *session.options.data;
  if (files.size() == 1) return std::vector{instead};
  std::error_code ignored;
  if (!std::filesystem::is_directory(instead, ignored))
    return failed(instead.string() + ": the program's source has several files, so --data takes a folder that holds their like");
  for (std::filesystem::path& file : files) file = instead / file.filename();
  return files;
}

}  // namespace

void say(const std::string& message) {
  std::fflush(stdout);
  fmt::print(stderr, "tenet: {}\n", message);
}

Outcome<void> diagnosed(const Session& session) {
  const std::string text = session.diagnostics.render(isatty(STDERR_FILENO) != 0);
  if (!session.diagnostics.has_errors()) return {};
  fmt::print(stderr, "{}", text);
  return std::unexpected(Failure{Status::wrong, {}});
}

bool Session::is_filled(InputId data) const {
  if (!splits.empty() && recipe().source->fills(data)) return true;
  return std::ranges::find(fixed, data, &FixedData::input) != fixed.end();
}

Outcome<std::unique_ptr<Session>> open_text(const Options& options) {
  auto session = std::make_unique<Session>();
  session->options = options;
  session->seed = options.seed.value_or(Options::default_seed);
  if (!options.processor.empty())
    if (auto set = set_processor(options.processor); !set) return wrong(set.error());
  set_threads(options.threads > 0 ? static_cast<int>(options.threads) : std::min(available_threads(), most_by_default));
  auto text = read_program_text(options.file);
  if (!text) return std::unexpected(text.error());
  session->text = std::move(*text);
  const bool piped = options.file == "-";
  session->name = piped ? "program" : std::filesystem::path(options.file).stem().string();
  session->folder = piped ? std::filesystem::path() : std::filesystem::path(options.file).parent_path();
  session->file = session->diagnostics.add_source(options.file, session->text);
  return session;
}

Outcome<std::unique_ptr<Session>> open_program(const Options& options) {
  auto opened = open_text(options);
  if (!opened) return opened;
  Session& session = **opened;
  session.program = program_of(session.diagnostics, session.file, read_imported, session.times);
  if (auto said = diagnosed(session); !said) return std::unexpected(said.error());
  if (!session.program) return wrong(options.file + ": this is not a program");
  const Program& program = *session.program;
  if (program.axes.empty() && program.definitions.empty() && program.parameters.empty() && program.claims.empty())
    return wrong(options.file + ": the program is empty: it defines nothing");
  return opened;
}

Outcome<void> want_recipe(Session& session, std::string_view command) {
  if (session.program->train) return {};
  session.diagnostics.report(Message::recipe_wanted, Span{session.file, 0, 0}, command);
  return diagnosed(session);
}

Outcome<void> want_sample(Session& session, std::string_view command) {
  if (session.program->sample) return {};
  session.diagnostics.report(Message::sample_wanted, Span{session.file, 0, 0}, command);
  return diagnosed(session);
}

Outcome<void> load_data(Session& session, const RunFacts* run, std::int64_t open_default) {
  std::map<std::string, std::int64_t> given = given_sizes(session, run);
  if (auto loaded = load_fixed(session, given); !loaded) return loaded;
  if (!session.has_source()) {
    if (session.options.data) return wrong("--data: the program names no source of data that this could stand in for");
    if (auto closed = close(session, given, open_default); !closed) return closed;
    return check_assumptions(session);
  }
  const Train& train = session.recipe();
  const DataSource& source = *train.source;
  const Graph& graph = session.graph();
  auto files = files_of(session);
  if (!files) return std::unexpected(files.error());
  session.data_files = std::move(*files);
  Reading reading{*session.program,
                  session.data_files,
                  {train.split, train.split_seed, train.shuffle},
                  {},
                  known_sizes(*session.program, given)};
  if (run) reading.alphabet = run->alphabet;
  if (wants_positions(source) && reading.sizes[*source.positions] == 0) {  // closing says which axis is open
    for (AxisId axis : {source.items, *source.alphabet}) given.try_emplace(graph.axis(axis).name, 1);
    if (auto closed = close(session, given); !closed) return closed;
    return wrong("the axis `" + graph.axis(*source.positions).name + "` has no size");
  }
  auto loaded = read_data(reading);
  if (!loaded) return std::unexpected(loaded.error());
  session.alphabet = std::move(loaded->alphabet);
  session.data_fingerprint = loaded->fingerprint;
  session.dataset = std::move(loaded->data.dataset);
  session.splits = std::move(loaded->data.splits);
  const std::map<std::string, std::int64_t> asked = given;
  add_sizes_of_data(session, given);
  const Axis& item = graph.axis(source.items);
  session.whole_split = !train.batch && !item.size;
  if (session.whole_split) given[item.name] = session.splits[0].size();
  if (auto closed = close(session, given); !closed) return closed;
  if (auto fits = check_alphabet(session); !fits) return fits;
  if (auto fits = check_columns(session); !fits) return fits;
  if (auto fits = check_labels(session, asked); !fits) return fits;
  return check_assumptions(session);
}

Outcome<void> want_filled_data(const Session& session, std::string_view command) {
  if (session.has_source()) return {};
  const std::vector<NodeId> read = session.program->graph.all_below(std::span(&session.program->train->loss, 1));
  for (const DataInput& data : session.program->data)
    if (std::ranges::binary_search(read, data.node) && !session.is_filled(data.input))
      return wrong(fmt::format("{}: the loss reads the data `{}`, and the recipe has no `from` that gives them", command,
                               session.program->graph.input(data.input).name));
  return {};
}

Outcome<void> close_given_sizes(Session& session) { return close(session, given_sizes(session, nullptr), small_size); }

Outcome<void> close_sizes_for(Session& session, const RunFacts& run) {
  std::map<std::string, std::int64_t> given = given_sizes(session, &run);
  if (auto loaded = load_fixed(session, given); !loaded) return loaded;
  session.alphabet = run.alphabet;
  add_sizes_of_data(session, given);
  const Axis& item = session.graph().axis(session.recipe().source->items);
  if (!item.size) given.try_emplace(item.name, 1);
  if (auto closed = close(session, given); !closed) return closed;
  return check_alphabet(session);
}

Outcome<Sizes> sizes_with_items(Session& session, std::int64_t items) {
  Graph& graph = session.graph();
  std::map<std::string, std::int64_t> given;
  for (const auto& [name, axis] : session.program->axes)
    if (!graph.axis(axis).size && session.sizes[axis] > 0) given[name] = session.sizes[axis];
  const AxisId axis = session.recipe().source->items;
  const std::optional<NodeId> own = graph.axis(axis).size;
  if (own)
    graph.set_size(axis, graph.constant(static_cast<long>(items)));
  else
    given[graph.axis(axis).name] = items;
  auto sizes = close_sizes(*session.program, session.diagnostics, given);
  if (own) graph.set_size(axis, *own);
  if (sizes) return std::move(*sizes);
  say("with the " + std::to_string(items) + " items of a whole split:");
  auto said = diagnosed(session);
  if (!said) return std::unexpected(said.error());
  return wrong("the sizes do not come out");
}

int line_of(const Session& session, Span span) {
  const std::string& text = session.diagnostics.source(span.file).text;
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + span.begin, '\n'));
}

RunFacts facts_of(const Session& session) {
  RunFacts facts;
  facts.program = run_fingerprint(*session.program);
  facts.seed = session.seed;
  for (const auto& [name, axis] : session.program->axes)
    if (!session.has_source() || axis != session.recipe().source->items) facts.sizes[name] = session.sizes[axis];
  facts.alphabet = session.alphabet;
  facts.data = session.data_fingerprint;
  for (const FixedData& data : session.fixed) {
    Fingerprint fingerprint;
    fingerprint.add(data.name);
    fingerprint.add(std::as_bytes(std::span(data.value.values)));
    facts.data ^= fingerprint.value();
  }
  return facts;
}

}  // namespace tenet

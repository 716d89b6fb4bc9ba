#include "compiler/driver/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "compiler/driver/assumptions.h"
#include "compiler/plan/meaning.h"
#include "runtime/atomic_file.h"

namespace tenet {
namespace {

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

// The size of `axis` from what is known without closing all: given, or an expression in those. 0: open.
std::int64_t size_of(const Graph& graph, const std::vector<std::pair<std::string, AxisId>>& axes,
                     const std::map<std::string, std::int64_t>& given, AxisId axis) {
  Sizes partial;
  for (const auto& [name, id] : axes)
    if (auto size = given.find(name); size != given.end()) partial.set(id, size->second);
  AxisId unused{};
  partial.complete(graph, &unused);
  return partial[axis];
}

// The sizes that the command line and the recipe give.
std::map<std::string, std::int64_t> given_sizes(Session& session) {
  std::map<std::string, std::int64_t> given = session.options.sizes;
  if (!session.has_source()) return given;
  Train& train = *session.program->train;
  const AxisId items = train.source->items;
  const Axis& axis = session.graph().axis(items);
  if (auto size = given.find(axis.name); size != given.end()) train.batch = size->second;
  if (train.batch && !axis.size) given[axis.name] = *train.batch;
  return given;
}

Outcome<void> close(Session& session, const std::map<std::string, std::int64_t>& given, std::int64_t open_default = 0) {
  auto sizes = close_sizes(*session.program, session.diagnostics, given, open_default);
  if (!sizes) {
    auto said = diagnosed(session);
    return said ? wrong("the sizes of the program's axes cannot be closed") : said;
  }
  session.sizes = std::move(*sizes);
  return {};
}

Outcome<void> check_alphabet(Session& session, std::size_t letters) {
  const LettersSource& source = *session.recipe().source;
  const std::int64_t size = session.sizes[source.alphabet];
  if (static_cast<std::int64_t>(letters) <= size) return {};
  session.diagnostics.report(Message::alphabet_too_large, source.span, session.graph().axis(source.alphabet).name, size,
                             session.data_file.string(), letters);
  return diagnosed(session);
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

PairInputs Session::pair_inputs() const {
  const LettersSource& source = *recipe().source;
  const Graph& graph = program->graph;
  return {graph.input(source.window).name, graph.input(source.next).name, graph.axis(source.items).name,
          graph.axis(source.positions).name};
}

Outcome<std::unique_ptr<Session>> open_text(const Options& options) {
  auto session = std::make_unique<Session>();
  session->options = options;
  session->seed = options.seed.value_or(Options::default_seed);
  if (options.threads > 1) say("this version runs on one thread; the numbers do not depend on it");
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

Outcome<void> load_data(Session& session, const std::vector<std::string>& alphabet, std::int64_t open_default) {
  std::map<std::string, std::int64_t> given = given_sizes(session);
  if (!session.has_source()) {
    if (session.options.data) return wrong("--data: the program names no source of data that this could stand in for");
    if (auto closed = close(session, given, open_default); !closed) return closed;
    return check_assumptions(session);
  }
  const Train& train = session.recipe();
  const LettersSource& source = *train.source;
  const Graph& graph = session.graph();
  session.data_file = session.options.data ? std::filesystem::path(*session.options.data) : session.folder / source.path;
  auto letters = read_letters(session.data_file, alphabet);
  if (!letters) return failed(format(letters.error(), session.data_file));
  session.alphabet = letters->alphabet;
  session.data_fingerprint = letters->fingerprint;

  const Axis& letter = graph.axis(source.alphabet);
  if (!letter.size) given.try_emplace(letter.name, static_cast<std::int64_t>(letters->alphabet.size()));
  const std::int64_t positions = size_of(graph, session.program->axes, given, source.positions);
  if (positions == 0) {  // closing says which axis is open
    given.try_emplace(graph.axis(source.items).name, 1);
    if (auto closed = close(session, given); !closed) return closed;
    return wrong("the axis `" + graph.axis(source.positions).name + "` has no size");
  }
  auto splits = split_pairs(*letters, train.split, train.split_seed, positions);
  if (!splits) return failed(format(splits.error(), session.data_file));
  session.splits = std::move(*splits);
  const Axis& item = graph.axis(source.items);
  session.whole_split = !train.batch && !item.size;
  if (session.whole_split) given[item.name] = session.splits[0].size();
  if (auto closed = close(session, given); !closed) return closed;
  if (auto fits = check_alphabet(session, session.alphabet.size()); !fits) return fits;
  return check_assumptions(session);
}

Outcome<void> close_sizes_for(Session& session, const std::vector<std::string>& alphabet) {
  std::map<std::string, std::int64_t> given = given_sizes(session);
  session.alphabet = alphabet;
  const LettersSource& source = *session.recipe().source;
  const Axis& letter = session.graph().axis(source.alphabet);
  if (!letter.size) given.try_emplace(letter.name, static_cast<std::int64_t>(alphabet.size()));
  if (!session.graph().axis(source.items).size) given.try_emplace(session.graph().axis(source.items).name, 1);
  if (auto closed = close(session, given); !closed) return closed;
  return check_alphabet(session, alphabet.size());
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
  return facts;
}

}  // namespace tenet

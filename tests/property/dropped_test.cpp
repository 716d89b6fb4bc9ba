// Nothing that stands in a program is dropped: a text that gives no error is a program with all of its statements.
#include "compiler/elaborate/dropped.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "compiler/syntax/lexer.h"
#include "compiler/syntax/parse.h"
#include "compiler/syntax/print.h"
#include "tests/elaborated.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// Names, numbers and strings of a text, each with how often it stands there.
std::map<std::string, int> words_of(const std::string& text) {
  Diagnostics sink;
  const std::uint32_t file = sink.add_source("text", text);
  std::map<std::string, int> words;
  for (const syntax::Token& token : syntax::lex(sink, file)) {
    const std::string word = text.substr(token.begin, token.end - token.begin);
    if (token.kind == syntax::TokenKind::number)
      ++words["a number"];  // 10_000 is printed as 10000
    else if (token.kind == syntax::TokenKind::name || token.kind == syntax::TokenKind::string)
      ++words[word];
  }
  return words;
}

// The names that stand for a layer.
std::set<std::string> layers_in(const syntax::Program& tree) {
  std::set<std::string> layers;
  for (const syntax::Function& layer : tree.layers) layers.insert(layer.name.text);
  for (std::size_t before = 0; before != layers.size();) {
    before = layers.size();
    for (const syntax::Definition& row : tree.definitions)
      if (row.value->kind == syntax::Expression::Kind::instance ||
          (row.value->kind == syntax::Expression::Kind::name && layers.contains(row.value->text)))
        layers.insert(row.name.text);
  }
  return layers;
}

template <class Rows>
bool has(const Rows& rows, const std::string& name) {
  return std::ranges::any_of(rows, [&](const auto& row) { return row.name == name; });
}

// What of the text is not in the program that was made of it.
std::vector<std::string> missing(const std::string& text, const Program& program) {
  Diagnostics sink;
  const syntax::Program tree = syntax::parse(sink, sink.add_source("text", text));
  std::vector<std::string> result;
  const auto want = [&](bool found, const std::string& what) {
    if (!found) result.push_back(what);
  };
  want(words_of(syntax::print(tree)) == words_of(text), "words that the parser left out");
  const std::set<std::string> layers = layers_in(tree);
  for (const auto& axis : tree.axes)
    want(std::ranges::count(program.axes, axis.name.text, [](auto& row) { return row.first; }) == 1, axis.name.text);
  for (const auto& row : tree.data) {
    want(has(program.data, row.name.text), row.name.text);
    for (const DataInput& data : program.data)
      if (data.name == row.name.text)
        want(program.graph.input(data.input).axes.size() == row.axes.size(), "axes of " + data.name);
  }
  for (const auto& row : tree.parameters) want(has(program.parameters, row.name.text), row.name.text);
  for (const auto& row : tree.states) want(has(program.states, row.name.text), row.name.text);
  for (const auto& row : tree.definitions)
    want(has(program.definitions, row.name.text) || layers.contains(row.name.text), row.name.text);
  want(program.claims.size() == tree.claims.size(), "a claim");
  want(program.assumptions.size() >= tree.assumptions.size(), "an assumption");
  want(program.train.has_value() == !tree.trains.empty(), "train");
  want(program.sample.has_value() == !tree.samples.empty(), "sample");
  if (!program.train) return result;
  for (const syntax::Entry& entry : tree.trains[0].entries) {
    if (entry.key.text == "from") want(program.train->source.has_value(), "from");
    if (entry.key.text == "clip") want(program.train->clip.has_value(), "clip");
    if (entry.key.text == "report") want(!program.train->report.empty(), "report");
  }
  return result;
}

std::vector<fs::path> programs_below(const fs::path& folder) {
  std::vector<fs::path> result;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".tenet" && entry.path().stem() != "std") result.push_back(entry.path());
  std::ranges::sort(result);
  return result;
}

// The program of a text, or the messages.
void check_text(const fs::path& path, const std::string& text) {
  const ReadFile beside = [&](const std::string& name) -> std::expected<std::string, std::string> {
    const fs::path file = path.parent_path() / name;
    if (!fs::is_regular_file(file)) return std::unexpected("No such file or directory");
    return read_text(file);
  };
  Diagnostics diagnostics;
  const std::optional<Program> program = elaborated(diagnostics, path.filename().string(), text, beside);
  const std::string said = diagnostics.render(false);
  INFO(path.string() << "\n" << text << "\n" << said);
  CHECK(program.has_value() == !diagnostics.has_errors());
  CHECK(said.find("no reason was given") == std::string::npos);
  if (program) CHECK(missing(text, *program) == std::vector<std::string>{});
}

// The text with one thing changed: a token left out, doubled, exchanged for another of the same text, or called as a method.
std::string mutated(const std::string& text, std::mt19937& random) {
  Diagnostics sink;
  const std::vector<syntax::Token> tokens = syntax::lex(sink, sink.add_source("text", text));
  const auto any = [&] { return tokens[random() % tokens.size()]; };
  const auto word = [&](const syntax::Token& token) { return text.substr(token.begin, token.end - token.begin); };
  const syntax::Token at = any(), other = any();
  const std::string methods[] = {".relu()", ".mean(i)", ".softmax[i]", ".sum[i](2)", ".q", ".linear[i, o]"};
  std::string now;
  switch (random() % 6) {
    case 0:
      break;
    case 1:
      now = word(at) + " " + word(at);
      break;
    case 2:
    case 3:
      now = word(other);
      break;
    default:
      now = word(at) + (at.kind == syntax::TokenKind::name ? methods[random() % std::size(methods)] : " " + word(other));
  }
  return text.substr(0, at.begin) + now + text.substr(at.end);
}

}  // namespace

TEST_CASE("every program has all of its statements, or errors", "[property]") {
  for (const char* folder : {"graphs", "tests/cases"})
    for (const fs::path& path : programs_below(source_folder() / folder)) check_text(path, read_text(path));
}

TEST_CASE("a program that was changed somewhere has all of its statements, or errors", "[property]") {
  constexpr std::size_t longest = 3000;
  std::vector<std::pair<fs::path, std::string>> texts;
  for (const char* folder : {"graphs", "tests/cases/errors", "tests/cases/syntax"})
    for (const fs::path& path : programs_below(source_folder() / folder))
      if (std::string text = read_text(path); text.size() <= longest) texts.emplace_back(path, std::move(text));
  std::mt19937 random(7);
  for (int i = 0; i < 1500; ++i) {
    const auto& [path, text] = texts[random() % texts.size()];
    check_text(path, mutated(random() % 2 ? text : mutated(text, random), random));
  }
}

TEST_CASE("a statement that a program lacks is an error at its place", "[property]") {
  Diagnostics sink;
  const std::string text =
      "axis n = 3\ndata x[n]\nparam w = 0\nstate s = 0\ny = w\nassume w > 0\nclaim y == w\ntrain y {\n}\nsample y {\n}\n";
  const syntax::Program tree = syntax::parse(sink, sink.add_source("text", text));
  report_dropped(sink, tree, Program(), {});
  std::set<std::uint32_t> lines;
  for (const Diagnostic& row : sink.all()) {
    CHECK(row.message == Message::statement_dropped);
    lines.insert(static_cast<std::uint32_t>(std::count(text.begin(), text.begin() + row.span.begin, '\n')) + 1);
  }
  CHECK(lines == std::set<std::uint32_t>{1, 2, 3, 4, 5, 6, 7, 8, 10});
}

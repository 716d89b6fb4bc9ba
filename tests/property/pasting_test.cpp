// What `derive` prints can be pasted into the program and means the same: it elaborates, and has the values of the gradients.
#include <algorithm>
#include <iostream>
#include <random>

#include "compiler/grad/gradient.h"
#include "compiler/render/derive.h"
#include "compiler/syntax/parse.h"
#include "compiler/syntax/print.h"
#include "tests/elaborated.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

std::vector<fs::path> programs_to_paste() {
  std::vector<fs::path> result;
  const fs::path shared = source_folder().parent_path() / "shared" / "cases";
  if (!fs::exists(shared)) std::cerr << "skipped: " << shared.string() << " is not here\n";
  for (const fs::path& folder : {source_folder() / "graphs", shared})
    if (fs::exists(folder))
      for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.path().extension() == ".tenet" && entry.path().stem() != "std") result.push_back(entry.path());
  std::ranges::sort(result);
  return result;
}

std::optional<Program> read(const fs::path& path, const std::string& text, Diagnostics& diagnostics) {
  return elaborated(diagnostics, path.filename().string(), text, [&](const std::string& name) {
    return std::expected<std::string, std::string>(read_text(path.parent_path() / name));
  });
}

std::optional<std::string> loss_of(const Program& program) {
  if (program.train) return program.train->loss_name;
  for (const Definition& row : program.definitions)
    if (row.name == "loss" && program.graph.node(row.node).axes.empty()) return row.name;
  return {};
}

// Sizes that are written and long, made short: interpreting takes its time. Nothing where the program wants them as they are.
std::optional<std::string> shortened(const fs::path& path, const std::string& text, int odd) {
  Diagnostics sink;
  syntax::Program tree = syntax::parse(sink, sink.add_source("text", text));
  if (sink.has_errors() || !tree.imports.empty()) return {};
  for (syntax::AxisDeclaration& axis : tree.axes)
    if (axis.size != nullptr && axis.size->kind == syntax::Expression::Kind::number && axis.size->number > 6)
      axis.size->number = axis.size->number.get_num() % 2 == 0 ? 4 : odd;
  std::string result = syntax::print(tree);
  Diagnostics diagnostics;
  std::optional<Program> program = read(path, result, diagnostics);
  if (!program || !close_sizes(*program, diagnostics, {}, 3)) return {};
  return result;
}

Tensor drawn(const Input& input, const Sizes& sizes, bool positive, std::mt19937_64& random) {
  Tensor tensor = tensor_of(input.axes, sizes);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> unit;
  for (double& value : tensor.values) {
    if (input.typed_by)
      value = static_cast<double>(random() % static_cast<std::uint64_t>(sizes[*input.typed_by]));
    else if (input.role == InputRole::training || input.role == InputRole::step)
      value = input.role == InputRole::training;
    else
      value = positive || input.distribution == Op::uniform ? 0.05 + 0.9 * unit(random) : normal(random);
  }
  return tensor;
}

double largest(const std::vector<double>& values) {
  double result = 0;
  for (double value : values) result = std::max(result, std::isfinite(value) ? std::abs(value) : INFINITY);
  return result;
}

// The lines' values beside those of the gradients that they print, where these are numbers.
void compare(Program& program, const std::string& loss, const std::vector<DerivedLine>& lines) {
  Diagnostics diagnostics;
  std::optional<Sizes> sizes = close_sizes(program, diagnostics, {}, 3);
  INFO(diagnostics.render(false));
  REQUIRE(sizes);
  std::vector<NodeId> targets, printed;
  for (const DerivedLine& line : lines) {
    if (line.helper) continue;
    targets.push_back(*program.target(line.of));
    printed.push_back(*program.target(line.name));
  }
  const std::vector<NodeId> wanted = gradients(program.graph, *program.target(loss), targets);
  std::vector<NodeId> all = wanted;
  all.insert(all.end(), printed.begin(), printed.end());
  AxisId failed{};
  REQUIRE(sizes->complete(program.graph, &failed));
  if (too_large(program.graph, *sizes, all)) return;
  for (const bool positive : {false, true}) {
    std::mt19937_64 random(11);
    Interpreter interpreter(program.graph, *sizes, 1);
    for (std::uint32_t i = 0; i < program.graph.input_count(); ++i)
      if (const Input& input = program.graph.input(InputId{i}); input.role != InputRole::previous)
        interpreter.bind(InputId{i}, drawn(input, *sizes, positive, random));
    double scale = 1e-3;
    for (NodeId id : wanted) scale = std::max(scale, largest(interpreter.value(id).values));
    if (scale == INFINITY) continue;
    for (std::size_t i = 0, line = 0; line < lines.size(); ++line) {
      if (lines[line].helper) continue;
      const std::vector<double> expected = interpreter.value(wanted[i]).values;
      const Tensor found = interpreter.value(printed[i++]);
      INFO(lines[line].name << " = " << lines[line].expression);
      if (lines[line].expression == "0") {  // written without its axes
        CHECK(largest(expected) <= 1e-7 * scale);
        continue;
      }
      CHECK(found.values.size() == expected.size());
      if (found.values.size() != expected.size()) continue;
      if (largest(found.values) == INFINITY) {  // what simplifying lets overflow is not the printer's
        WARN("not finite: " << lines[line].name << " = " << lines[line].expression);
        continue;
      }
      double difference = 0;
      for (std::size_t k = 0; k < expected.size(); ++k)
        difference = std::max(difference, std::abs(found.values[k] - expected[k]));
      CHECK(difference <= 1e-7 * scale);
    }
  }
}

}  // namespace

TEST_CASE("every derivation pastes back into its program", "[property]") {
  for (const fs::path& path : programs_to_paste()) {
    std::string text = read_text(path);
    for (const int odd : {5, 3})
      if (const auto other = shortened(path, text, odd)) {
        text = *other;
        break;
      }
    for (const bool raw : {false, true}) {
      Diagnostics diagnostics;
      std::optional<Program> program = read(path, text, diagnostics);
      if (!program) break;  // a case that is an error
      const std::optional<std::string> loss = loss_of(*program);
      if (!loss) break;
      const std::vector<DerivedLine> lines = derive(*program, *program->target(*loss), {}, raw);
      if (lines.empty()) break;
      const std::string pasted = text + "\n" + derivation_text(lines);
      Diagnostics of_pasted;
      std::optional<Program> with_lines = read(path, pasted, of_pasted);
      INFO(path.string() << (raw ? " --raw" : "") << "\n" << derivation_text(lines) << "\n" << of_pasted.render(false));
      CHECK(with_lines);
      if (with_lines && with_lines->assumptions.empty()) compare(*with_lines, *loss, lines);
    }
  }
}

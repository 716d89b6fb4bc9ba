// tenet derive FILE [NAME...]
#include "compiler/render/derive.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/driver/explanation_check.h"
#include "compiler/driver/loss.h"

namespace tenet {
namespace {

struct DeriveOptions : Options {
  std::vector<std::string> names;
  std::optional<std::string> of;
  bool raw = false, explain = false;
  std::string format = "text";
};

std::string written(const DeriveOptions& options, std::span<const DerivedLine> lines, const std::string& value) {
  const std::string& format = options.format;
  if (options.explain && format == "text") return explanation_text(lines);
  if (format == "json") return derivation_json(lines).dump(2) + "\n";
  return format == "latex" ? derivation_latex(lines, value) : derivation_text(lines);
}

// `unknown` with the nearest of the names that could stand in its place.
std::unexpected<Failure> unknown_name(const Program& program, const std::string& unknown) {
  std::vector<std::string> known;
  for (const Definition& definition : program.definitions) known.push_back(definition.name);
  for (const Parameter& parameter : program.parameters) known.push_back(parameter.name);
  for (const DataInput& data : program.data) known.push_back(data.name);
  std::string message = "`" + unknown + "` is no value of the program";
  if (const std::string near = nearest(unknown, known); !near.empty()) message += ": did you mean `" + near + "`?";
  return wrong(message);
}

// Why there is no gradient of `name`.
std::unexpected<Failure> no_definition(const Program& program, const std::string& name) {
  const auto among = [&](const auto& rows) {
    return std::ranges::any_of(rows, [&](const auto& row) { return row.name == name; });
  };
  const std::string_view what = among(program.parameters) ? "a parameter" : among(program.data) ? "data" : "";
  if (what.empty()) return unknown_name(program, name);
  return wrong(fmt::format("`{}` is {}: --of takes a definition, whose gradients are derived", name, what));
}

// Nothing, or why there is no gradient of `value` by `name`.
Outcome<void> check_target(const Program& program, const Loss& value, const std::string& name) {
  const std::optional<NodeId> target = program.target(name);
  if (!target) {
    const bool whole_data = std::ranges::any_of(program.data, [&](const DataInput& data) { return data.name == name; });
    if (whole_data) return wrong("`" + name + "` holds whole numbers: nothing can be differentiated by it");
    return unknown_name(program, name);
  }
  const Graph& graph = program.graph;
  if (graph.node(*target).kind != Kind::real) return wrong("`" + name + "` is whole: nothing can be differentiated by it");
  for (AxisId axis : graph.node(*target).axes)
    if (graph.has_axis(value.node, axis)) {
      const std::string& shared = graph.axis(axis).name;
      return wrong(
          fmt::format("`{0}` and `{1}` share the axis `{2}`: define a sum, `total = sum[{2}]({0})`, or one coordinate of "
                      "it, and take that with --of",
                      value.name, name, shared));
    }
  return {};
}

Outcome<Status> derive_program(const DeriveOptions& options) {
  auto opened = open_program(options);
  if (!opened) return std::unexpected(opened.error());
  Session& session = **opened;
  const std::optional<Loss> value = loss_of(session, options.of);
  if (!value && options.of) return no_definition(*session.program, *options.of);
  if (!value) return wrong(options.file + ": there is no scalar to differentiate; name a value with --of");
  if (session.graph().node(value->node).kind != Kind::real) return wrong("`" + value->name + "` is not real: it has no gradient");
  if (value->first_of_several) fmt::print(stderr, "derive: gradients of {}; --of NAME for those of another value\n", value->name);
  for (const std::string& name : options.names)
    if (auto fits = check_target(*session.program, *value, name); !fits) return std::unexpected(fits.error());
  if (!options.sizes.empty())
    if (auto closed = close_given_sizes(session); !closed) return std::unexpected(closed.error());
  std::vector<DerivedLine> lines =
      session.times("derive", [&] { return derive(*session.program, value->node, options.names, options.raw, options.explain); });
  if (options.explain)
    if (auto checked = session.times("check", [&] { return check_explanations(session, lines); }); !checked)
      return std::unexpected(checked.error());
  if (lines.empty())
    return wrong(
        fmt::format("`{}` shares an axis with everything that it depends on: name a target, or a scalar with --of", value->name));
  fmt::print("{}", written(options, lines, value->name));
  if (options.time) fmt::print(stderr, "{}", session.times.table());
  return Status::done;
}

}  // namespace

Command derive_command(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("derive", "Gradients as formulas in the language");
  auto options = std::make_shared<DeriveOptions>();
  add_program_options(*app, *options);
  add_run_options(*app, *options);  // a script may give every command the same; formulas do not depend on them
  app->add_option("NAME", options->names, "Differentiate by these (default: every parameter and named value)");
  add_optional(*app, "--of", options->of, "Differentiate this value (default: the trained loss, or the first scalar)")
      ->type_name("NAME");
  app->add_flag("--raw", options->raw, "As reverse mode leaves them, not simplified");
  app->add_flag("--explain", options->explain, "With the steps that led to each line, every one checked in numbers")
      ->excludes("--raw");
  app->add_option("--format", options->format, "text, latex (a document for pdflatex) or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "latex", "json"}));
  app->footer(
      "Each line can be pasted into the program and means the same: it reads the program's names, sizes and other "
      "lines.\n\n"
      "Examples:\n"
      "  tenet derive graphs/ninja.tenet\n"
      "  tenet derive graphs/ninja.tenet logits hprebn\n"
      "  tenet derive graphs/vae.tenet mu --of divergence --raw\n"
      "  tenet derive graphs/ninja.tenet logits hprebn --explain\n"
      "  tenet derive graphs/ninja.tenet --format latex > ninja.tex && pdflatex ninja.tex\n"
      "  tenet derive graphs/ninja.tenet --format json");
  return {app, [options] { return derive_program(*options); }};
}

}  // namespace tenet

// tenet dump FILE --stage STAGE
#include <fmt/format.h>

#include "compiler/driver/session.h"
#include "compiler/graph/print.h"
#include "compiler/kernel/kernels.h"
#include "compiler/native/native.h"
#include "compiler/plan/training.h"
#include "compiler/simplify/gradients.h"
#include "compiler/syntax/lexer.h"
#include "compiler/syntax/parse.h"
#include "compiler/syntax/print.h"

namespace tenet {
namespace {

std::string tokens_text(Session& session) {
  std::string result;
  const std::string& text = session.diagnostics.source(session.file).text;
  for (const syntax::Token& token : syntax::lex(session.diagnostics, session.file)) {
    if (token.first_on_line && !result.empty()) result += "\n";
    if (!token.first_on_line) result += " ";
    result += text.substr(token.begin, token.end - token.begin);
  }
  return result + "\n";
}

std::vector<NodeId> forward_roots(const Program& program) {
  std::vector<NodeId> roots;
  for (const Definition& definition : program.definitions) roots.push_back(definition.node);
  return roots;
}

// The stages from `kernels` on: of the training step, with the sizes that the data give.
Outcome<std::string> compiled_text(Session& session, std::string_view stage) {
  if (auto has = want_recipe(session, "dump"); !has) return std::unexpected(has.error());
  if (auto loaded = load_data(session); !loaded) return std::unexpected(loaded.error());
  const Computation step = step_of(*session.program, session.sizes, session.times);
  const Sizes sizes = completed(session.graph(), session.sizes);
  const Lowered lowered = lower(session.graph(), sizes, step, host_target());
  if (!lowered.error.empty()) return failed(lowered.error);
  if (stage == "kernels") return to_text(lowered.kernels);
  return stage == "llvm" ? llvm_text(lowered.kernels) : assembly_text(lowered.kernels);
}

// The stages before names are resolved: they show a program with errors too, as far as it goes.
std::string syntax_text(Session& session, std::string_view stage) {
  return stage == "tokens" ? tokens_text(session) : syntax::print(syntax::parse(session.diagnostics, session.file));
}

Outcome<std::string> graph_text(Session& session, std::string_view stage) {
  Graph& graph = session.graph();
  if (stage == "graph") return to_text(graph, forward_roots(*session.program));
  if (stage != "grad" && stage != "simplified") return compiled_text(session, stage);
  if (auto has = want_recipe(session, "dump"); !has) return std::unexpected(has.error());
  const TrainingValues raw = training_values(*session.program, session.sizes);
  std::vector<NodeId> values = raw.given, gradients = raw.backward.gradients;
  if (stage == "simplified") {
    SimplifiedGradients simple = training_forms(*session.program, raw, session.sizes);
    values = std::move(simple.given);
    gradients = std::move(simple.gradients);
  }
  values.insert(values.end(), gradients.begin(), gradients.end());
  return to_text(graph, values);
}

Outcome<Status> dump_program(const Options& options, const std::string& stage) {
  const bool syntax = stage == "tokens" || stage == "tree";
  auto opened = syntax ? open_text(options) : open_program(options);
  if (!opened) return std::unexpected(opened.error());
  Session& session = **opened;
  auto text = syntax ? syntax_text(session, stage) : graph_text(session, stage);
  if (!text) return std::unexpected(text.error());
  fmt::print("{}", *text);
  if (options.time) fmt::print(stderr, "{}", session.times.table());
  if (auto said = diagnosed(session); !said) return std::unexpected(said.error());
  return Status::done;
}

}  // namespace

Command dump_command(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("dump", "Prints what a stage of the compiler makes of a program");
  auto options = std::make_shared<Options>();
  auto stage = std::make_shared<std::string>();
  add_program_options(*app, *options);
  add_run_options(*app, *options);
  app->add_option("--stage", *stage, "Which stage's value")
      ->type_name("STAGE")
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>(stage_names.begin(), stage_names.end())));
  app->footer(
      "Stages, in their order:\n"
      "  tokens      the text's words, a line a line\n"
      "  tree        the syntax tree, in canonical layout\n"
      "  graph       the typed graph, a node a line\n"
      "  grad        the loss, the rate, the momentum and the gradients as derived\n"
      "  simplified  the same, simplified\n"
      "  kernels     the training step as loop nests over buffers\n"
      "  llvm, asm   the same as LLVM's intermediate code, and as this machine's\n\n"
      "Example:\n"
      "  tenet dump graphs/ninja.tenet --stage kernels");
  return {app, [options, stage] { return dump_program(*options, *stage); }};
}

}  // namespace tenet

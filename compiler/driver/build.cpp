// tenet build FILE -o step.o
#include <fmt/format.h>

#include <filesystem>

#include "compiler/driver/c_header.h"
#include "runtime/atomic_file.h"

namespace tenet {
namespace {

struct BuildOptions : Options {
  std::filesystem::path output;
  std::optional<std::string> prefix;
  std::string target;  // a processor; empty: this machine's
};

Outcome<void> write(const std::filesystem::path& file, std::string_view text) {
  auto written = write_atomically(file, text);
  if (!written) return failed(written.error());
  return {};
}

Outcome<Status> build_program(const BuildOptions& options) {
  if (options.output.extension() != ".o" || options.output.stem().empty())
    return wrong("-o wants the name of an object file, such as step.o, not `" + options.output.string() + "`");
  const std::string prefix = options.prefix.value_or(c_identifier(options.output.stem().string()));
  if (prefix != c_identifier(prefix)) return wrong("--prefix wants a name as C has them, such as `step`, not `" + prefix + "`");
  auto target = target_for(options.target);
  if (!target) return wrong(target.error());

  auto opened = open_program(options);
  if (!opened) return std::unexpected(opened.error());
  Session& session = **opened;
  if (auto has = want_recipe(session, "build"); !has) return std::unexpected(has.error());
  if (auto loaded = load_data(session); !loaded) return std::unexpected(loaded.error());
  auto planned = plan_object(session, *target);
  if (!planned) return std::unexpected(planned.error());
  planned->program.prefix = prefix;
  auto object = session.times("native", [&] { return object_file(planned->program, options.target); });
  if (!object) return failed(object.error());

  const std::filesystem::path header = std::filesystem::path(options.output).replace_extension(".h");
  const std::string header_text = c_header(session, *planned, options.output.filename().string(), object->machine);
  if (auto written = write(options.output, object->bytes); !written) return std::unexpected(written.error());
  if (auto written = write(header, header_text); !written) {
    std::error_code ignored;
    std::filesystem::remove(options.output, ignored);  // it must not stand beside an older header
    return std::unexpected(written.error());
  }
  if (!planned->plan) say("the object has no evaluation: " + planned->without_evaluation);
  say(fmt::format("{} and {} are for {}", options.output.string(), header.string(), object->machine));
  if (options.time) fmt::print(stderr, "{}", session.times.table());
  return Status::done;
}

}  // namespace

Command build_command(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("build", "Writes a training step and an evaluation as an object file with a C header");
  auto options = std::make_shared<BuildOptions>();
  add_program_options(*app, *options);
  add_data_option(*app, *options);
  app->add_option("-o,--output", options->output, "The object file; the header is written beside it")
      ->type_name("FILE.o")
      ->required();
  add_optional(*app, "--prefix", options->prefix, "What names in C begin with (default: the object file's name)")
      ->type_name("NAME");
  add_processor_option(*app, options->target, "The processor that it is for");
  app->footer(
      "step.o holds a step of training and the evaluation of a split; step.h says where data and weights are in memory, and\n"
      "how the functions are called. They need C's library and nothing else: cc main.c step.o -lm\n\n"
      "The sizes of axes are fixed in it; those that the program leaves open are the data's, or given by --size.\n\n"
      "Examples:\n"
      "  tenet build graphs/makemore.tenet -o makemore.o\n"
      "  tenet build graphs/makemore.tenet -o step.o --prefix net --size batch=64 --cpu x86-64-v3\n\n"
      "examples/makemore.c is a program in C that evaluates and trains.");
  return {app, [options] { return build_program(*options); }};
}

}  // namespace tenet

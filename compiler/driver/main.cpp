// The command `tenet`: its sub-commands, a row each.
#include <fmt/format.h>

#include <array>
#include <exception>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/driver/options.h"
#include "compiler/driver/session.h"

namespace tenet {
namespace {

constexpr std::array commands{train_command, derive_command, check_command, sample_command, eval_command,   dump_command,
                              build_command, bench_command,  fmt_command,   laws_command,   explain_command};

constexpr const char* introduction =
    "Tenet derives the backward graph of a network as algebra, compiles the training step to native code, and trains.";

constexpr const char* lesson =
    "Examples:\n"
    "  tenet train graphs/makemore.tenet                     train, evaluate, invent names; leaves runs/makemore-1\n"
    "  tenet sample graphs/makemore.tenet --from runs/makemore-1\n"
    "  tenet derive graphs/ninja.tenet logits hprebn         gradients as formulas\n"
    "  tenet check graphs/ninja.tenet                        claims, and every gradient in numbers\n"
    "  tenet build graphs/makemore.tenet -o makemore.o       the training step for programs in C\n"
    "  tenet fmt graphs/ninja.tenet                          the program in canonical layout\n"
    "  tenet COMMAND --help                                  what a command takes, with examples\n\n"
    "Results go to standard output, progress and diagnostics to standard error.\n"
    "Exit status: 0 done and true; 1 a claim or check failed or was not decided; 2 the program or the command line is\n"
    "wrong; 3 a file or the machine failed.";

int unknown_command(const CLI::App& app) {
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) known.push_back(command->get_name());
  const std::string name = app.remaining().front(), near = nearest(name, known);
  say(near.empty() ? fmt::format("there is no command `{}`; `tenet --help` lists them", name)
                   : fmt::format("there is no command `{}`: did you mean `{}`?", name, near));
  return static_cast<int>(Status::wrong);
}

int run(int argc, char** argv) {
  CLI::App app{introduction, "tenet"};
  app.footer(lesson);
  app.set_version_flag("--version", "tenet " TENET_VERSION);
  app.require_subcommand(1);
  std::vector<Command> chosen;
  for (const auto& command : commands) chosen.push_back(command(app));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool wants_command = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && app.get_subcommands().empty();
    if (wants_command && app.remaining_size() > 0) return unknown_command(app);
    return app.exit(error) == 0 ? 0 : static_cast<int>(Status::wrong);
  }
  for (const Command& command : chosen) {
    if (!command.app->parsed()) continue;
    const Outcome<Status> outcome = command.run();
    if (!outcome && !outcome.error().message.empty()) say(outcome.error().message);
    const Status status = outcome ? *outcome : outcome.error().status;
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      say("standard output cannot be written");
      return static_cast<int>(Status::failed);
    }
    return static_cast<int>(status);
  }
  return static_cast<int>(Status::wrong);
}

}  // namespace
}  // namespace tenet

int main(int argc, char** argv) {
  try {
    return tenet::run(argc, argv);
  } catch (const std::bad_alloc&) {
    tenet::say("the machine's memory does not suffice");
  } catch (const std::exception& error) {
    tenet::say(error.what());
  }
  return static_cast<int>(tenet::Status::failed);
}

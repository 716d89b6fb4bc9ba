// What every sub-command takes.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "compiler/driver/outcome.h"

namespace tenet {

struct Options {
  std::string file;  // of the program; "-" is standard input
  std::optional<std::string> data;
  std::optional<std::uint64_t> seed;
  std::int64_t threads = 0;  // 0: one a processor, at most 8
  std::string processor;     // that code is compiled for; empty: this machine's
  std::map<std::string, std::int64_t> sizes;
  bool time = false;
  bool json = false;  // where the command has a format

  static constexpr std::uint64_t default_seed = 1;
};

// The file and the options that a command takes. What is asked for is checked as it is read.
void add_program_options(CLI::App& command, Options& options);
void add_data_option(CLI::App& command, Options& options);  // --data
void add_run_options(CLI::App& command, Options& options);  // --data --seed --threads --cpu
void add_processor_option(CLI::App& command, std::string& processor, const std::string& what);  // --cpu
void add_json_option(CLI::App& command, Options& options);  // --format text|json

// An option that may be left out. (CLI11 2.1 fills std::optional with empty text where another option is excluded.)
template <class T>
CLI::Option* add_optional(CLI::App& command, const std::string& name, std::optional<T>& target, const std::string& help) {
  return command.add_option_function<T>(
      name, [&target](const T& value) { target = value; }, help);
}

// The sub-commands. Each is a row: it adds itself to the command line; when it is chosen, `run` does it.
struct Command {
  CLI::App* app;
  std::function<Outcome<Status>()> run;
};
Command train_command(CLI::App& parent);
Command derive_command(CLI::App& parent);
Command check_command(CLI::App& parent);
Command sample_command(CLI::App& parent);
Command eval_command(CLI::App& parent);
Command dump_command(CLI::App& parent);
Command build_command(CLI::App& parent);
Command bench_command(CLI::App& parent);
Command fmt_command(CLI::App& parent);
Command laws_command(CLI::App& parent);
Command explain_command(CLI::App& parent);

}  // namespace tenet

#include "compiler/driver/options.h"

#include <charconv>

namespace tenet {
namespace {

// "hidden=200" into the map. Returns what is wrong with it, else nothing.
std::string add_size(const std::string& text, std::map<std::string, std::int64_t>& sizes) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return "--size wants AXIS=N, such as --size hidden=200, not `" + text + "`";
  std::int64_t size = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + equals + 1, end, size);
  if (error != std::errc() || stop != end || size < 1 || size > 0x7fffffff)
    return "the size of `" + text.substr(0, equals) + "` must be a whole number from 1 to 2147483647, not `" +
           text.substr(equals + 1) + "`";
  if (!sizes.emplace(text.substr(0, equals), size).second) return "--size gives `" + text.substr(0, equals) + "` twice";
  return {};
}

}  // namespace

void add_program_options(CLI::App& command, Options& options) {
  command.add_option("FILE", options.file, "The program; - reads it from standard input")->required();
  command
      .add_option_function<std::vector<std::string>>(
          "--size",
          [&options](const std::vector<std::string>& texts) {
            for (const std::string& text : texts)
              if (std::string error = add_size(text, options.sizes); !error.empty()) throw CLI::ValidationError(error);
          },
          "Gives an open axis its size, as in --size hidden=200; may be repeated")
      ->type_name("AXIS=N")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_flag("--time", options.time, "Says how long each stage of the compiler took, on standard error");
}

void add_data_option(CLI::App& command, Options& options) {
  add_optional(command, "--data", options.data, "The data file, instead of the one that the program names")->type_name("PATH");
}

void add_run_options(CLI::App& command, Options& options) {
  add_data_option(command, options);
  add_optional(command, "--seed", options.seed, "Of all random numbers but the split's (default: 1)")
      ->type_name("N")
      ->check([](const std::string& text) {
        std::uint64_t seed = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
        return error == std::errc() && end == text.data() + text.size() ? "" : "a seed is a whole number from 0 to 2^64 - 1";
      });
  command
      .add_option("--threads", options.threads,
                  "How many threads compiled code runs on, to the same results bit for bit (default: one a processor, at most 8)")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{4096}));
  add_processor_option(command, options.processor, "The processor that code is compiled for, one that this machine runs");
}

void add_processor_option(CLI::App& command, std::string& processor, const std::string& what) {
  command.add_option("--cpu", processor, what + ", as LLVM names it: x86-64-v3, x86-64 (default: this machine's)")
      ->type_name("CPU");
}

void add_json_option(CLI::App& command, Options& options) {
  command
      .add_option_function<std::string>(
          "--format", [&options](const std::string& format) { options.json = format == "json"; }, "text or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
}

}  // namespace tenet

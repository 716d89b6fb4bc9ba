// Golden files: what a stage printed when a person last looked at it. tests/cases/<stage>/<name>.expected holds the text;
// `./run-tests --record` (TENET_RECORD=1 in the environment) records every one anew, for `git diff` to judge.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tenet::tests {

// The project's folder.
std::filesystem::path source_folder();

// A file's bytes; a failed requirement of the running test if it cannot be read.
std::string read_text(const std::filesystem::path& path);

// Fails the running test, showing the first line that differs, unless `actual` is what was recorded.
void check_golden(std::string_view stage, std::string_view name, std::string_view actual);

// A file of the data that measurements share and the project does not contain, such as "names.txt"; it is looked for in
// ../shared/data beside the project. Nothing where it is absent, with a line on standard error that says what is skipped.
std::optional<std::filesystem::path> shared_data(std::string_view name);

}  // namespace tenet::tests

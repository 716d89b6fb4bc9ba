// Writing a file so that at every moment, a kill or a power cut included, either the old or the new content is there whole.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <span>
#include <string>

namespace tenet {

// Writes the pieces one after the other to a temporary file in the same folder, syncs it, renames it over `file` and syncs the
// folder. The permissions of a file that was there are kept, where they can be. Error: the step that failed and why ("no space
// left on device"); the old file is untouched then and the temporary one removed.
std::expected<void, std::string> write_atomically(const std::filesystem::path& file,
                                                  std::span<const std::span<const std::byte>> pieces);

std::expected<void, std::string> write_atomically(const std::filesystem::path& file, std::string_view text);

// The file's bytes. Error: missing, a directory, unreadable, too large for the memory; the reason without the file's name.
std::expected<std::string, std::string> read_file(const std::filesystem::path& file);

}  // namespace tenet

// What is wrong with a data file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace tenet {

struct DataError {
  std::string message;    // a sentence without the file's name
  std::int64_t line = 0;  // of the data file, from 1; 0: the file as a whole
};

// "names.txt:12: message", or "names.txt: message"
std::string format(const DataError& error, const std::filesystem::path& file);

}  // namespace tenet

#include "runtime/data_error.h"

#include <fmt/format.h>

namespace tenet {

std::string format(const DataError& error, const std::filesystem::path& file) {
  return error.line > 0 ? fmt::format("{}:{}: {}", file.string(), error.line, error.message)
                        : fmt::format("{}: {}", file.string(), error.message);
}

}  // namespace tenet

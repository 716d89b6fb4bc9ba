// How a sub-command ends.
#pragma once

#include <expected>
#include <string>

namespace tenet {

// The exit status of the command.
enum class Status : int {
  done = 0,     // and true
  refuted = 1,  // a claim or check failed or was not decided
  wrong = 2,    // the program or the command line is wrong
  failed = 3    // a file or the machine failed
};

// Why something stopped, for the person who asked for it. An empty message: it has been said.
struct Failure {
  Status status;
  std::string message;
};

template <class T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> failed(std::string message) {
  return std::unexpected(Failure{Status::failed, std::move(message)});
}
inline std::unexpected<Failure> wrong(std::string message) { return std::unexpected(Failure{Status::wrong, std::move(message)}); }

}  // namespace tenet

// What `eval` and `sample` start from: a program, its evaluator, and the weights of a run.
#pragma once

#include <memory>
#include <string>

#include "compiler/driver/evaluation.h"

namespace tenet {

struct Trained {
  std::unique_ptr<Session> session;
  Evaluator evaluator;
  Model model;
};

// The seed is the run's unless one is given. `with_data`: reads the data file too (letters outside the run's alphabet are an
// error); else the sizes close without it.
Outcome<Trained> open_trained(const Options& options, const std::string& run, std::string_view command, bool with_data);

}  // namespace tenet

// Native code at a point, against the formulas as they are written, in double precision.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "compiler/driver/tensors.h"

namespace tenet {

inline constexpr double native_tolerance = 1e-5;

// A value that native code is to come to: it leaves it as an output, called output_name(its place), or in an input that it
// overwrites. Formulas may read what it comes to (an update its gradient) as an input.
struct Watched {
  std::string name;
  NodeId written;
  std::optional<InputId> target = {}, read_as = {};
};

struct Deviation {
  double error = 0;    // the greatest that counts; infinity: not finite
  double excused = 0;  // the greatest beyond the tolerance that does not, because rounding alone takes the formula as far
  std::string wrong;   // the value that is most in error, where it passes for none: name, place, what it is and should be
};

// What the native code of a computation makes of a point.
class NativeCheck {
 public:
  // Failure: it exceeds the machine.
  static std::expected<NativeCheck, std::string> make(const Graph& graph, const Sizes& sizes, const Computation& computation,
                                                      std::vector<Watched> watched, StageTimes& times, Runs runs = Runs::often);

  // One tensor for each watched value, its axes ascending; it lacks those along which native code found it to be the same.
  std::expected<std::vector<Tensor>, std::string> values(const Point& point);

  // One for each watched value, `found` by values(point). Errors are shares of the largest value or of the terms that it is added
  // up from. With `strict` everything has to be finite. Without, an element has to be finite where its formula is, in double
  // precision, unless what it reads passes through numbers that single precision does not have. It need not be equal where
  // rounding alone takes its formula as far: at a jump, at a tie of what is computed, or where nothing but rounding is left.
  std::vector<Deviation> deviations(Point point, std::vector<Tensor> found, bool strict) const;

  // The greatest of each of them.
  std::expected<Deviation, std::string> at(const Point& point, bool strict);

 private:
  NativeCheck(const Graph& graph, const Sizes& sizes, Executable executable, std::vector<Watched> watched)
      : graph_(&graph), sizes_(&sizes), executable_(std::move(executable)), watched_(std::move(watched)) {}

  const Graph* graph_;
  const Sizes* sizes_;
  Executable executable_;
  std::vector<Watched> watched_;
};

// The sizes of the terms that the nodes' values are added up from: how far they move, as a multiple of a small random error in
// everything that they are computed from. Conditions stay as they are.
std::vector<double> term_sizes(const Graph& graph, const Sizes& sizes, const Point& point, Interpreter& exact,
                               std::span<const NodeId> nodes);

}  // namespace tenet

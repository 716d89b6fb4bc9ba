// Strided loops: a space of axes is walked in rows, and operations are applied to a row at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/graph/interpreter.h"

namespace tenet {

// A tensor seen over a space: elements to go for a step along each axis, 0 along an axis that the tensor lacks.
struct View {
  const double* data;
  std::vector<std::int64_t> strides;
};
View view_of(const Tensor& tensor, std::span<const AxisId> space);

// Walks the coordinates of some axes, the last one fastest, and keeps the offsets of several views. After the last coordinate
// everything is as at the first.
class Odometer {
 public:
  Odometer(std::vector<std::int64_t> extents, std::vector<std::vector<std::int64_t>> strides_by_view)
      : extents_(std::move(extents)), strides_(std::move(strides_by_view)), place_(extents_.size()) {}
  bool next(std::span<std::int64_t> offsets);

 private:
  std::vector<std::int64_t> extents_;
  std::vector<std::vector<std::int64_t>> strides_;
  std::vector<std::int64_t> place_;
};

// One operand along a row: `stride` 0 (one value for the whole row) or 1.
struct RowOperand {
  const double* data;
  int stride;
};

// result[i] = operation(operands[i]); the result may be one of the operands.
void apply_row(const Operation& operation, std::span<const RowOperand> operands, std::span<double> result);
// accumulated[i] = reduction(accumulated[i], row[i])
void accumulate_row(const Operation& reduction, RowOperand row, std::span<double> accumulated);
// accumulated[i] += a[i] * b[i]
void multiply_add_row(RowOperand a, RowOperand b, std::span<double> accumulated);
// The reduction of a row.
double fold_row(const Operation& reduction, std::span<const double> row);

// Pointwise operations over one space, from views to a value: the operands of a step are views (0 .. views - 1), then the steps
// before it.
struct Expression {
  struct Step {
    const Operation* operation;
    std::array<int, 3> operands;
  };
  std::vector<View> views;
  std::vector<Step> steps;  // may be empty: the value is the only view
};

// Over `space` with `extents`: the expression's values (result has the space's axes, row-major).
void evaluate(const Expression& expression, std::span<const std::int64_t> extents, std::span<double> result);

// The reduction of the expression over the axes that `reduced` marks; the result is row-major over the others.
void evaluate_reduced(const Operation& reduction, const Expression& expression, std::span<const std::int64_t> extents,
                      std::vector<bool> reduced, std::span<double> result);

}  // namespace tenet

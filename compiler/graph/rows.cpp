#include "compiler/graph/rows.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>

namespace tenet {
namespace {

constexpr std::int64_t longest_row = 512;  // values a step computes at a time: buffers stay in the first cache

template <class F>
void binary_row(std::span<const RowOperand> o, std::span<double> result, F f) {
  const double *a = o[0].data, *b = o[1].data;
  const std::size_t n = result.size();
  if (o[0].stride == 1 && o[1].stride == 1)
    for (std::size_t i = 0; i < n; ++i) result[i] = f(a[i], b[i]);
  else if (o[0].stride == 1)
    for (std::size_t i = 0; i < n; ++i) result[i] = f(a[i], *b);
  else if (o[1].stride == 1)
    for (std::size_t i = 0; i < n; ++i) result[i] = f(*a, b[i]);
  else
    std::ranges::fill(result, f(*a, *b));
}

}  // namespace

View view_of(const Tensor& tensor, std::span<const AxisId> space) {
  View result{tensor.values.data(), std::vector<std::int64_t>(space.size())};
  std::int64_t stride = 1;
  for (std::size_t i = tensor.axes.size(); i-- > 0;) {
    const auto place = std::ranges::find(space, tensor.axes[i]);
    if (place != space.end()) result.strides[static_cast<std::size_t>(place - space.begin())] = stride;
    stride *= tensor.extents[i];
  }
  return result;
}

bool Odometer::next(std::span<std::int64_t> offsets) {
  for (std::size_t axis = extents_.size(); axis-- > 0;) {
    if (++place_[axis] < extents_[axis]) {
      for (std::size_t v = 0; v < offsets.size(); ++v) offsets[v] += strides_[v][axis];
      return true;
    }
    for (std::size_t v = 0; v < offsets.size(); ++v) offsets[v] -= strides_[v][axis] * (extents_[axis] - 1);
    place_[axis] = 0;
  }
  return false;
}

// Arithmetic gets loops that the compiler vectorises; everything else goes through the table.
void apply_row(const Operation& operation, std::span<const RowOperand> o, std::span<double> result) {
  switch (operation.op) {
    case Op::add:
      return binary_row(o, result, std::plus());
    case Op::subtract:
      return binary_row(o, result, std::minus());
    case Op::multiply:
      return binary_row(o, result, std::multiplies());
    case Op::divide:
      return binary_row(o, result, std::divides());
    case Op::where: {
      const double *truth = o[0].data, *a = o[1].data, *b = o[2].data;
      const std::size_t t = o[0].stride ? 1 : 0, s = o[1].stride ? 1 : 0, r = o[2].stride ? 1 : 0;
      for (std::size_t i = 0; i < result.size(); ++i) result[i] = truth[i * t] != 0 ? a[i * s] : b[i * r];
      return;
    }
    case Op::power:
      if (o[1].stride == 0 && *o[1].data == 2) return binary_row(std::array{o[0], o[0]}, result, std::multiplies());
      break;
    default:
      break;
  }
  const RowOperand a = o[0], b = o.size() > 1 ? o[1] : RowOperand{o[0].data, 0}, c = o.size() > 2 ? o[2] : b;
  const auto f = operation.evaluate;
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = f(a.data[a.stride ? i : 0], b.data[b.stride ? i : 0], c.data[c.stride ? i : 0]);
}

void accumulate_row(const Operation& reduction, RowOperand row, std::span<double> accumulated) {
  const RowOperand operands[] = {{accumulated.data(), 1}, row};
  apply_row(reduction.op == Op::sum ? operation(Op::add) : reduction, operands, accumulated);
}

void multiply_add_row(RowOperand a, RowOperand b, std::span<double> accumulated) {
  if (a.stride == 0) std::swap(a, b);
  const std::size_t n = accumulated.size();
  if (b.stride == 1)
    for (std::size_t i = 0; i < n; ++i) accumulated[i] += a.data[i] * b.data[i];
  else if (a.stride == 1)
    for (std::size_t i = 0; i < n; ++i) accumulated[i] += a.data[i] * *b.data;
  else
    for (std::size_t i = 0; i < n; ++i) accumulated[i] += *a.data * *b.data;
}

double fold_row(const Operation& reduction, std::span<const double> row) {
  if (reduction.op == Op::sum) return std::reduce(row.begin(), row.end(), 0.0);
  double result = reduction.identity;
  for (double value : row) result = reduction.evaluate(result, value, 0);
  return result;
}

namespace {

// An expression along rows of one axis of the space.
class Rows {
 public:
  Rows(const Expression& expression, std::size_t axis, std::int64_t extent) : expression_(expression) {
    const std::size_t slots = expression.views.size() + expression.steps.size();
    const std::int64_t length = std::min(extent, longest_row);
    buffers_.resize(slots);
    operands_.resize(slots);
    for (std::size_t v = 0; v < expression.views.size(); ++v) {
      strides_.push_back(expression.views[v].strides.empty() ? 0 : expression.views[v].strides[axis]);
      if (strides_[v] > 1) buffers_[v].resize(static_cast<std::size_t>(length));
    }
    for (std::size_t s = expression.views.size(); s < slots; ++s) buffers_[s].resize(static_cast<std::size_t>(length));
  }

  // The value along `count` places from `first`, the views being at `offsets`.
  RowOperand run(std::span<const std::int64_t> offsets, std::int64_t first, std::int64_t count) {
    load(offsets, first, count);
    for (std::size_t s = 0; s < expression_.steps.size(); ++s) step(s, count);
    return operands_.back();
  }

  // Adds the value to `accumulated`; the value's last step is a product that needs no buffer.
  void run_product(std::span<const std::int64_t> offsets, std::int64_t first, std::span<double> accumulated) {
    const auto count = static_cast<std::int64_t>(accumulated.size());
    load(offsets, first, count);
    for (std::size_t s = 0; s + 1 < expression_.steps.size(); ++s) step(s, count);
    const auto [a, b, unused] = expression_.steps.back().operands;
    multiply_add_row(operands_[static_cast<std::size_t>(a)], operands_[static_cast<std::size_t>(b)], accumulated);
  }

 private:
  void load(std::span<const std::int64_t> offsets, std::int64_t first, std::int64_t count) {
    for (std::size_t v = 0; v < expression_.views.size(); ++v) {
      const double* data = expression_.views[v].data + offsets[v] + first * strides_[v];
      if (strides_[v] > 1) {
        for (std::int64_t i = 0; i < count; ++i) buffers_[v][static_cast<std::size_t>(i)] = data[i * strides_[v]];
        data = buffers_[v].data();
      }
      operands_[v] = {data, strides_[v] == 0 ? 0 : 1};
    }
  }

  void step(std::size_t s, std::int64_t count) {
    const Expression::Step& step = expression_.steps[s];
    std::array<RowOperand, 3> operands{};
    const auto arity = static_cast<std::size_t>(step.operation->arity);
    for (std::size_t i = 0; i < arity; ++i) operands[i] = operands_[static_cast<std::size_t>(step.operands[i])];
    const std::size_t slot = expression_.views.size() + s;
    apply_row(*step.operation, std::span(operands).first(arity),
              std::span(buffers_[slot]).first(static_cast<std::size_t>(count)));
    operands_[slot] = {buffers_[slot].data(), 1};
  }

  const Expression& expression_;
  std::vector<std::int64_t> strides_;
  std::vector<std::vector<double>> buffers_;
  std::vector<RowOperand> operands_;
};

// The axis along which most views are contiguous or constant; of those, a long one.
std::size_t row_axis(const Expression& expression, std::span<const std::int64_t> extents) {
  std::size_t best = 0;
  double least = 1e300;
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    double cost = 16.0 / static_cast<double>(extents[axis]);
    for (const View& view : expression.views) cost += view.strides[axis] > 1 ? 2 : 0;
    if (cost <= least) least = cost, best = axis;
  }
  return best;
}

// The odometer over the marked axes but `row`, for the expression's views and one more: the result.
Odometer odometer(const Expression& expression, std::span<const std::int64_t> extents, const std::vector<bool>& marked, bool mark,
                  std::size_t row, const std::vector<std::int64_t>& result_strides) {
  std::vector<std::int64_t> chosen;
  std::vector<std::vector<std::int64_t>> strides(expression.views.size() + 1);
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    if (axis == row || marked[axis] != mark) continue;
    chosen.push_back(extents[axis]);
    for (std::size_t v = 0; v < expression.views.size(); ++v) strides[v].push_back(expression.views[v].strides[axis]);
    strides.back().push_back(result_strides[axis]);
  }
  return {std::move(chosen), std::move(strides)};
}

// Row-major over the axes that are not reduced.
std::vector<std::int64_t> result_strides(std::span<const std::int64_t> extents, const std::vector<bool>& reduced) {
  std::vector<std::int64_t> strides(extents.size());
  std::int64_t stride = 1;
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    if (reduced[axis]) continue;
    strides[axis] = stride;
    stride *= extents[axis];
  }
  return strides;
}

// Joins neighbouring axes, both marked or neither, that every view walks as one: longer rows.
std::vector<std::int64_t> join_axes(Expression& expression, std::span<const std::int64_t> extents, std::vector<bool>& marked) {
  std::vector<std::int64_t> joined;
  std::vector<bool> marks;
  std::vector<View> views;
  for (const View& view : expression.views) views.push_back({view.data, {}});
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    const bool joins =
        !joined.empty() && marked[axis] == marks.back() && std::ranges::all_of(expression.views, [&](const View& view) {
          return view.strides[axis - 1] == view.strides[axis] * extents[axis];
        });
    if (joins) {
      joined.back() *= extents[axis];
      for (std::size_t v = 0; v < views.size(); ++v) views[v].strides.back() = expression.views[v].strides[axis];
    } else {
      joined.push_back(extents[axis]);
      marks.push_back(marked[axis]);
      for (std::size_t v = 0; v < views.size(); ++v) views[v].strides.push_back(expression.views[v].strides[axis]);
    }
  }
  expression.views = std::move(views);
  marked = std::move(marks);
  return joined;
}

}  // namespace

void evaluate(const Expression& given, std::span<const std::int64_t> given_extents, std::span<double> result) {
  if (result.empty()) return;
  Expression expression = given;
  std::vector<bool> none(given_extents.size());
  const std::vector<std::int64_t> extents = join_axes(expression, given_extents, none);
  const std::size_t row = extents.empty() ? 0 : extents.size() - 1;
  const std::int64_t length = extents.empty() ? 1 : extents[row];
  Rows rows(expression, row, length);
  Odometer outer = odometer(expression, extents, none, false, row, result_strides(extents, none));
  std::vector<std::int64_t> offsets(expression.views.size() + 1);
  do {
    for (std::int64_t first = 0; first < length; first += longest_row) {
      const std::int64_t count = std::min(longest_row, length - first);
      const RowOperand values = rows.run(offsets, first, count);
      double* target = result.data() + offsets.back() + first;
      if (values.stride == 1)
        std::copy_n(values.data, count, target);
      else
        std::fill_n(target, count, *values.data);
    }
  } while (outer.next(offsets));
}

void evaluate_reduced(const Operation& reduction, const Expression& given, std::span<const std::int64_t> given_extents,
                      std::vector<bool> reduced, std::span<double> result) {
  if (result.empty()) return;
  assert(!given_extents.empty());
  Expression expression = given;
  const std::vector<std::int64_t> extents = join_axes(expression, given_extents, reduced);
  const std::size_t row = row_axis(expression, extents);
  const std::vector<std::int64_t> strides = result_strides(extents, reduced);
  Odometer outer = odometer(expression, extents, reduced, false, row, strides);
  Odometer inner = odometer(expression, extents, reduced, true, row, strides);
  Rows rows(expression, row, extents[row]);
  const bool product =
      reduction.op == Op::sum && !expression.steps.empty() && expression.steps.back().operation->op == Op::multiply;

  std::vector<double> buffer(static_cast<std::size_t>(std::min(extents[row], longest_row)));
  std::vector<std::int64_t> offsets(expression.views.size() + 1);
  do {
    double folded = reduction.identity;
    for (std::int64_t first = 0; first < extents[row]; first += longest_row) {
      const std::span accumulated(buffer.data(), static_cast<std::size_t>(std::min(longest_row, extents[row] - first)));
      std::ranges::fill(accumulated, reduction.identity);
      do {
        if (product)
          rows.run_product(offsets, first, accumulated);
        else
          accumulate_row(reduction, rows.run(offsets, first, static_cast<std::int64_t>(accumulated.size())), accumulated);
      } while (inner.next(offsets));
      if (reduced[row])
        folded = reduction.evaluate(folded, fold_row(reduction, accumulated), 0);
      else
        for (std::size_t i = 0; i < accumulated.size(); ++i)
          result[static_cast<std::size_t>(offsets.back() + (first + static_cast<std::int64_t>(i)) * strides[row])] =
              accumulated[i];
    }
    if (reduced[row]) result[static_cast<std::size_t>(offsets.back())] = folded;
  } while (outer.next(offsets));
}

}  // namespace tenet

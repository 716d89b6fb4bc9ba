// Random programs as text: what people write, not what a graph allows. Every value stays moderate, so that single precision
// can be compared with double.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tenet::tests {

class ProgramWriter {
 public:
  // A program of some `lines` definitions, its parameters' initial values normal, trained for a step.
  ProgramWriter(unsigned seed, int lines) : random_(seed) {
    text_ = "axis i = 3, j = 2, k = 4, t = 5, r = 12\n";
    for (const auto& axes : {Axes{"i"}, Axes{"i", "j"}, Axes{"k", "t"}, Axes{}}) {
      const std::string name = fmt::format("p{}", values_.size());
      text_ += fmt::format("param {}{} = normal()\n", name, in_brackets(axes));
      values_.push_back({name, axes});
    }
    for (int line = 0; line < lines; ++line) define();
    std::string loss;
    for (std::size_t k = values_.size(); k-- > values_.size() - 3;) loss += (loss.empty() ? "" : " + ") + total(values_[k]);
    text_ += fmt::format("loss = tanh(({}) / 10)\ntrain loss {{\n  steps = 1\n  rate = 1\n}}\n", loss);
  }

  const std::string& text() const { return text_; }

 private:
  using Axes = std::set<std::string>;
  struct Value {
    std::string text;
    Axes axes;
  };

  unsigned below(std::size_t count) { return static_cast<unsigned>(random_() % count); }
  template <class Container>
  auto any(const Container& from) {
    return *std::next(from.begin(), below(from.size()));
  }
  const Value& named() { return values_[values_.size() - 1 - below(std::min<std::size_t>(values_.size(), 6))]; }

  static std::string joined(const Axes& axes) { return fmt::format("{}", fmt::join(axes, ", ")); }
  static std::string in_brackets(const Axes& axes) { return axes.empty() ? "" : "[" + joined(axes) + "]"; }
  static std::string total(const Value& value) {
    return value.axes.empty() ? value.text : fmt::format("mean{}({})", in_brackets(value.axes), value.text);
  }
  static Axes without(Axes axes, const std::string& axis) {
    axes.erase(axis);
    return axes;
  }
  static Axes united(Axes a, const Axes& b) {
    a.insert(b.begin(), b.end());
    return a;
  }

  void define() {
    if (below(8) == 0) return recur();
    Value value = expression(2);
    const std::string name = fmt::format("v{}", values_.size());
    text_ += fmt::format("{} = {}\n", name, value.text);
    values_.push_back({name, value.axes});
  }

  // A definition that reads itself earlier or later.
  void recur() {
    const Value start = named(), step = named();
    const std::string axis = any(Axes{"i", "j", "k", "t"}), name = fmt::format("v{}", values_.size());
    const Axes axes = united(united(start.axes, step.axes), {axis});
    const std::string before = start.axes.contains(axis) ? "0" : fmt::format("tanh({})", start.text);
    text_ += fmt::format("{0}p = {0}[{1} = {1} {2} 1 else {3}]\n", name, axis, below(2) == 0 ? "-" : "+", before);
    static const std::vector<std::string> bodies{"tanh(0.5 * {0}p + {1})", "sin(0.5 * {0}p + {1})",
                                                 "tanh(where({1} > 0, log({1}), 0.5 * {0}p))",
                                                 "tanh(where({2} > 0, {0}p / {2} + {1}, {1}))"};
    const std::string body = fmt::format(fmt::runtime(any(bodies)), name, step.text, axis);
    text_ += fmt::format("{}{} = {}\n", name, in_brackets(axes), body);
    values_.push_back({name, axes});
  }

  Value expression(int depth) {
    if (depth == 0) return below(8) == 0 ? leaf() : named();
    const Value a = expression(depth - 1);
    switch (below(12)) {
      case 0:
        return binary(a, expression(depth - 1), any(std::vector{"({} + {})", "({} - {})", "(tanh({}) * {})"}));
      case 1:
        return binary(a, positive(depth), "({} / {})");
      case 2:
        return binary(a, expression(depth - 1), any(std::vector{"max({}, {})", "min({}, {})"}));
      case 3:
        return binary(a, expression(depth - 1), "where(" + condition(a) + ", {}, {})");
      case 4:
        return masked(a);
      case 5:
        return function(a);
      case 6:
        return reduction(a);
      case 7:
      case 8:
        return substitution(a);
      case 9:
        return normalised(a);
      case 10:
        return gradient();
      default:
        return contraction();
    }
  }

  Value leaf() {
    const std::string axis = any(Axes{"i", "j", "k", "t"});
    switch (below(4)) {
      case 0:
        return {any(std::vector<std::string>{"0.5", "2", "(1/3)", "0"}), {}};
      case 1:
        return {fmt::format("(1 / |{}|)", axis), {}};
      case 2:
        return {fmt::format("({0} / |{0}|)", axis), {axis}};
      default:
        return {fmt::format("(floor(r / |{0}|) - 1)", axis), {"r"}};
    }
  }

  static Value binary(const Value& a, const Value& b, const std::string& pattern) {
    return {fmt::format(fmt::runtime(pattern), a.text, b.text), united(a.axes, b.axes)};
  }

  Value positive(int depth) {
    const Value a = expression(depth - 1);
    static const std::vector<std::string> patterns{"(1 + {}^2)", "exp(tanh({}))", "(0.5 + sigmoid({}))", "(softplus({}) + 0.1)"};
    return {fmt::format(fmt::runtime(any(patterns)), a.text), a.axes};
  }

  // A truth over axes that the value has, if any.
  std::string condition(const Value& value) {
    if (!value.axes.empty() && below(2) == 0) return fmt::format("{} {} 1", any(value.axes), any(std::vector{"<=", "!=", "=="}));
    return fmt::format("{} > 0", value.text);
  }

  // A function where it is defined, something else elsewhere.
  Value masked(const Value& a) {
    static const std::vector<std::string> patterns{
        "where({0} > 0, log({0}), 0)",           "where({0} != 0, 1 / {0}, 1)",
        "where({0} > 0, sqrt({0}), {0})",        "where(abs({0}) > 0.1, {0}^-2, 0)",
        "where({0} > 0, {0}^1.5 * log({0}), 0)", "where({0} < 1, exp({0} + 400 * relu({0} - 1)), 0)",
        "where({0} != 0, sin({0}) / {0}, 1)"};
    return {fmt::format("tanh({})", fmt::format(fmt::runtime(any(patterns)), a.text)), a.axes};
  }

  Value function(const Value& a) {
    static const std::vector<std::string> patterns{"tanh({})", "sigmoid({})",  "sin({})",    "cos({})",        "erf({})",
                                                   "relu({})", "abs({})",      "gelu({})",   "silu({})",       "elu({})",
                                                   "stop({})", "({})^2",       "({})^3 / 9", "(1 - {})^2 / 4", "softplus({})",
                                                   "(-{})",    "exp(tanh({}))"};
    return {fmt::format(fmt::runtime(any(patterns)), a.text), a.axes};
  }

  Value reduction(const Value& a) {
    if (a.axes.empty()) return function(a);
    const std::string axis = any(a.axes);
    const std::string inner = fmt::format("tanh({})", a.text);
    switch (below(5)) {
      case 0:
        return {fmt::format("prod[{}]({})", axis, inner), without(a.axes, axis)};
      case 1:
        return {fmt::format("logsumexp[{}]({})", axis, a.text), without(a.axes, axis)};
      case 2:
        return {fmt::format("mean[{}]({})", axis, a.text), without(a.axes, axis)};
      default:
        return {fmt::format("{}[{}]({})", any(std::vector{"max", "min"}), axis, a.text), without(a.axes, axis)};
    }
  }

  Value substitution(const Value& given) {
    const Value a = given.axes.empty() ? values_[2] : given;
    const std::string axis = any(a.axes);
    const Axes rest = without(a.axes, axis);
    const std::string value = "(" + a.text + ")";
    switch (below(6)) {
      case 0:
        return {fmt::format("{}[{} = 0]", value, axis), rest};
      case 1:
        return {fmt::format("{0}[{1} = {1} - 1 else 0.5]", value, axis), a.axes};
      case 2:
        return {fmt::format("{0}[{1} = |{1}| - 1 - {1}]", value, axis), a.axes};
      case 3:
        if (rest.contains("r") || axis == "r") return a;
        return {fmt::format("{0}[{1} = r - |{1}| * floor(r / |{1}|)]", value, axis), united(rest, {"r"})};
      case 4:
        return {fmt::format("{}[{} = min(argmax[i](p0), |{}| - 1)]", value, axis, axis), rest};
      default: {
        const std::string other = any(Axes{"i", "j", "k", "t"});
        if (a.axes.contains(other)) return a;
        return {fmt::format("{}[{} = 2 * {} - 1 else 0]", value, axis, other), united(rest, {other})};
      }
    }
  }

  Value normalised(const Value& a) {
    if (a.axes.empty()) return function(a);
    const std::string axis = any(a.axes);
    static const std::vector<std::string> patterns{"softmax[{1}]({0})",
                                                   "log_softmax[{1}]({0}) / 4",
                                                   "layer_norm[{1}]({0}, eps = 0.1)",
                                                   "rms_norm[{1}]({0}, eps = 0.1)",
                                                   "softmax[{1}](where({1} <= 1, {0}, -inf))",
                                                   "({0} - mean[{1}]({0}))"};
    return {fmt::format(fmt::runtime(any(patterns)), a.text, axis), a.axes};
  }

  // A gradient as a value: what is trained then needs a second derivative.
  Value gradient() {
    const Value& of = named();
    const Value& by = values_[below(4)];
    return {fmt::format("tanh(grad({}, {}))", total({fmt::format("tanh({})", of.text), of.axes}), by.text), by.axes};
  }

  Value contraction() {
    const Value &a = named(), &b = named();
    Axes shared;
    std::ranges::set_intersection(a.axes, b.axes, std::inserter(shared, shared.end()));
    if (shared.empty()) return binary(a, b, "(tanh({}) * {})");
    const std::string axis = any(shared);
    return {fmt::format("tanh(sum[{}]({} * {}))", axis, a.text, b.text), without(united(a.axes, b.axes), axis)};
  }

  std::mt19937 random_;
  std::string text_;
  std::vector<Value> values_;
};

}  // namespace tenet::tests

// Where an index goes: intervals over polynomials in sizes. An index is first written as a linear form in atoms (coordinates,
// data, whatever is not linear), so that `t - t` is 0 and `i * |k| + k` stays below |i| * |k|; the form's interval follows from
// those of the atoms.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/elaborate/size_polynomial.h"

namespace tenet {

// One end of an interval. `undecided`: which of several expressions it is depends on open sizes. `excluded`: the end itself is
// never reached, nor is it in single precision.
struct Bound {
  enum class State : std::uint8_t { finite, unbounded, undecided } state = State::unbounded;
  SizePolynomial value = {};
  bool excluded = false;
};

struct Interval {
  Bound low, high;
};

class Ranges {
 public:
  // Without `sizes` those that are numbers in the program count as known; with it all are known.
  explicit Ranges(const Graph& graph, const Sizes* sizes = nullptr) : graph_(graph), sizes_(sizes) {}

  // Whether the index stays within the axis for all sizes, or leaves it for all, or depends on sizes that are open.
  Decision within(NodeId index, AxisId axis);

  // No absolute value is greater; nothing where none is proved, or where it depends on open sizes.
  std::optional<mpq_class> magnitude(NodeId value);

  std::string interval_text(NodeId index);  // "from -1 to |time| - 2"
  std::string last_text(AxisId axis);       // "|time| - 1"
  SizePolynomial size(AxisId axis);

 private:
  struct Form {
    SizePolynomial constant = {};
    std::map<NodeId, SizePolynomial> coefficients = {};  // of atoms
    bool rounds = false;  // it is more than a whole multiple of one atom: rounding may reach an end
  };

  const Form& form(NodeId node);
  std::vector<NodeId> operands_followed(NodeId node) const;
  Form form_of(NodeId node);
  Form atom(NodeId node, Interval interval);
  Form product(NodeId node, const Form& a, const Form& b);
  Form quotient(NodeId node, const Form& a, const Form& b);
  Form power(NodeId node, const Form& a, const Form& b);
  struct Division {
    Form dividend;
    SizePolynomial divisor;
  };
  std::optional<Division> division(NodeId floor);  // of wholes, that the node rounds down
  Interval quotient_interval(const Division& division);
  std::optional<Interval> interval_of_remainders(const Form& form);
  Form substituted(NodeId node);
  Interval interval(const Form& form);
  Interval of_operand(NodeId node, std::size_t operand);
  Interval below(AxisId axis);  // 0 to |axis| - 1
  Interval index_interval(NodeId index);

  const Graph& graph_;
  const Sizes* sizes_;
  std::unordered_map<std::uint32_t, Form> forms_;
  std::unordered_map<std::uint32_t, Interval> atoms_;
  std::unordered_map<std::uint32_t, Division> divisions_;  // atoms floor(dividend / divisor)
  std::unordered_map<std::uint32_t, SizePolynomial> axis_sizes_;
};

}  // namespace tenet

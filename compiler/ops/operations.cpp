#include "compiler/ops/operations.h"

#include <algorithm>
#include <limits>

#include "compiler/ops/emission.h"
#include "compiler/ops/evaluation.h"

namespace tenet {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

constexpr std::string_view tie_of_two = "at a tie of max or min the derivative is split evenly between the two operands";
constexpr std::string_view tie_of_many =
    "at a tie of max or min over axes the derivative is split evenly between the tied elements";

using O = Op;
using F = Form;
using N = Notation;
using K = KindRule;
namespace v = evaluation;
namespace e = emission;

constexpr Operation::Adjoint none{"", "", ""};

// A formula holds around every point, so that its own derivative is right too: it may ask where an operand is 0, but gives there
// only what the limit is. `others` are copies of a reduction's `axes`, `other` is the operand at them, `here` says whether they
// are the element's own place.
// clang-format off
constexpr Operation table[] = {
  // op  spelling  form  arity  notation  binding  kind
  //   adjoint  convention
  //   evaluate  identity  emit  cost  domain
  {O::constant,   "constant",   F::leaf, -1, N::leaf, 9, K::given, none, "", nullptr, 0, nullptr, 0, 0, 0},
  {O::infinity,   "inf",        F::leaf, -1, N::leaf, 9, K::real,  none, "", nullptr, 0, nullptr, 0, 0, 0},
  {O::pi,         "pi",         F::leaf, -1, N::leaf, 9, K::real,  none, "", nullptr, 0, nullptr, 0, 0, 0},
  {O::size,       "size",       F::leaf, -1, N::leaf, 9, K::whole, none, "", nullptr, 0, nullptr, 0, 0, 0},
  {O::coordinate, "coordinate", F::leaf, -1, N::leaf, 9, K::whole, none, "", nullptr, 0, nullptr, 0, 0, 0},
  {O::input,      "input",      F::leaf, -1, N::leaf, 9, K::given, none, "", nullptr, 0, nullptr, 0, 0, 0},
  {O::normal,     "normal",     F::leaf, -1, N::leaf, 9, K::real,  none, "", nullptr, 0, nullptr, 0, 0, 0},
  {O::uniform,    "uniform",    F::leaf, -1, N::leaf, 9, K::real,  none, "", nullptr, 0, nullptr, 0, 0, 0},

  {O::named, "named", F::identity, 1, N::leaf, 9, K::same, {"g", "", ""}, "", nullptr, 0, nullptr, 0, 0, 0},
  {O::stop,  "stop",  F::identity, 1, N::call, 9, K::same, none,          "", nullptr, 0, nullptr, 0, 0, 0},

  {O::add,      "+", F::pointwise, 2, N::infix,  5, K::arithmetic, {"g", "g", ""},         "", v::add,      0, e::add,      1, -2, 2},
  {O::subtract, "-", F::pointwise, 2, N::infix,  5, K::arithmetic, {"g", "-g", ""},        "", v::subtract, 0, e::subtract, 1, -2, 2},
  {O::multiply, "*", F::pointwise, 2, N::infix,  6, K::product,    {"g * b", "g * a", ""}, "", v::multiply, 0, e::multiply, 1, -2, 2},
  {O::divide,   "/", F::pointwise, 2, N::infix,  6, K::real,
      {"g / b", "-(g * y / b)", ""}, "",
      v::divide, 0, e::divide, 1, 0.25, 4},
  {O::negate,   "-", F::pointwise, 1, N::prefix, 7, K::arithmetic, {"-g", "", ""},         "", v::negate,   0, e::negate,   1, -2, 2},
  {O::power,    "^", F::pointwise, 2, N::infix,  8, K::real,
      {"where(b == 0, where(a == 0, 0, g * b * a^(b - 1)), g * b * a^(b - 1))",
       "where(a == 0, where(b >= 0, 0, g * y * log(a)), g * y * log(a))", ""}, "",
      v::power, 0, e::power, 4, 0.25, 3},

  {O::exp,      "exp",      F::pointwise, 1, N::call, 9, K::real,  {"g * y", "", ""},           "", v::exp,     0, e::exp,     10, -3, 3},
  {O::log,      "log",      F::pointwise, 1, N::call, 9, K::real,  {"g / a", "", ""},           "", v::log,     0, e::log,     10, 0.1, 4},
  {O::sqrt,     "sqrt",     F::pointwise, 1, N::call, 9, K::real,  {"g / (2 * y)", "", ""},     "", v::sqrt,    0, e::sqrt,    4, 0.1, 4},
  {O::tanh,     "tanh",     F::pointwise, 1, N::call, 9, K::real,  {"g * (1 - y^2)", "", ""},   "", v::tanh,    0, e::tanh,    10, -3, 3},
  {O::sigmoid,  "sigmoid",  F::pointwise, 1, N::call, 9, K::real,  {"g * y * (1 - y)", "", ""}, "", v::sigmoid, 0, e::sigmoid, 10, -3, 3},
  {O::abs,      "abs",      F::pointwise, 1, N::call, 9, K::arithmetic,
      {"g * sign(a)", "", ""}, "the derivative of abs at 0 is 0",
      v::abs, 0, e::abs, 1, -2, 2},
  {O::sign,     "sign",     F::pointwise, 1, N::call, 9, K::real,  none,                        "", v::sign,    0, e::sign,    1, -2, 2},
  {O::floor,    "floor",    F::pointwise, 1, N::call, 9, K::whole, none,                        "", v::floor,   0, e::floor,   1, -3, 3},
  {O::sin,      "sin",      F::pointwise, 1, N::call, 9, K::real,  {"g * cos(a)", "", ""},      "", v::sin,     0, e::sin,     10, -4, 4},
  {O::cos,      "cos",      F::pointwise, 1, N::call, 9, K::real,  {"-(g * sin(a))", "", ""},   "", v::cos,     0, e::cos,     10, -4, 4},
  {O::erf,      "erf",      F::pointwise, 1, N::call, 9, K::real,
      {"g * (2 / sqrt(pi)) * exp(-a^2)", "", ""}, "",
      v::erf, 0, e::erf, 10, -3, 3},
  {O::relu,     "relu",     F::pointwise, 1, N::call, 9, K::real,
      {"where(a > 0, g, 0)", "", ""}, "the derivative of relu at 0 is 0",
      v::relu, 0, e::relu, 1, -2, 2},
  {O::log1p,    "log1p",    F::pointwise, 1, N::call, 9, K::real,  {"g / (1 + a)", "", ""},     "", v::log1p,    0, e::log1p,    10, -0.7, 3},
  {O::expm1,    "expm1",    F::pointwise, 1, N::call, 9, K::real,  {"g * exp(a)", "", ""},      "", v::expm1,    0, e::expm1,    10, -3, 3},
  {O::softplus, "softplus", F::pointwise, 1, N::call, 9, K::real,  {"g * sigmoid(a)", "", ""},  "", v::softplus, 0, e::softplus, 10, -3, 3},

  {O::maximum, "max", F::pointwise, 2, N::call, 9, K::arithmetic,
      {"where(a > b, g, where(a == b, g / 2, 0))", "where(b > a, g, where(a == b, g / 2, 0))", ""}, tie_of_two,
      v::maximum, 0, e::maximum, 1, -2, 2},
  {O::minimum, "min", F::pointwise, 2, N::call, 9, K::arithmetic,
      {"where(a < b, g, where(a == b, g / 2, 0))", "where(b < a, g, where(a == b, g / 2, 0))", ""}, tie_of_two,
      v::minimum, 0, e::minimum, 1, -2, 2},

  {O::equal,         "==",  F::pointwise, 2, N::infix,  4, K::truth, none, "", v::equal,         0, e::equal,         0, -2, 2},
  {O::not_equal,     "!=",  F::pointwise, 2, N::infix,  4, K::truth, none, "", v::not_equal,     0, e::not_equal,     0, -2, 2},
  {O::less,          "<",   F::pointwise, 2, N::infix,  4, K::truth, none, "", v::less,          0, e::less,          0, -2, 2},
  {O::less_equal,    "<=",  F::pointwise, 2, N::infix,  4, K::truth, none, "", v::less_equal,    0, e::less_equal,    0, -2, 2},
  {O::greater,       ">",   F::pointwise, 2, N::infix,  4, K::truth, none, "", v::greater,       0, e::greater,       0, -2, 2},
  {O::greater_equal, ">=",  F::pointwise, 2, N::infix,  4, K::truth, none, "", v::greater_equal, 0, e::greater_equal, 0, -2, 2},
  {O::logical_and,   "and", F::pointwise, 2, N::infix,  2, K::truth, none, "", v::logical_and,   0, e::logical_and,   0, 0, 1},
  {O::logical_or,    "or",  F::pointwise, 2, N::infix,  1, K::truth, none, "", v::logical_or,    0, e::logical_or,    0, 0, 1},
  {O::logical_not,   "not", F::pointwise, 1, N::prefix, 3, K::truth, none, "", v::logical_not,   0, e::logical_not,   0, 0, 1},
  {O::where, "where", F::pointwise, 3, N::call, 9, K::arithmetic,
      {"", "where(a, g, 0)", "where(a, 0, g)"}, "",
      v::where, 0, e::where, 1, -2, 2},

  {O::sum,      "sum",    F::reduction, 1, N::reduce, 9, K::arithmetic, {"g", "", ""}, "", v::add, 0, e::add, 1, -2, 2},
  // Not y / a, whose derivative is another one where elements are 0; what is computed is that where it can be.
  {O::product,  "prod",   F::reduction, 1, N::reduce, 9, K::arithmetic,
      {"g * prod[others](where(here, 1, other))", "", ""}, "",
      v::multiply, 1, e::multiply, 1, -2, 2},
  {O::max_over, "max",    F::reduction, 1, N::reduce, 9, K::arithmetic,
      {"g * (a == y) / sum[axes](a == y)", "", ""}, tie_of_many,
      v::maximum, -inf, e::maximum, 1, -2, 2},
  {O::min_over, "min",    F::reduction, 1, N::reduce, 9, K::arithmetic,
      {"g * (a == y) / sum[axes](a == y)", "", ""}, tie_of_many,
      v::minimum, inf, e::minimum, 1, -2, 2},
  {O::argmax,   "argmax", F::reduction, 1, N::reduce, 9, K::whole, none, "", v::maximum, -inf, e::maximum, 1, -2, 2},

  {O::substitute, "substitute", F::substitution, -1, N::substitution, 9, K::same, none, "", nullptr, 0, nullptr, 0, 0, 0},
  {O::recurrence, "recurrence", F::recurrence, -1, N::leaf, 9, K::given, none, "", nullptr, 0, nullptr, 0, 0, 0},
};
// clang-format on

consteval bool complete() {
  if (std::size(table) != operation_count) return false;
  for (std::size_t i = 0; i < operation_count; ++i) {
    const Operation& row = table[i];
    if (static_cast<std::size_t>(row.op) != i || row.spelling.empty() || row.binding < 1 || row.binding > 9) return false;
    const bool computes = row.form == Form::pointwise || row.form == Form::reduction;
    if (computes && !(row.domain_low < row.domain_high && row.arity >= 1 && row.arity <= 3)) return false;
  }
  return true;
}
static_assert(complete(), "one row for each operation, in the order of Op, with the columns that its form needs");

const Operation* find(Notation notation, Form form, std::string_view spelling) {
  for (const Operation& row : table)
    if (row.notation == notation && row.form == form && row.spelling == spelling) return &row;
  return nullptr;
}

}  // namespace

const Operation& operation(Op op) { return table[static_cast<std::size_t>(op)]; }
std::span<const Operation> operations() { return table; }

Kind result_kind(Op op, std::span<const Kind> operands) {
  switch (operation(op).kind) {
    case KindRule::truth:
      return Kind::truth;
    case KindRule::whole:
      return Kind::whole;
    case KindRule::same:
      return operands[0];
    case KindRule::product:
      if (std::ranges::count(operands, Kind::truth) == std::ssize(operands)) return Kind::truth;
      [[fallthrough]];
    case KindRule::arithmetic:
      return std::ranges::find(operands, Kind::real) != operands.end() ? Kind::real : Kind::whole;
    case KindRule::real:
    case KindRule::given:
      break;
  }
  return Kind::real;
}

const Operation* function_called(std::string_view name) { return find(Notation::call, Form::pointwise, name); }
const Operation* reduction_called(std::string_view name) { return find(Notation::reduce, Form::reduction, name); }

}  // namespace tenet

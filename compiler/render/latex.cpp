#include "compiler/render/latex.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "compiler/syntax/number.h"

namespace tenet {
namespace {

using syntax::Bracket;
using syntax::Expression;
using Kind = Expression::Kind;

constexpr char may_break = '\x1f';  // stands before a + or - at which a line may end; never in the result
constexpr std::size_t line_width = 76;

bool is_operation(const Expression& e, Op op) { return e.kind == Kind::operation && e.op == op; }

// Pointwise functions that LaTeX knows by name. The others are set upright.
constexpr std::string_view known_functions[] = {"exp", "log", "tanh", "sin", "cos", "max", "min"};

constexpr std::pair<Op, std::string_view> relations[] = {
    {Op::equal, "="},
    {Op::not_equal, "\\ne"},
    {Op::less, "<"},
    {Op::less_equal, "\\le"},
    {Op::greater, ">"},
    {Op::greater_equal, "\\ge"},
    {Op::logical_and, "\\land"},
    {Op::logical_or, "\\lor"},
};

const std::string_view* relation(const Expression& e) {
  if (e.kind != Kind::operation) return nullptr;
  for (const auto& [op, sign] : relations)
    if (op == e.op) return &sign;
  return nullptr;
}

bool is_truth(const Expression& e) { return relation(e) || is_operation(e, Op::logical_not); }

// How wide it is set, about, in letters: a command is one, a fraction as wide as its wider part.
std::size_t width(std::string_view text) {
  std::size_t result = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '\\') {
      result += c != '{' && c != '}' && c != '_' && c != '^' && c != ' ' && c != '&' && c != may_break ? 1 : 0;
      continue;
    }
    std::size_t end = i + 1;
    while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end]))) ++end;
    const std::string_view command = text.substr(i + 1, end - i - 1);
    if (command == "frac") {
      const auto group = [&](std::size_t from) {
        int depth = 0;
        std::size_t at = from;
        do depth += text[at] == '{' ? 1 : text[at] == '}' ? -1 : 0;
        while (++at < text.size() && depth > 0);
        return at;
      };
      const std::size_t middle = group(end), last = group(middle);
      result += std::max(width(text.substr(end, middle - end)), width(text.substr(middle, last - middle)));
      i = last - 1;
      continue;
    }
    constexpr std::string_view silent[] = {"mathrm", "left", "right", "bigl", "bigr", "operatorname", "begin", "end"};
    result += std::ranges::find(silent, command) == std::end(silent) ? 1 : 0;
    i = std::max(end, i + 2) - 1;
  }
  return result;
}

std::string number_text(const mpq_class& value, bool whole) {
  std::string text = syntax::write_number(value, whole);
  for (std::size_t at = text.find('_'); at != std::string::npos; at = text.find('_', at)) text.replace(at, 1, "\\,");
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return text;
  const std::string digits = text.substr(0, e), power = fmt::format("10^{{{}}}", std::stoi(text.substr(e + 1)));
  return digits == "1" ? power : digits + " \\cdot " + power;
}

// Recursion is bounded by the tree's depth, which is that of a line.
class Writer {
 public:
  Writer(const LatexNames& names, bool breaks) : names_(names), breaks_(breaks) {}

  // `binding`: how strongly what stands around pulls; an operator that binds less gets brackets.
  std::string write(const Expression& e, int binding) {
    if (e.kind != Kind::operation) return atom(e);
    if (is_operation(e, Op::power)) return power(e, binding);
    if (is_truth(e) && binding > truths) return fmt::format("\\indicator{{{}}}", unbroken(e, loosest));
    if (is_operation(e, Op::divide) || is_operation(e, Op::multiply)) return product(e, binding);
    return operation(e).binding < binding ? bracketed(sum(e)) : sum(e);
  }

  static constexpr int loosest = 0, truths = 1, tightest = 9;

 private:
  static const Operation& operation(const Expression& e) { return tenet::operation(e.op); }

  std::string unbroken(const Expression& e, int binding) {
    const bool outside = std::exchange(breaks_, false);
    std::string text = write(e, binding);
    breaks_ = outside;
    return text;
  }

  // A pair of \left and \right cannot be parted by the end of a line.
  std::string bracketed(const std::string& text) const {
    return breaks_ ? fmt::format("\\bigl({}\\bigr)", text) : fmt::format("\\left({}\\right)", text);
  }

  std::string sum(const Expression& e) {
    if (is_operation(e, Op::negate)) return fmt::format("-{}", write(*e.operands[0], tenet::operation(Op::multiply).binding));
    const int own = operation(e).binding;
    if (is_operation(e, Op::logical_not)) return "\\lnot " + joined(*e.operands[0], own);
    const bool joins = e.op == Op::logical_and || e.op == Op::logical_or;
    const auto side = [&](const Expression& operand) { return joins ? joined(operand, own) : unbroken(operand, own + 1); };
    if (const std::string_view* sign = relation(e))
      return fmt::format("{} {} {}", side(*e.operands[0]), *sign, side(*e.operands[1]));
    const std::string left = write(*e.operands[0], own);
    const std::string right = write(*e.operands[1], own + 1);
    return fmt::format("{}{} {} {}", left, breaks_ ? std::string(1, may_break) : "", e.op == Op::add ? "+" : "-", right);
  }

  // A truth beside `and` stands as it is; elsewhere it is a number, an indicator.
  std::string joined(const Expression& operand, int own) {
    if (!is_truth(operand)) return unbroken(operand, own + 1);
    const std::string text = unbroken(operand, loosest);
    return operation(operand).binding >= own ? text : fmt::format("\\left({}\\right)", text);
  }

  // x y / d z: fractions and factors side by side, as they are written.
  std::string product(const Expression& e, int binding) {
    std::vector<std::pair<const Expression*, bool>> factors;  // and whether it divides
    const Expression* at = &e;
    while (is_operation(*at, Op::multiply) || is_operation(*at, Op::divide)) {
      factors.emplace_back(at->operands[1].get(), at->op == Op::divide);
      at = at->operands[0].get();
    }
    factors.emplace_back(at, false);
    std::ranges::reverse(factors);
    std::string result;
    std::size_t k = 0;
    while (k < factors.size()) {
      std::size_t over = k, under = k;
      while (over < factors.size() && !factors[over].second) ++over;
      under = over;
      while (under < factors.size() && factors[under].second) ++under;
      append(result, under == over
                         ? row(factors, k, over, false)
                         : fmt::format("\\frac{{{}}}{{{}}}", row(factors, k, over, true), row(factors, over, under, true)));
      k = under;
    }
    const bool fraction_alone = factors.size() == 2 && factors[1].second;
    return binding > operation(e).binding && !fraction_alone ? bracketed(result) : result;
  }

  // The factors from, .., to - 1 side by side. One alone above or below a bar needs no brackets; a sum that others follow does.
  std::string row(const std::vector<std::pair<const Expression*, bool>>& factors, std::size_t from, std::size_t to,
                  bool fraction) {
    const int binding = tenet::operation(Op::multiply).binding;
    const bool outside = std::exchange(breaks_, breaks_ && !fraction);
    std::string result;
    for (std::size_t k = from; k < to; ++k) {
      const Expression& factor = *factors[k].first;
      const bool alone = fraction && to == from + 1, last = k + 1 == (fraction ? to : factors.size());
      const bool sums = factor.kind == Kind::call && !factor.brackets.empty() && reduction_called(factor.text);
      const bool minus = k > 0 && is_operation(factor, Op::negate);
      const std::string text = write(factor, alone ? truths + 1 : minus ? tightest : binding);
      append(result, sums && !last ? bracketed(text) : text);
    }
    breaks_ = outside;
    return result;
  }

  static void append(std::string& product, const std::string& factor) {
    if (!product.empty())
      product += std::isdigit(static_cast<unsigned char>(factor[0])) || factor.starts_with("-") ? " \\cdot " : " \\, ";
    product += factor;
  }

  std::string power(const Expression& e, int binding) {
    const Expression& base = *e.operands[0];
    const std::string exponent = unbroken(*e.operands[1], truths + 1);
    const bool plain =
        base.kind == Kind::name || base.kind == Kind::size || base.kind == Kind::pi || (base.kind == Kind::number && base.whole);
    std::string text = unbroken(base, truths + 1);
    const bool fraction = plain && text.starts_with("\\frac");
    if (!plain || fraction) text = fmt::format("\\left({}\\right)", text);
    text = fmt::format("{{{}}}^{{{}}}", text, exponent);
    return binding > operation(e).binding + 1 ? bracketed(text) : text;
  }

  std::string atom(const Expression& e) {
    switch (e.kind) {
      case Kind::number:
        return number_text(e.number, e.whole);
      case Kind::size:
        return fmt::format("\\left|{}\\right|", latex_name(e.text));
      case Kind::infinity:
        return "\\infty";
      case Kind::pi:
        return "\\pi";
      case Kind::substitute:
        return substitution(e);
      case Kind::call:
        return call(e);
      default: {
        const std::string other = names_ ? names_(e.text) : std::string();
        return other.empty() ? latex_name(e.text) : other;
      }
    }
  }

  std::string subscript(const std::vector<Bracket>& brackets) {
    std::string text;
    for (const Bracket& bracket : brackets) {
      if (!text.empty()) text += ",\\, ";
      for (std::size_t k = 0; k < bracket.names.size(); ++k) text += (k ? ", " : "") + latex_name(bracket.names[k].text);
      if (bracket.value) text += " = " + unbroken(*bracket.value, truths + 1);
      if (bracket.otherwise) text += "\\ \\text{else}\\ " + unbroken(*bracket.otherwise, truths + 1);
    }
    return text;
  }

  std::string substitution(const Expression& e) {
    const Expression& value = *e.operands[0];
    const std::string text = unbroken(value, truths + 1);
    if (value.kind == Kind::name && !text.starts_with("\\frac")) return fmt::format("{{{}}}_{{{}}}", text, subscript(e.brackets));
    return fmt::format("\\left.{}\\right|_{{{}}}", text, subscript(e.brackets));
  }

  std::string call(const Expression& e) {
    if (e.text == "where") return cases(e);
    if (!e.brackets.empty() && reduction_called(e.text)) return reduction(e);
    std::string arguments;
    const bool one = e.arguments.size() == 1;
    for (const syntax::Argument& argument : e.arguments)
      arguments +=
          (arguments.empty() ? "" : ", ") + (one ? write(*argument.value, truths + 1) : unbroken(*argument.value, truths + 1));
    if (e.text == "sqrt") return fmt::format("\\sqrt{{{}}}", unbroken(*e.arguments[0].value, truths + 1));
    if (e.text == "abs") return fmt::format("\\left|{}\\right|", unbroken(*e.arguments[0].value, truths + 1));
    if (e.text == "floor") return fmt::format("\\left\\lfloor {}\\right\\rfloor", unbroken(*e.arguments[0].value, truths + 1));
    const bool known = std::ranges::find(known_functions, e.text) != std::end(known_functions);
    std::string name = known ? fmt::format("\\{}", e.text) : fmt::format("\\operatorname{{{}}}", latex_text(e.text));
    if (!e.brackets.empty()) name += fmt::format("_{{{}}}", subscript(e.brackets));
    return name + bracketed(arguments);
  }

  std::string reduction(const Expression& e) {
    constexpr std::pair<std::string_view, std::string_view> signs[] = {
        {"sum", "\\sum"}, {"prod", "\\prod"}, {"max", "\\max"}, {"min", "\\min"}, {"argmax", "\\operatorname*{arg\\,max}"}};
    std::string sign = fmt::format("\\operatorname*{{{}}}", e.text);
    for (const auto& [name, own] : signs)
      if (name == e.text) sign = own;
    const int product = tenet::operation(Op::multiply).binding;
    const Expression& body = *e.arguments[0].value;
    return fmt::format("{}_{{{}}} {}", sign, subscript(e.brackets),
                       is_operation(body, Op::negate) ? bracketed(write(body, loosest)) : write(body, product));
  }

  // where(c, a, where(d, b, e)): a row for each condition.
  std::string cases(const Expression& e) {
    std::string rows;
    const Expression* at = &e;
    while (at->kind == Kind::call && at->text == "where") {
      rows +=
          fmt::format("{} & {} \\\\ ", unbroken(*at->arguments[1].value, truths + 1), unbroken(*at->arguments[0].value, loosest));
      at = at->arguments[2].value.get();
    }
    return fmt::format("\\begin{{cases}} {}{} & \\text{{otherwise}} \\end{{cases}}", rows, unbroken(*at, truths + 1));
  }

  const LatexNames& names_;
  bool breaks_;
};

// As many parts on a line as fit.
std::string broken(const std::string& text, std::string_view separator) {
  std::string result, line;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t next = std::min(text.find(may_break, from), text.size());
    const std::string part = text.substr(from, next - from);
    if (!line.empty() && width(line) + width(part) > line_width) {
      result += line;
      result += separator;
      line.clear();
    }
    line += part;
    from = next + 1;
  }
  return result + line;
}

}  // namespace

std::string latex_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    constexpr std::string_view special = "_#$%&{}";
    if (special.find(c) != std::string_view::npos) result += '\\';
    if (c == '^')
      result += "\\^{}";
    else if (c == '\\' || c == '~')
      result += ' ';
    else
      result += c;
  }
  return result;
}

std::string latex_name(std::string_view name) {
  const std::size_t end = name.find_last_not_of("0123456789");
  const bool numbered = end != std::string_view::npos && end > 0 && end + 1 < name.size() && name[end] == '_';
  if (!numbered) return fmt::format("\\mathrm{{{}}}", latex_text(name));
  return fmt::format("\\mathrm{{{}}}_{{{}}}", latex_text(name.substr(0, end)), name.substr(end + 1));
}

std::string latex(const Expression& expression, const LatexNames& names, std::string_view separator) {
  const std::string plain = Writer(names, false).write(expression, Writer::truths + 1);
  if (width(plain) <= line_width) return plain;
  return broken(Writer(names, true).write(expression, Writer::truths + 1), separator);
}

}  // namespace tenet

#include <ranges>
#include <utility>

#include "compiler/syntax/number.h"
#include "compiler/syntax/print.h"

namespace tenet::syntax {
namespace {

constexpr int loosest = 0;

bool is_comparison(const Expression& node) {
  return node.kind == Expression::Kind::operation && operation(node.op).binding == operation(Op::equal).binding;
}

// Chains of operators apart, recursion is bounded by the tree's depth, which the parser bounds.
class Printer {
 public:
  explicit Printer(bool side) : side_(side) {}

  // `binding`: how strongly what stands around pulls; an operator that binds less gets brackets.
  std::string print(const Expression& node, int binding) {
    const std::vector<const Expression*> chain = chain_of(node);
    struct Around {
      bool brackets, side;
    };
    std::vector<Around> around;  // of each operation of the chain, from the outermost on
    const bool side_before = side_;
    for (const Expression* part : chain | std::views::take(chain.size() - 1)) {
      const Operation& row = operation(part->op);
      around.push_back({row.binding < binding || (side_ && is_comparison(*part)), side_});
      side_ = side_ && !around.back().brackets;
      const bool joins_left = row.notation == Notation::prefix || (part->op != Op::power && !is_comparison(*part));
      binding = joins_left ? row.binding : row.binding + 1;
    }
    std::string text = atom(*chain.back());
    for (std::size_t i = around.size(); i-- > 0;) {
      side_ = around[i].side && !around[i].brackets;
      text = with_operator(*chain[i], std::move(text));
      if (around[i].brackets) text = fmt::format("({})", text);
    }
    side_ = side_before;
    return text;
  }

 private:
  // The operation, behind its first operand's text. `^` joins to the right and its exponent may carry a minus; comparisons join
  // to neither side; the others to the left.
  std::string with_operator(const Expression& node, std::string first) {
    const Operation& row = operation(node.op);
    if (row.notation == Notation::prefix)
      return fmt::format("{}{}{}", row.spelling, node.op == Op::logical_not ? " " : "", first);
    const bool power = node.op == Op::power;
    const Expression& second = *node.operands[1];
    const bool minus = power && second.kind == Expression::Kind::operation && second.op == Op::negate;
    const std::string_view space = power ? "" : " ";
    first.append(space).append(row.spelling).append(space);
    return first.append(print(second, minus ? loosest : power ? row.binding : row.binding + 1));
  }

  std::string atom(const Expression& node) {
    const bool side = std::exchange(side_, false);
    std::string text = atom_text(node);
    side_ = side;
    return text;
  }

  std::string atom_text(const Expression& node) {
    switch (node.kind) {
      case Expression::Kind::number:
        return write_number(node.number, node.whole);
      case Expression::Kind::string:
        return quoted(node.text);
      case Expression::Kind::size:
        return fmt::format("|{}|", node.text);
      case Expression::Kind::infinity:
        return "inf";
      case Expression::Kind::pi:
        return "pi";
      case Expression::Kind::call:
        return fmt::format("{}{}({})", node.text, brackets(node.brackets), arguments(node.arguments));
      case Expression::Kind::instance:
        return node.text + brackets(node.brackets);
      case Expression::Kind::substitute:
        return print(*node.operands[0], tightest()) + brackets(node.brackets);
      case Expression::Kind::list:
        return fmt::format("[{}]", elements(node.operands));
      default:
        return node.text;
    }
  }

  static int tightest() { return operation(Op::power).binding + 1; }

  std::string elements(const std::vector<ExpressionPtr>& operands) {
    std::string text;
    for (const ExpressionPtr& operand : operands) text += (text.empty() ? "" : ", ") + print(*operand, loosest);
    return text;
  }

  std::string arguments(const std::vector<Argument>& all) {
    std::string text;
    for (const Argument& argument : all) {
      if (!text.empty()) text += ", ";
      if (argument.name) text += argument.name->text + " = ";
      text += print(*argument.value, loosest);
    }
    return text;
  }

  std::string brackets(const std::vector<Bracket>& all) {
    std::string text;
    for (const Bracket& bracket : all) {
      if (!text.empty()) text += ", ";
      std::string names;
      for (const Name& name : bracket.names) names += (names.empty() ? "" : ", ") + name.text;
      text += bracket.names.size() > 1 ? fmt::format("({})", names) : names;
      if (bracket.value) text += " = " + print(*bracket.value, loosest);
      if (bracket.otherwise) text += " else " + print(*bracket.otherwise, loosest);
    }
    return text.empty() ? "" : fmt::format("[{}]", text);
  }

  bool side_;  // in a side of a claim, outside brackets
};

}  // namespace

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string print(const Expression& expression) { return Printer(false).print(expression, loosest); }

std::string print_side(const Expression& expression) { return Printer(true).print(expression, loosest); }

}  // namespace tenet::syntax

#include "compiler/syntax/tree.h"

namespace tenet::syntax {

Expression::~Expression() {
  for (ExpressionPtr first; !operands.empty() && (first = std::move(operands.front()));) operands = std::move(first->operands);
}

std::vector<const Expression*> chain_of(const Expression& expression) {
  std::vector<const Expression*> chain{&expression};
  while (chain.back()->kind == Expression::Kind::operation) chain.push_back(chain.back()->operands.front().get());
  return chain;
}

std::vector<const Expression*> beside_chain(const Expression& e) {
  std::vector<const Expression*> result;
  const auto add = [&](const ExpressionPtr& part) {
    if (part != nullptr) result.push_back(part.get());
  };
  for (std::size_t i = e.kind == Expression::Kind::operation ? 1 : 0; i < e.operands.size(); ++i) add(e.operands[i]);
  for (const Bracket& bracket : e.brackets) add(bracket.value), add(bracket.otherwise);
  for (const Argument& argument : e.arguments) add(argument.value);
  return result;
}

}  // namespace tenet::syntax

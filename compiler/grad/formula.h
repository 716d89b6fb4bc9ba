// A formula of a table (an adjoint, a law's side) as nodes of a graph.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/grad/axes.h"
#include "compiler/graph/graph.h"
#include "compiler/syntax/tree.h"

namespace tenet {

struct FormulaNames {
  std::vector<std::pair<std::string_view, NodeId>> values;
  std::vector<std::pair<std::string_view, AxisSet>> axes;  // a name may stand for several axes, or for none
};

// The expression of a table's cell. The cell is part of the compiler: that it parses is asserted.
syntax::ExpressionPtr parse_formula(std::string_view text);

// Precondition (asserted): every name is bound, kinds and axes fit; a sum may be over axes that its operand lacks.
NodeId instantiate(Graph& graph, const syntax::Expression& formula, const FormulaNames& names);

}  // namespace tenet

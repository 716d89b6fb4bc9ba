// Whether two expressions say the same in another order: operands of sums and products swapped, bracketed otherwise, signs
// and constants moved. Nothing is multiplied out, cancelled or collected.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

class Likeness {
 public:
  // What prints as a name is like what prints as the same name, and nothing else.
  using Names = std::function<std::optional<std::string>(NodeId)>;
  Likeness(const Graph& graph, Names names) : graph_(graph), names_(std::move(names)) {}

  // Equal for like expressions alone. The node itself is expanded even if it has a name.
  std::size_t of(NodeId node);

 private:
  using Parts = std::map<std::size_t, mpq_class>;  // terms with coefficients; factors with exponents
  struct Quotient {
    mpq_class coefficient = 1;
    Parts above, below;
  };

  NodeId value(NodeId node) const;
  std::size_t below(NodeId node);
  void add_terms(NodeId node, const mpq_class& coefficient, Parts& terms);
  void add_factors(NodeId node, const mpq_class& exponent, Quotient& product);
  std::size_t of_sum(Parts terms);
  Quotient product_of(NodeId node);
  std::size_t of_product(const Quotient& product);
  std::size_t number_of(std::string description);

  const Graph& graph_;
  Names names_;
  std::map<NodeId, std::size_t> known_;  // below names
  std::map<std::string, std::size_t> numbers_;
};

}  // namespace tenet

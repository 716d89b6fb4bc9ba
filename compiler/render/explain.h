// The steps that led to a derived line, short enough to teach from.
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/elaborate/program.h"
#include "compiler/grad/gradient.h"
#include "compiler/render/text.h"
#include "compiler/simplify/extraction/journal.h"

namespace tenet {

// One line of the chain rule: the adjoint of a named value in terms of those of the values that read it.
struct ChainLine {
  std::string name, expression, rule;  // `dprobs`, .., "log"
  NodeId node, raw;                    // the line, and the adjoint as reverse mode left it
  double difference = 0;               // between the two, relative, once it is checked
};

// The whole value once more, equal to what stands before it.
struct ExplainedStep {
  std::string law, detail;  // a row's name; the names that it was about, or the laws of the normal form that matter in it
  std::string expression;
  NodeId node;
  std::vector<FormLaw> laws = {};  // of the normal form, all that fired
  double difference = 0;           // the largest relative one from the raw adjoint, in numbers, once it is checked
};

struct Explanation {
  std::vector<ChainLine> chain;              // those that no explanation before it has
  NodeId raw;                                // as reverse mode left it
  std::vector<std::string> conditions = {};  // that cancelling used: `x != 0`
  std::vector<std::string> facts = {};       // that were used: `sum[i](x) = sum[i](y - mean) = 0`
  std::vector<ExplainedStep> steps;          // none, and no chain: it stands as it is in the chain of a line before it
  bool checked = false;                      // the differences are those of numbers
};

// Explains line after line: the chain goes on from what has been explained before.
class Explainer {
 public:
  struct Line {
    NodeId raw, computed;  // the adjoint as reverse mode left it, and the value in its place
    std::string of, name;  // what it is the gradient by (empty: nothing with a name); the line's name
    std::string expression;
  };

  // `spelling` knows every derived line.
  Explainer(Graph& graph, const Program& program, const Backward& backward, const Journal& journal, Spelling spelling,
            std::vector<Line> lines);

  Explanation explain(std::size_t line);

 private:
  struct Named {
    std::string of, name;
    NodeId value, raw;  // the value, and its adjoint
    NodeId root;        // the adjoint in terms of named ones, by the directed laws
    bool shown = false;
  };
  void name_adjoints(const Program& program, const Backward& backward);
  NodeId image(NodeId raw);
  bool lacks_axes(NodeId adjoint, NodeId gradient) const;
  void add_chain(const Line& line, std::size_t own, Explanation& result);
  void show(std::size_t named, Explanation& result);
  void add_steps(const Line& line, std::string shown_before, Explanation& result);
  std::string rule(NodeId value) const;
  std::string names_of(std::span<const NodeId> values) const;
  std::pair<std::string, std::string> known_value(NodeId value);
  std::string detail_of(const JournalStep& step, Explanation& result);
  NodeId body(NodeId root) const { return graph_.node(root).op == Op::named ? graph_.node(root).operands[0] : root; }

  Graph& graph_;
  const Journal& journal_;
  Spelling spelling_, chain_spelling_;  // of forms; of the chain
  std::vector<Line> lines_;
  std::vector<Named> named_;      // from the value towards the leaves; then a line whose adjoint is none of these
  std::vector<std::size_t> own_;  // of each line, among `named_`
  std::unordered_map<NodeId, NodeId> images_;
  std::unordered_map<NodeId, std::size_t> by_root_;
  std::unordered_map<NodeId, std::vector<NodeId>> users_;
};

}  // namespace tenet

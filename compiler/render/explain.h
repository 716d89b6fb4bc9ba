// The steps that led to a derived line, short enough to teach from.
#pragma once

#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "compiler/elaborate/program.h"
#include "compiler/grad/gradient.h"
#include "compiler/render/chain.h"
#include "compiler/render/likeness.h"
#include "compiler/render/text.h"
#include "compiler/simplify/extraction/journal.h"

namespace tenet {

// The whole value once more, equal to what stands before it.
struct ExplainedStep {
  std::string law, detail;  // a row's name; the names that it was about, or the laws of the normal form that matter in it
  std::string expression;
  NodeId node;
  std::vector<FormLaw> laws = {};  // of the normal form, all that fired
  std::string after = {};          // a row's name: what comes before it and is not shown by itself
  double difference = 0;           // the largest relative one from the raw adjoint, in numbers, once it is checked
};

// One line of the chain rule: the adjoint of a named value in terms of those of the values that read it.
struct ChainLine {
  std::string name, expression, rule;     // `dprobs`, .., "log"
  std::string passed;                     // the values between, whose adjoints are written into it
  NodeId node, raw;                       // the line, and the adjoint as reverse mode left it
  std::vector<ExplainedStep> steps = {};  // what it comes to, where no derived line says so
  double difference = 0;                  // between the two, relative, once it is checked
};

struct Explanation {
  std::vector<ChainLine> chain;                     // those that no explanation before it has
  NodeId raw;                                       // as reverse mode left it
  std::vector<std::string> conditions = {};         // that cancelling used: `x != 0`
  std::vector<std::string> facts = {};              // that were used: `sum[i](x) = sum[i](y - mean) = 0`
  std::vector<std::string> axis_declarations = {};  // lines that have to stand above
  std::vector<ExplainedStep> steps;                 // none, and no chain: it stands as it is in the chain of a line before it
  bool checked = false;                             // the differences are those of numbers
};

// Explains line after line: the chain goes on from what has been explained before.
class Explainer {
 public:
  using Line = Chain::Line;

  // `spelling` knows every derived line; `values` are adjoints, each with what is computed in its place.
  Explainer(Graph& graph, const Program& program, const Backward& backward, const Journal& journal,
            std::span<const std::pair<NodeId, NodeId>> values, const Spelling& spelling, std::vector<Line> lines);
  Explainer(const Explainer&) = delete;
  Explainer& operator=(const Explainer&) = delete;

  Explanation explain(std::size_t line);
  // From now on steps may read a line: it stands above them.
  void stands_above(NodeId computed, const std::string& name) { above_.give_name(computed, name); }

 private:
  void find_lines_between(std::span<const std::pair<NodeId, NodeId>> values);
  std::optional<std::string> name_of(NodeId node) const;
  const JournalEntry* entry_of(NodeId raw) const;
  void add_step(ExplainedStep step, std::size_t first, std::vector<ExplainedStep>& steps);
  std::vector<ExplainedStep> events(std::size_t link, const JournalEntry* entry, const Line* line, Explanation& notes);
  std::vector<ExplainedStep> steps_of(const JournalEntry* entry, const Line* line, Explanation& notes);
  void show(std::size_t link, std::size_t explained, Explanation& result);
  void add_chain(std::size_t line, Explanation& result);
  std::string names_of(std::span<const NodeId> values) const;
  std::pair<std::string, std::string> known_value(NodeId value);
  std::string detail_of(const JournalStep& step, Explanation& result);
  void declare_axes(Explanation& result);

  Graph& graph_;
  const Journal& journal_;
  Spelling spelling_, above_;  // with all lines; with those that stand above
  std::vector<Line> lines_;
  Chain chain_;
  Likeness likeness_;
  std::unordered_set<std::size_t> own_, between_;  // links that are derived lines; others that come to something by steps
  std::unordered_set<std::size_t> shown_;
  std::vector<std::string> undeclared_;  // of axes that nothing shown has read yet
};

}  // namespace tenet

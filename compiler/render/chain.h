// The chain rule from the value that is differentiated towards its leaves: each adjoint of a named value in terms of the
// adjoints of those that read it.
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/elaborate/program.h"
#include "compiler/grad/gradient.h"
#include "compiler/render/text.h"

namespace tenet {

class Chain {
 public:
  // A line that is derived: it keeps its name and is not written into another.
  struct Line {
    NodeId raw, computed;  // the adjoint as reverse mode left it, and the value in its place
    std::string of, name;  // what it is the gradient by (empty: nothing with a name); the line's name
    std::string expression;
  };
  struct Link {
    std::string of, name;
    NodeId value, raw;       // the value, and its adjoint
    NodeId root;             // the adjoint in terms of named ones, by the directed laws
    bool written = false;    // into the one line that reads it: it has none of its own
    std::size_t reader = 0;  // the link of that line
  };

  // `spelling` knows every derived line.
  Chain(Graph& graph, const Program& program, const Backward& backward, const Spelling& spelling, std::span<const Line> lines);
  // An adjoint that one line reads, once, goes into that line, as long as it stays short in steps and in operations. Those of
  // lines, and those in `kept`, have a line of their own.
  void write_into_readers(const std::unordered_set<std::size_t>& kept);

  const std::vector<Link>& links() const { return links_; }  // from the value towards the leaves
  std::size_t own(std::size_t line) const { return own_[line]; }
  std::optional<std::size_t> link_at(NodeId root) const;
  std::vector<std::size_t> read_by(std::size_t link) const;  // the links that its line names
  NodeId body(std::size_t link) const;
  std::string expression_of(std::size_t link) { return expression(graph_, body(link), spelling_); }
  std::vector<std::string> take_axis_declarations() { return spelling_.take_axis_declarations(); }

  // The operations that a link's line differentiates, and the values between them whose adjoints are written into it.
  std::string operations(std::size_t link) const;
  std::string passed(std::size_t link) const;

 private:
  struct Reading {
    std::unordered_map<std::size_t, std::size_t> links;  // how often each is written out
    std::size_t operations = 0;
  };

  void name_adjoints(const Program& program, const Backward& backward, std::span<const Line> lines);
  std::vector<Reading> readings() const;
  Reading reading_of(std::size_t link) const;
  void leave_out_written();
  NodeId image(NodeId raw);
  bool lacks_axes(NodeId adjoint, NodeId gradient) const;

  Graph& graph_;
  Spelling spelling_;
  std::vector<Link> links_;       // then a line whose adjoint is none of these
  std::vector<std::size_t> own_;  // of each line
  std::unordered_map<NodeId, NodeId> images_;
  std::unordered_map<NodeId, std::size_t> by_root_;
  std::unordered_map<NodeId, std::vector<NodeId>> users_;
};

}  // namespace tenet

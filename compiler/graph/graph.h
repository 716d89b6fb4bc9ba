// The algebra: an immutable, hash-consed graph over named axes.
//
// Meaning. A node is a function of its free axes: one number for every choice of coordinates, real, whole or truth.
// Axes are a set; their order never shows. Two nodes with the same operation, operands and attributes are one node, so an
// id is an identity and operands always have smaller ids than their user (ascending ids are a topological order).
//
// Numbers. The algebra is over exact rationals and real functions. Evaluated (interpreter: double; native code: float) it
// follows IEEE 754: overflow gives infinities, 0 * inf and inf - inf give NaN, and NaN passes through every operation
// except a branch of `where` that the condition masks out, forward and backward. A truth counts as 0 or 1. Comparisons
// with NaN are false, except `!=`. `max` and `min` of a NaN are NaN; `argmax` gives the lowest coordinate at a tie.
// A reduction over axes may be evaluated in any order that is fixed by the sizes alone.
//
// Substitution e[i = index, j = other] is simultaneous: the free axes of the result are e's without i, j, joined with the
// indices' own; an axis that an index shares with what is left of e is one axis. With an `else` value every index that
// leaves its axis selects that value instead; e is not evaluated there.
//
// Names. `named` is the identity with a definition's name on it: gradients are taken with respect to that node, so equal
// expressions under other names are held. Inputs (parameters, data, ...) have identity: two inputs are never one node.
//
// Recurrence. A recurrence is several values, its *components*, each a node, along one axis. A component's value at a place is
// its *body* there, in which *readings* (inputs of role previous) stand for components at other places of the axis, all of
// them earlier or all of them later; beyond the end of the axis a reading is its start value. What depends on a reading
// and is not above the recurrence is *open*: it has no value by itself.
//
// Random numbers. Those of initial values are `normal` and `uniform` nodes, functions of (seed, stream, coordinates). Those that
// are drawn anew in every step are inputs with role `noise`: a constant to `grad`, whatever their distribution.
#pragma once

#include <gmpxx.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/ops/operations.h"

namespace tenet {

enum class NodeId : std::uint32_t {};
enum class AxisId : std::uint32_t {};
enum class InputId : std::uint32_t {};
constexpr std::uint32_t index_of(NodeId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t index_of(AxisId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t index_of(InputId id) { return static_cast<std::uint32_t>(id); }

// A named range of coordinates 0 .. size - 1. The size is an expression in constants and other axes' sizes, or open.
struct Axis {
  std::string name;
  std::optional<NodeId> size;
};

enum class InputRole : std::uint8_t {
  parameter,  // trained
  data,       // one batch's slice of the source, or real data given whole
  state,      // kept between steps, not trained (a momentum)
  noise,      // random numbers, drawn anew in every step
  training,   // whether this is a step of training; scalar, a truth
  step,       // the number of the step, 0 at the first; scalar, whole
  given,      // a value computed elsewhere: a statistic kept from training, an accumulated reduction
  previous    // a recurrence's reading
};

struct Input {
  std::string name;
  InputRole role;
  Kind kind;
  std::vector<AxisId> axes;        // ascending
  std::optional<AxisId> typed_by;  // whole data: each value is a coordinate of this axis
  Op distribution = Op::normal;    // noise: normal, or uniform in [0, 1)
};

// One node. Spans point into the graph and live as long as it does.
struct Node {
  Op op;
  Kind kind;
  std::span<const NodeId> operands;  // substitute: e, one index for each bound axis, then the else value if there is one
  std::span<const AxisId> axes;      // free axes, ascending
  std::span<const AxisId> bound;     // reduction: reduced axes, ascending; substitute: replaced axes; size, coordinate: the axis
  std::uint32_t attribute = 0;       // constant: its number; input: its InputId; named, normal, uniform: the name's number;
                                     // recurrence: its component's number
  bool open = false;                 // depends on a reading that nothing in it binds
};

// What a recurrence is made of beside its operands, which are the bodies, one a component, of its axes, then the start values,
// one a read.
struct Recurrence {
  struct Read {  // `reading` is the component at the place `offset` before: above 0 earlier, below 0 later
    std::size_t component;
    std::int64_t offset;
    NodeId reading;
  };
  AxisId axis;
  std::vector<Read> reads;
  bool backwards() const { return !reads.empty() && reads.front().offset < 0; }
};

// What holds wherever the graph is evaluated: a relation of two values, along the axes of either.
struct Assumed {
  Op relation;  // == < <= > >=
  NodeId left, right;
};

struct Replacement {
  AxisId axis;
  NodeId index;
};

class Graph {
 public:
  Graph() = default;
  Graph(Graph&&) = default;  // spans into the pools stay valid
  Graph& operator=(Graph&&) = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // Axes. `axis` always makes a new one. `copy_of` gives the n-th fresh axis of the same size, for bound renaming; the
  // same (axis, n) is the same copy, so that equal expressions stay equal nodes.
  AxisId axis(std::string name, std::optional<NodeId> size = {});
  AxisId copy_of(AxisId original, int n = 1);
  void set_size(AxisId axis, NodeId size);
  const Axis& axis(AxisId id) const { return axes_[index_of(id)]; }
  std::size_t axis_count() const { return axes_.size(); }

  // Inputs.
  InputId add_input(Input input);
  const Input& input(InputId id) const { return inputs_[index_of(id)]; }
  std::size_t input_count() const { return inputs_.size(); }

  // Nodes. No builder simplifies: the graph is what was written. Preconditions (asserted): kinds and axes as the operation
  // wants them; diagnostics about user input happen before.
  NodeId constant(const mpq_class& value);
  NodeId constant(long numerator, long denominator = 1) { return constant(mpq_class(numerator, denominator)); }
  NodeId infinity();
  NodeId pi();
  NodeId size(AxisId axis);
  NodeId coordinate(AxisId axis);
  NodeId input_node(InputId id);
  // Fresh random numbers, one for each coordinate of `axes`; `stream` names the draw (a parameter and a place in its initial
  // value).
  NodeId random(Op distribution, std::string_view stream, std::vector<AxisId> axes);
  NodeId named(std::string_view name, NodeId value);
  NodeId stop(NodeId value);
  NodeId apply(Op op, std::span<const NodeId> operands);
  NodeId apply(Op op, NodeId a) { return apply(op, std::span(&a, 1)); }
  NodeId apply(Op op, NodeId a, NodeId b) {
    NodeId o[] = {a, b};
    return apply(op, o);
  }
  NodeId apply(Op op, NodeId a, NodeId b, NodeId c) {
    NodeId o[] = {a, b, c};
    return apply(op, o);
  }
  NodeId reduce(Op op, std::vector<AxisId> axes, NodeId value);  // no axes: the value itself
  NodeId substitute(NodeId value, std::vector<Replacement> replacements, std::optional<NodeId> otherwise = {});
  // A fresh reading for a component of these axes; without a name it gets one of its own.
  NodeId reading(std::vector<AxisId> axes, std::string name = {});
  // The components, over readings of this recurrence alone in place of the given ones. Preconditions (asserted): there is a
  // read; a reading has its component's axes, which hold the axis, and nothing that depends on one binds it.
  std::vector<NodeId> recurrence(Recurrence form, std::vector<NodeId> bodies, std::vector<NodeId> starts);
  // Of a component, all of them.
  std::span<const NodeId> components(NodeId component) const { return groups_[component_of(component).group].components; }
  const Recurrence& recurrence_of(NodeId component) const { return groups_[component_of(component).group].form; }
  std::size_t place_of(NodeId component) const { return component_of(component).place; }
  NodeId body_of(NodeId component) const { return node(component).operands[place_of(component)]; }
  // Of a recurrence: the nodes that have a value for each place in turn, those that read its readings, ascending; and what
  // these, its bodies and starts read of others. A recurrence in its body is one node of it.
  std::span<const NodeId> region_of(NodeId component) const { return groups_[component_of(component).group].region; }
  // What a value is worked out from: of a component what its recurrence reads, of another node its operands.
  std::span<const NodeId> reads_of(NodeId id) const {
    return node(id).op == Op::recurrence ? std::span<const NodeId>(groups_[component_of(id).group].frontier) : node(id).operands;
  }
  // The same operation and attributes over other operands (a rewrite's rebuild); the free axes are worked out anew.
  NodeId rebuild(NodeId node, std::span<const NodeId> operands);

  const Node& node(NodeId id) const { return nodes_[index_of(id)]; }
  std::size_t node_count() const { return nodes_.size(); }
  bool has_axis(NodeId id, AxisId axis) const;

  void assume(Assumed fact) { assumed_.push_back(fact); }
  const std::vector<Assumed>& assumed() const { return assumed_; }

  // The node that a name's uses read: for the name of a component it is the named node in the recurrence.
  NodeId defined(NodeId named) const;

  // Attributes.
  const mpq_class& value_of(NodeId constant) const;
  const std::string& name_of(NodeId named_or_random) const;  // also an input's name
  InputId input_of(NodeId input) const { return InputId{node(input).attribute}; }

  // Everything that `roots` are worked out from, operands before users: a recurrence's region is not looked into.
  std::vector<NodeId> reachable(std::span<const NodeId> roots) const;
  // The same, with what stands in recurrences.
  std::vector<NodeId> all_below(std::span<const NodeId> roots) const;

 private:
  struct Key;
  NodeId intern(Op op, Kind kind, std::vector<NodeId> operands, std::vector<AxisId> axes, std::vector<AxisId> bound,
                std::uint32_t attribute);
  std::uint32_t intern_name(std::string_view name);
  template <class T>
  std::span<const T> keep(std::deque<std::vector<T>>& pool, std::vector<T> values);

  std::vector<NodeId> below(std::span<const NodeId> roots, bool inside) const;

  // recurrence.cpp
  struct Group {
    Recurrence form;
    std::vector<NodeId> region, frontier, components;
    int height;  // recurrences nested in it and in what it reads, itself counted
  };
  struct Component {
    std::uint32_t group;
    std::size_t place;
  };
  const Component& component_of(NodeId id) const { return recurrence_components_[node(id).attribute]; }
  std::vector<NodeId> over_readings(std::span<const NodeId> operands, const Recurrence& form, std::span<const NodeId> readings);
  void find_region(Group& group, std::span<const NodeId> operands) const;
  int height_of(std::span<const NodeId> roots) const;

  std::vector<Axis> axes_;
  std::vector<Input> inputs_;
  std::vector<Assumed> assumed_;
  std::deque<Node> nodes_;
  std::deque<std::vector<NodeId>> operand_pool_;
  std::deque<std::vector<AxisId>> axis_pool_;
  std::deque<mpq_class> constants_;
  std::deque<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> constant_index_, name_index_;
  std::unordered_multimap<std::size_t, NodeId> node_index_;
  std::unordered_map<std::uint64_t, AxisId> copies_;
  std::deque<Group> groups_;
  std::vector<Component> recurrence_components_;
  std::map<std::vector<std::uint64_t>, std::uint32_t> group_index_;
  std::map<std::vector<std::uint32_t>, NodeId> general_readings_;
};

// A graph's axes with every size known (0: still open).
class Sizes {
 public:
  std::int64_t operator[](AxisId axis) const { return index_of(axis) < values_.size() ? values_[index_of(axis)] : 0; }
  void set(AxisId axis, std::int64_t size);
  // Works out every axis whose size is an expression in known ones (copies too). False if one does not come out as a whole
  // number from 1 to 2^31 - 1; `failed` is then that axis.
  bool complete(const Graph& graph, AxisId* failed);

 private:
  std::vector<std::int64_t> values_;
};

// The value of an expression in constants and sizes; nothing if it reads anything else or an open size.
std::optional<mpq_class> size_value(const Graph& graph, NodeId expression, const Sizes& sizes);

}  // namespace tenet

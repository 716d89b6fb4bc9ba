// The interpreter's loops, folds and caches against the head of graph.h read literally: a node is a function of coordinates.
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "compiler/graph/interpreter.h"
#include "tests/catch.h"

using namespace tenet;

namespace {

using Coordinates = std::map<AxisId, std::int64_t>;

// One value at a time, by recursion, remembering what it has seen.
class Literal {
 public:
  Literal(const Graph& graph, const Sizes& sizes) : graph_(graph), sizes_(sizes) {}

  void bind(InputId input, Tensor value) { inputs_[input] = std::move(value); }
  void perturb(NodeId node, double difference) {
    differences_[node] = difference;
    seen_.clear();
  }

  double at(NodeId id, const Coordinates& outer) {
    Coordinates here;
    for (AxisId axis : graph_.node(id).axes) here[axis] = outer.at(axis);
    const auto key = std::pair{id, here};
    if (const auto found = seen_.find(key); found != seen_.end()) return found->second;
    const auto difference = differences_.find(id);
    const double value = definition(id, here) + (difference == differences_.end() ? 0 : difference->second);
    seen_.emplace(key, value);
    return value;
  }

 private:
  double definition(NodeId id, const Coordinates& here) {
    const Node& node = graph_.node(id);
    switch (operation(node.op).form) {
      case Form::leaf:
        return leaf(id, here);
      case Form::identity:
        return at(node.operands[0], here);
      case Form::pointwise: {
        double operands[3] = {};
        for (std::size_t i = 0; i < node.operands.size(); ++i) operands[i] = at(node.operands[i], here);
        return operation(node.op).evaluate(operands[0], operands[1], operands[2]);
      }
      case Form::reduction:
        return reduction(node, here);
      case Form::substitution:
        return substitution(node, here);
      case Form::recurrence:
        for (const Recurrence::Read& read : graph_.recurrence_of(id).reads) reads_.try_emplace(read.reading, id, &read);
        return at(graph_.body_of(id), here);
    }
    return 0;
  }

  double leaf(NodeId id, const Coordinates& here) {
    const Node& node = graph_.node(id);
    if (node.op == Op::constant) return graph_.value_of(id).get_d();
    if (node.op == Op::coordinate) return static_cast<double>(here.at(node.axes[0]));
    if (node.op == Op::size) return static_cast<double>(sizes_[node.bound[0]]);
    if (node.open) return elsewhere(id, here);
    const Tensor& tensor = inputs_.at(graph_.input_of(id));
    std::size_t offset = 0;
    for (std::size_t i = 0; i < tensor.axes.size(); ++i)
      offset = offset * static_cast<std::size_t>(tensor.extents[i]) + static_cast<std::size_t>(here.at(tensor.axes[i]));
    return tensor.values[offset];
  }

  double elsewhere(NodeId reading, Coordinates here) {
    const auto& [component, read] = reads_.at(reading);
    const AxisId axis = graph_.recurrence_of(component).axis;
    const std::int64_t place = here.at(axis) - read->offset;
    const auto all = graph_.components(component);
    const auto number = static_cast<std::size_t>(read - graph_.recurrence_of(component).reads.data());
    if (place < 0 || place >= sizes_[axis]) return at(graph_.node(component).operands[all.size() + number], here);
    here[axis] = place;
    return at(all[read->component], here);
  }

  double reduction(const Node& node, const Coordinates& here) {
    Coordinates inner = here;
    for (AxisId axis : node.bound) inner[axis] = 0;
    double result = operation(node.op).identity, place = 0;
    while (true) {
      const double value = at(node.operands[0], inner);
      if (node.op == Op::argmax && value > result) place = static_cast<double>(inner[node.bound[0]]);
      result = operation(node.op).evaluate(result, value, 0);
      std::size_t axis = node.bound.size();
      while (axis > 0 && ++inner[node.bound[axis - 1]] == sizes_[node.bound[axis - 1]]) inner[node.bound[--axis]] = 0;
      if (axis == 0) return node.op == Op::argmax ? place : result;
    }
  }

  double substitution(const Node& node, const Coordinates& here) {
    Coordinates inner = here;
    for (std::size_t i = 0; i < node.bound.size(); ++i) {
      const double place = at(node.operands[i + 1], here);
      if (!(place >= 0 && place < static_cast<double>(sizes_[node.bound[i]])))
        return node.operands.size() > node.bound.size() + 1 ? at(node.operands.back(), here)
                                                            : std::numeric_limits<double>::quiet_NaN();
      inner[node.bound[i]] = static_cast<std::int64_t>(place);
    }
    return at(node.operands[0], inner);
  }

  const Graph& graph_;
  const Sizes& sizes_;
  std::map<InputId, Tensor> inputs_;
  std::map<NodeId, double> differences_;
  std::map<NodeId, std::pair<NodeId, const Recurrence::Read*>> reads_;  // by reading
  std::map<std::pair<NodeId, Coordinates>, double> seen_;
};

int draw(int below) { return *rc::gen::inRange(0, below); }

template <class T>
const T& one_of(const std::vector<T>& values) {
  return values[static_cast<std::size_t>(draw(static_cast<int>(values.size())))];
}

// A graph drawn at random over four small axes.
struct RandomGraph {
  Graph graph;
  Sizes sizes;
  std::vector<AxisId> axes;
  std::vector<NodeId> nodes;
  Interpreter interpreter{graph, sizes}, fresh{graph, sizes};  // `fresh` evaluates one node only
  Literal literal{graph, sizes};

  RandomGraph() {
    for (const char* name : {"a", "b", "c", "d"}) {
      axes.push_back(graph.axis(name));
      sizes.set(axes.back(), 1 + draw(4));
    }
    nodes = {graph.constant(2), graph.constant(-1, 2)};
    for (AxisId axis : axes) nodes.push_back(graph.coordinate(axis));
    for (int i = 0; i < 3; ++i) add_input(i == 2 ? Kind::whole : Kind::real);
    for (int i = 0; i < 24; ++i) grow();
  }

  void add_input(Kind kind) {
    std::vector<AxisId> own;
    for (AxisId axis : axes)
      if (draw(2)) own.push_back(axis);
    const InputId id = graph.add_input({"x", InputRole::data, kind, own, {}});
    Tensor tensor = tensor_of(own, sizes);
    for (double& value : tensor.values) value = kind == Kind::whole ? draw(3) : (draw(17) - 8) / 4.0;
    interpreter.bind(id, tensor);
    fresh.bind(id, tensor);
    literal.bind(id, std::move(tensor));
    nodes.push_back(graph.input_node(id));
  }

  NodeId whole() {
    std::vector<NodeId> wholes;
    for (NodeId node : nodes)
      if (graph.node(node).kind == Kind::whole) wholes.push_back(node);
    return one_of(wholes);
  }

  void grow() {
    const NodeId value = one_of(nodes);
    const std::span<const AxisId> free = graph.node(value).axes;
    switch (draw(7)) {
      case 0:
      case 1:
        nodes.push_back(
            graph.apply(one_of<Op>({Op::add, Op::subtract, Op::multiply, Op::maximum, Op::less}), value, one_of(nodes)));
        break;
      case 2:
        nodes.push_back(graph.apply(Op::power, graph.apply(Op::sin, value), graph.constant(2)));
        break;
      case 3:
        nodes.push_back(graph.apply(Op::where, graph.apply(Op::less_equal, one_of(nodes), value), value, one_of(nodes)));
        break;
      case 4: {
        std::vector<AxisId> bound;
        for (AxisId axis : free)
          if (draw(2)) bound.push_back(axis);
        const Op op = one_of<Op>({Op::sum, Op::sum, Op::max_over, Op::min_over, Op::product, Op::argmax});
        if (op == Op::argmax && !bound.empty()) bound.resize(1);
        nodes.push_back(graph.reduce(op, bound, value));
        break;
      }
      case 5: {
        std::vector<Replacement> replacements;
        for (AxisId axis : free)
          if (draw(2)) replacements.push_back({axis, whole()});
        if (draw(2))
          nodes.push_back(graph.substitute(value, replacements));
        else
          nodes.push_back(graph.substitute(value, replacements, one_of(nodes)));
        break;
      }
      default:
        nodes.push_back(draw(3) ? graph.named(std::string(1, static_cast<char>('p' + draw(5))), value) : graph.stop(value));
    }
  }

  void check(NodeId node) { check(node, interpreter.value(node)); }
  void check(NodeId node, const Tensor& tensor) {
    RC_ASSERT(std::ranges::equal(tensor.axes, graph.node(node).axes));
    Coordinates here;
    for (AxisId axis : tensor.axes) here[axis] = 0;
    for (double actual : tensor.values) {
      const double expected = literal.at(node, here);
      const bool same = actual == expected || (std::isnan(actual) && std::isnan(expected)) ||
                        std::fabs(actual - expected) <= 1e-9 * std::max(1.0, std::fabs(expected));
      if (!same) RC_FAIL("interpreter " + std::to_string(actual) + ", literally " + std::to_string(expected));
      for (std::size_t axis = tensor.axes.size(); axis > 0 && ++here[tensor.axes[axis - 1]] == tensor.extents[axis - 1];)
        here[tensor.axes[--axis]] = 0;
    }
  }
};

// Sums of large values may cancel to noise: such graphs are not compared.
bool moderate(RandomGraph& random) {
  for (NodeId node : random.nodes)
    for (double value : random.interpreter.value(node).values)
      if (std::fabs(value) > 1e5) return false;
  return true;
}

}  // namespace

TEST_CASE("every node's tensor is its function of the coordinates, with perturbations too", "[property]") {
  CHECK(rc::check("interpreter", [] {
    RandomGraph random;
    if (!moderate(random)) return;
    Interpreter& interpreter = random.interpreter;
    for (NodeId node : random.nodes) random.check(node);
    for (int change = 0; change < 3; ++change) {
      const NodeId node = one_of(random.nodes);
      const double difference = draw(8) / 8.0;
      if (random.graph.node(node).kind != Kind::real) continue;  // an index stays whole
      interpreter.perturb(node, tensor_of({}, random.sizes, difference));
      random.literal.perturb(node, difference);
      random.check(one_of(random.nodes));
      if (!moderate(random)) return;
      for (NodeId each : random.nodes) random.check(each);
    }
  }));
}

TEST_CASE("a value does not depend on what was evaluated before it", "[property]") {
  CHECK(rc::check("order", [] {
    RandomGraph random;
    if (!moderate(random)) return;
    const NodeId last = random.nodes.back();  // what it alone reads is folded where that can be
    random.check(last, random.fresh.value(last));
  }));
}

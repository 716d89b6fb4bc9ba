#include "compiler/plan/meaning.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tenet {
namespace {

// FNV-1a, 64 bits.
class Hash {
 public:
  void add(std::string_view text) {
    for (unsigned char byte : text) mix(byte);
    mix(0xff);  // no UTF-8 text has this byte: it ends the text
  }
  void add(std::uint64_t number) {
    for (int i = 0; i < 8; ++i) mix(static_cast<unsigned char>(number >> (8 * i)));
  }
  void add(double number) { add(std::bit_cast<std::uint64_t>(number)); }
  std::uint64_t value() const { return state_; }
  std::string hexadecimal() const { return fmt::format("{:016x}", state_); }

 private:
  void mix(unsigned char byte) { state_ = (state_ ^ byte) * 0x100000001b3ull; }
  std::uint64_t state_ = 0xcbf29ce484222325ull;
};

void add_names(Hash& hash, const Graph& graph, std::span<const AxisId> axes) {
  std::vector<std::string_view> names;
  for (AxisId axis : axes) names.push_back(graph.axis(axis).name);
  std::ranges::sort(names);
  hash.add(std::uint64_t{names.size()});
  for (std::string_view name : names) hash.add(name);
}

// A node's hash is of its operation and its operands' hashes (a Merkle tree), so that the order of definitions and what the
// roots do not read do not matter.
void add_nodes(Hash& hash, const Graph& graph, std::span<const NodeId> roots) {
  std::unordered_map<NodeId, std::uint64_t> hashes;
  for (NodeId id : graph.all_below(roots)) {
    const Node& node = graph.node(id);
    if (node.op == Op::named) {
      hashes[id] = hashes[node.operands[0]];
      continue;
    }
    Hash own;
    own.add(static_cast<std::uint64_t>(node.op));
    for (NodeId operand : node.operands) own.add(hashes[operand]);
    add_names(own, graph, node.axes);
    if (node.op == Op::substitute)
      for (AxisId axis : node.bound) own.add(graph.axis(axis).name);
    else
      add_names(own, graph, node.bound);
    if (node.op == Op::recurrence) {
      const Recurrence& form = graph.recurrence_of(id);
      own.add(graph.axis(form.axis).name);
      own.add(static_cast<std::uint64_t>(graph.place_of(id)));
      for (const auto& [component, offset, reading] : form.reads) {
        own.add(static_cast<std::uint64_t>(component));
        own.add(static_cast<std::uint64_t>(offset));
      }
    }
    if (node.op == Op::constant) own.add(graph.value_of(id).get_str());
    if ((node.op == Op::input && !node.open) || node.op == Op::normal || node.op == Op::uniform) own.add(graph.name_of(id));
    hashes[id] = own.value();
  }
  for (NodeId root : roots) hash.add(hashes[root]);
}

}  // namespace

std::string network_fingerprint(const Program& program) {
  Hash hash;
  std::vector<NodeId> roots;
  if (program.train) roots.push_back(program.train->loss);
  add_nodes(hash, program.graph, roots);
  return hash.hexadecimal();
}

std::string run_fingerprint(const Program& program) {
  Hash hash;
  std::vector<NodeId> roots;
  for (const Parameter& parameter : program.parameters) {
    hash.add(parameter.name);
    roots.push_back(parameter.initial);
  }
  if (program.train) {
    const Train& train = *program.train;
    roots.push_back(train.rate);
    if (train.clip) roots.push_back(*train.clip);
    for (const Rule& rule : train.rules) roots.push_back(rule.next);
    for (const State& state : program.states) roots.insert(roots.end(), {state.initial, state.next});
    for (double part : train.split) hash.add(part);
    hash.add(train.split_seed);
    hash.add(static_cast<std::uint64_t>(train.batch.value_or(0)));
    hash.add(static_cast<std::uint64_t>(train.order));
    if (!train.shuffle) hash.add("in order");
  }
  add_nodes(hash, program.graph, roots);
  return network_fingerprint(program) + "-" + hash.hexadecimal();
}

}  // namespace tenet

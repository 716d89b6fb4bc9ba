#include "compiler/simplify/extraction/cuts.h"

#include <algorithm>
#include <tuple>

namespace tenet {
namespace {

constexpr std::size_t most_terms = 64;     // of a form; a value with more is cut
constexpr std::size_t most_extracted = 8;  // terms of a form that is extracted as it is, beside its shortened one
constexpr std::size_t most_candidates = 64;
constexpr std::size_t most_extractions = 4000;  // of all values, with other cuts below them
constexpr std::size_t most_work = 50'000;       // values looked at in choosing
constexpr double least_gain = 1e-3;             // of the whole cost, by a cut

}  // namespace

Cuts::Cuts(const Graph& graph, std::span<const NodeId> given, const Backward& backward, const Sizes& sizes)
    : graph_(graph), values_(graph, graph.reachable(given)), factoring_(values_.forms(), sizes), folding_(values_, factoring_) {
  find_backward(backward);
  find_fixed(backward.gradients);
  find_candidates(backward.adjoints);
  find_reads();
}

void Cuts::find_backward(const Backward& backward) {
  Set adjoints;
  for (const Adjoint& adjoint : backward.adjoints) adjoints.insert(adjoint.value);
  for (NodeId id : graph_.reachable(backward.gradients))
    if (!values_.is_given(id)) backward_.push_back(id);
  // A value that is built from given ones alone, like a comparison, is no gradient but has a form all the same.
  for (NodeId id : backward_) {
    if (graph_.node(id).kind == Kind::real) is_backward_.insert(id);
    const auto operands = graph_.node(id).operands;
    const bool constant = graph_.node(id).op == Op::constant;
    if (graph_.node(id).kind == Kind::real && !constant &&
        (adjoints.contains(id) || std::ranges::any_of(operands, [&](NodeId o) { return reads_adjoint_.contains(o); })))
      reads_adjoint_.insert(id);
    std::set<NodeId> once;
    for (NodeId operand : graph_.node(id).operands)
      if (once.insert(operand).second) ++uses_[operand];
  }
}

// What the normal form does not look into, where a gradient stands in it.
bool Cuts::is_boundary(NodeId id) {
  const Node& node = graph_.node(id);
  const auto backward = [&](NodeId operand) { return reads_adjoint_.contains(operand); };
  switch (node.op) {
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::negate:
    case Op::sqrt:
    case Op::exp:
    case Op::log:
    case Op::sum:
    case Op::named:
    case Op::stop:
      return false;
    case Op::power:
      return std::ranges::any_of(node.operands, backward) && !constant_of(values_.forms().of(node.operands[1]));
    case Op::substitute:
      return node.operands.size() > node.bound.size() + 1 && std::ranges::any_of(node.operands, backward);
    default:
      return std::ranges::any_of(node.operands, backward);
  }
}

bool Cuts::is_contraction(const Polynomial& form) {
  const Atoms& atoms = values_.forms().atoms();
  for (const auto& [monomial, coefficient] : form)
    for (const Factor& factor : monomial) {
      if (atoms[factor.atom].kind != AtomKind::sum) continue;
      const Monomial& body = atoms[atoms[factor.atom].parts[0]].begin()->first;
      const std::vector<AtomId> full = factoring_.space(body);
      if (std::ranges::all_of(body, [&](const Factor& f) { return atoms[f.atom].variables.size() < full.size(); })) return true;
    }
  return false;
}

// In topological order: before the nearer cuts exist there seem to be more contractions.
void Cuts::find_fixed(std::span<const NodeId> wanted) {
  NormalForms& forms = values_.forms();
  for (NodeId id : wanted)
    if (!values_.is_given(id)) wanted_.insert(id);
  for (NodeId id : backward_) {
    if (!is_backward_.contains(id)) continue;
    bool cut = false;
    if (is_boundary(id)) {
      boundaries_.insert(id);
      cut = true;
      for (NodeId operand : graph_.node(id).operands)
        if (is_backward_.contains(operand)) fixed_.insert(operand);
    } else {
      const Polynomial form = forms.of(id);
      if (!forms.stop().empty() || form.size() > most_terms) {
        forms.restart();
        boundaries_.insert(id);
        for (NodeId operand : graph_.node(id).operands)
          if (is_backward_.contains(operand)) fixed_.insert(operand);
        cut = true;
      } else if (graph_.node(id).op == Op::sum && is_contraction(form)) {
        cut = true;
      }
    }
    if (!cut) continue;
    fixed_.insert(id);
    forms.give_form(id, forms.atom_form(forms.value(id)));
  }
}

void Cuts::find_candidates(std::span<const Adjoint> adjoints) {
  Set operands;  // of what is cut anyway
  for (NodeId id : fixed_) {
    std::vector<NodeId> open(graph_.node(id).operands.begin(), graph_.node(id).operands.end());
    if (graph_.node(id).op == Op::sum && graph_.node(open[0]).op == Op::multiply)
      open.assign(graph_.node(open[0]).operands.begin(), graph_.node(open[0]).operands.end());
    operands.insert(open.begin(), open.end());
  }
  Set adjoint_values;
  for (const Adjoint& adjoint : adjoints) adjoint_values.insert(adjoint.value);
  for (NodeId id : adjoint_values) {
    if (!is_backward_.contains(id) || fixed_.contains(id)) continue;
    const Op op = graph_.node(id).op;
    if (op == Op::constant || graph_.node(id).axes.empty()) continue;
    if (uses_[id] > 1 || operands.contains(id) || wanted_.contains(id)) candidates_.push_back(id);
  }
  // Of two that gain as much the one nearer to what is asked for goes first.
  std::ranges::reverse(candidates_);
  // What a candidate is a multiple of by a number: the number may as well be taken later.
  for (std::size_t k = 0; k < candidates_.size(); ++k) {
    const Node& node = graph_.node(candidates_[k]);
    if (node.op != Op::multiply && node.op != Op::divide) continue;
    const auto [scaled, scale] = std::minmax(node.operands[0], node.operands[1], [&](NodeId a, NodeId b) {
      return graph_.node(a).axes.size() > graph_.node(b).axes.size();
    });
    if (!graph_.node(scale).axes.empty() || !adjoint_values.contains(scaled) || fixed_.contains(scaled)) continue;
    if (std::ranges::find(candidates_, scaled) == candidates_.end()) candidates_.push_back(scaled);
  }
  if (candidates_.size() > most_candidates) candidates_.resize(most_candidates);
}

// From each value that may be computed by itself those that it reads with none between.
void Cuts::find_reads() {
  Set all = fixed_;
  all.insert(wanted_.begin(), wanted_.end());
  all.insert(candidates_.begin(), candidates_.end());
  for (NodeId id : all) {
    Set seen;
    std::vector<NodeId> open(graph_.node(id).operands.begin(), graph_.node(id).operands.end());
    while (!open.empty()) {
      const NodeId next = open.back();
      open.pop_back();
      if (values_.is_given(next)) continue;
      if (!seen.insert(next).second) continue;
      if (all.contains(next)) {
        reads_[id].push_back(next);
        continue;
      }
      open.insert(open.end(), graph_.node(next).operands.begin(), graph_.node(next).operands.end());
    }
  }
}

Cuts::Set Cuts::below(NodeId node, const Set& cuts) const {
  Set result, seen;
  std::vector<NodeId> open{node};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    const auto reads = reads_.find(id);
    if (reads == reads_.end()) continue;
    for (NodeId next : reads->second) {
      if (!seen.insert(next).second) continue;
      if (cuts.contains(next))
        result.insert(next);
      else
        open.push_back(next);
    }
  }
  return result;
}

// Reductions before what they are reduced from is used elementwise: of those that are ready the smallest first.
std::vector<NodeId> Cuts::order(const std::map<NodeId, Set>& reads) const {
  std::map<NodeId, std::size_t> waiting;
  std::map<NodeId, std::vector<NodeId>> readers;
  using Rank = std::pair<std::size_t, NodeId>;
  std::set<Rank> ready;
  const auto rank = [&](NodeId id) { return Rank(graph_.node(id).axes.size(), id); };
  for (const auto& [id, before] : reads) {
    waiting[id] = before.size();
    for (NodeId read : before) readers[read].push_back(id);
    if (before.empty()) ready.insert(rank(id));
  }
  std::vector<NodeId> result;
  while (!ready.empty()) {
    const NodeId id = ready.extract(ready.begin()).value().second;
    result.push_back(id);
    for (NodeId reader : readers[id])
      if (--waiting[reader] == 0) ready.insert(rank(reader));
  }
  return result;
}

Polynomial Cuts::form(NodeId node, const Set& below) {
  NormalForms& forms = values_.forms();
  Set seen;
  std::vector<NodeId> open{node};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (values_.is_given(id) || !seen.insert(id).second) continue;
    if (id != node && below.contains(id)) {
      forms.give_form(id, forms.atom_form(forms.value(id)));
      continue;
    }
    forms.forget_form(id);  // from other cuts
    open.insert(open.end(), graph_.node(id).operands.begin(), graph_.node(id).operands.end());
  }
  return forms.of(node);
}

Cut Cuts::extracted(NodeId node, const Set& below) {
  NormalForms& forms = values_.forms();
  if (boundaries_.contains(node)) return {node, {}, {}, factoring_.elements(forms.atoms()[forms.value(node)].variables), true};
  forms.restart();
  const Polynomial whole = form(node, below);
  if (!forms.stop().empty()) failed_ = forms.stop();
  std::vector<Polynomial> variants{shortened(values_, whole)};
  forms.restart();
  if (compare(variants[0], whole) != 0 && whole.size() <= most_extracted) variants.push_back(whole);
  std::optional<Cut> best;
  for (const Polynomial& variant : variants) {
    Polynomial folded;
    for (const auto& [monomial, coefficient] : variant) {
      const ScaledMonomial term = folding_.folded({coefficient, monomial});
      add_term(folded, term.monomial, term.coefficient);
    }
    Factored factored = factoring_.factored(folded);
    if (!best || factored.cost < best->cost) best = Cut{node, variant, std::move(factored.tree), factored.cost, false, folded};
  }
  return std::move(*best);
}

Beginning Cuts::beginning(const Cut& cut, std::span<const Cut> all) {
  Set chosen;
  for (const Cut& other : all) chosen.insert(other.node);
  NormalForms& forms = values_.forms();
  forms.restart();
  forms.forget_uses();
  const FormLawCounts before = forms.fired();
  Beginning result{form(cut.node, below(cut.node, chosen)), {}, {}, {}, {}};
  for (std::size_t k = 0; k < form_law_count; ++k) result.laws[k] = forms.fired()[k] - before[k];
  result.facts = forms.used_facts();
  result.nonzero = forms.nonzero();
  shortened(values_, result.whole, &result.shortenings);
  return result;
}

std::vector<Cut> Cuts::all(const Set& extra, double& cost) {
  Set cuts = fixed_;
  cuts.insert(extra.begin(), extra.end());
  std::map<NodeId, Set> reads;
  for (const Set& set : {cuts, wanted_})
    for (NodeId id : set) reads.emplace(id, below(id, cuts));
  work_ += reads.size();
  std::vector<Cut> result;
  std::vector<std::pair<NodeId, const Cut*>> products;  // computed before, and may be folded into
  cost = 0;
  for (NodeId id : order(reads)) {
    const Set& before = reads.at(id);
    // Of the products those that are made of something that this value reads too.
    Set key = before;
    const auto is_near = [&](NodeId product) {
      return before.contains(product) ||
             std::ranges::any_of(reads.at(product), [&](NodeId read) { return before.contains(read); });
    };
    for (const auto& [product, cut] : products)
      if (is_near(product)) key.insert(product);
    auto known = memo_.find({id, key});
    if (known == memo_.end()) {
      for (const auto& [product, cut] : products)
        if (is_near(product)) values_.add_computed(product, cut->form);
      known = memo_.emplace(std::pair{id, key}, extracted(id, before)).first;
      values_.drop_computed();
      const Polynomial form = known->second.form;
      if (form.size() > 1) values_.prove_sums(id, form);
    }
    const Cut& cut = known->second;
    if (!cut.verbatim && cut.form.size() == 1) products.emplace_back(id, &cut);
    cost += cut.cost;
    result.push_back(cut);
  }
  return result;
}

std::vector<Cut> Cuts::chosen() {
  Set extra;
  std::vector<Cut> best = all(extra, cost_);
  while (memo_.size() < most_extractions && work_ < most_work) {
    std::optional<Set> move;
    double least = cost_;
    for (NodeId candidate : candidates_) {
      if (memo_.size() >= most_extractions || work_ >= most_work) break;
      Set next = extra;
      if (!next.erase(candidate)) next.insert(candidate);
      double cost = 0;
      std::vector<Cut> cuts = all(next, cost);
      // A cut has to pay for the line it takes.
      const double price = next.size() > extra.size() ? cost * (1 + least_gain) : cost;
      if (price < least || (price == least && next.size() < (move ? move->size() : extra.size()))) {
        least = price;
        cost_ = cost;
        best = std::move(cuts);
        move = std::move(next);
      }
    }
    if (!move) break;
    extra = std::move(*move);
  }
  if (memo_.size() >= most_extractions || work_ >= most_work) stop_ = "the budget of choosing cuts ran out";
  if (!failed_.empty()) stop_ = failed_;
  return best;
}

}  // namespace tenet

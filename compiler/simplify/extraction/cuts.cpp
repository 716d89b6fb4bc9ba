#include "compiler/simplify/extraction/cuts.h"

#include <algorithm>

namespace tenet {
namespace {

constexpr std::size_t most_terms = 64;     // of a form; a value with more is cut
constexpr std::size_t most_searched = 8;   // terms of a form that is shortened and folded while cuts are chosen
constexpr std::size_t most_extracted = 8;  // terms of a form that is extracted as it is, beside its shortened one
constexpr std::size_t most_candidates = 256;

}  // namespace

Cuts::Cuts(const Graph& graph, std::span<const NodeId> given, const Backward& backward, const Sizes& sizes)
    : graph_(graph),
      values_(graph, graph.reachable(given)),
      factoring_(values_.forms(), sizes, values_.sums()),
      folding_(values_, factoring_) {
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
    if (!is_backward_.contains(id)) {
      if (graph_.node(id).kind != Kind::real)  // a decision stands for itself, over what is computed
        for (NodeId operand : graph_.node(id).operands)
          if (reads_adjoint_.contains(operand)) fixed_.insert(operand);
      continue;
    }
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
      } else if (!reads_adjoint_.contains(id)) {
        values_.read_by_values(id, form);
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

void Cuts::find_reads() {
  Set all = fixed_;
  all.insert(wanted_.begin(), wanted_.end());
  all.insert(candidates_.begin(), candidates_.end());
  reads_ = Reads(graph_, all, [this](NodeId id) { return values_.is_given(id); });
}

// A form that is over the same cuts as before, with no more known about them, is the same.
Polynomial Cuts::form(NodeId node, const Indices& below) {
  NormalForms& forms = values_.forms();
  std::unordered_map<NodeId, Indices> over;
  for (Index cut : below) {
    const NodeId id = reads_.node(cut);
    forms.give_form(id, forms.atom_form(forms.value(id)));
    formed_over_.erase(id);
    over[id] = {cut};
  }
  std::set<NodeId> between;  // operands before users
  std::vector<NodeId> open{node};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (values_.is_given(id) || over.contains(id) || !between.insert(id).second) continue;
    open.insert(open.end(), graph_.node(id).operands.begin(), graph_.node(id).operands.end());
  }
  for (NodeId id : between) {
    Indices own;
    for (NodeId operand : graph_.node(id).operands)
      if (const auto found = over.find(operand); found != over.end()) {
        Indices both;
        std::ranges::set_union(own, found->second, std::back_inserter(both));
        own = std::move(both);
      }
    const auto [known, fresh] = formed_over_.try_emplace(id, own);
    if (fresh || known->second != own) forms.forget_form(id);
    known->second = own;
    over.emplace(id, std::move(own));
  }
  return forms.of(node);
}

Cut Cuts::extracted(NodeId node, const Indices& below, bool in_full) {
  NormalForms& forms = values_.forms();
  if (boundaries_.contains(node)) return {node, {}, {}, factoring_.elements(forms.atoms()[forms.value(node)].variables), true};
  forms.restart();
  const Polynomial whole = form(node, below);
  if (!forms.stop().empty()) failed_ = forms.stop();
  if (whole.size() > most_searched && !in_full) {
    const Factored& factored = factoring_.factored(whole);
    return {node, whole, factored.tree, factored.cost, false, whole, true};
  }
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
    const Factored factored = in_full ? factoring_.factored_in_full(folded) : factoring_.factored(folded);
    if (!best || factored.cost < best->cost) best = Cut{node, variant, factored.tree, factored.cost, false, folded};
  }
  return std::move(*best);
}

Beginning Cuts::beginning(const Cut& cut, std::span<const Cut> all) {
  Reads::Flags chosen(reads_.count());
  for (const Cut& other : all) chosen[reads_.index(other.node)] = true;
  NormalForms& forms = values_.forms();
  forms.restart();
  forms.forget_uses();
  formed_over_.clear();  // anew, so that all of it is seen
  const FormLawCounts before = forms.fired();
  Beginning result{form(cut.node, reads_.below(reads_.index(cut.node), chosen)), {}, {}, {}, {}};
  for (std::size_t k = 0; k < form_law_count; ++k) result.laws[k] = forms.fired()[k] - before[k];
  result.facts = forms.used_facts();
  result.nonzero = forms.nonzero();
  shortened(values_, result.whole, &result.shortenings);
  return result;
}

}  // namespace tenet

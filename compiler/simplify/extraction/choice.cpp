// The choice of cuts: hill climbing.
#include <algorithm>
#include <functional>

#include "compiler/simplify/extraction/cuts.h"

namespace tenet {
namespace {

constexpr std::size_t most_extractions = 4000;  // of all values, with other cuts below them
constexpr std::size_t most_work = 1'000'000;    // values looked at in choosing
constexpr double least_gain = 1e-3;             // of the whole cost, by a cut

bool disjoint(const Reads::Indices& a, const Reads::Indices& b) {
  return std::ranges::none_of(a, [&](Reads::Index value) { return std::ranges::binary_search(b, value); });
}

}  // namespace

bool Cuts::out_of_budget() const { return memo_.size() >= most_extractions || work_ >= most_work; }

// Of the products computed before, those that are made of something that the value reads too, in the order of computation.
Cuts::Indices Cuts::near_products(const Plan& plan, Index value) const {
  Indices result;
  const auto offer = [&](Index product) {
    if (products_[product] > 0 && std::ranges::find(result, product) == result.end()) result.push_back(product);
  };
  for (Index read : *plan.below[value]) {
    offer(read);
    for (Index reader : readers_[read]) offer(reader);
  }
  std::ranges::sort(result, {}, [this](Index product) { return products_[product]; });
  return result;
}

// How the value is computed under its key.
const Cut& Cuts::cut_of(Plan& plan, Index value, const Indices& products) {
  const NodeId node = reads_.node(value);
  auto known = memo_.find({value, *plan.keys[value]});
  if (known == memo_.end()) {
    for (Index product : products) values_.add_computed(reads_.node(product), plan.cuts[product]->form);
    known = memo_.emplace(std::pair{value, *plan.keys[value]}, extracted(node, *plan.below[value], false)).first;
    values_.drop_computed();
    const Polynomial form = known->second.form;
    if (form.size() > 1 && !known->second.rough && values_.prove_sums(node, form)) formed_over_.clear();
  }
  return known->second;
}

// Everything that follows from what is cut and what each value reads.
void Cuts::complete(Plan& plan) {
  std::vector<const Indices*> below;
  for (const Key& key : plan.below) below.push_back(key.get());
  plan.order = reads_.order(below, readers_);
  products_.assign(reads_.count(), 0);
  plan.cost = 0;
  work_ += plan.order.size();
  for (std::uint32_t place = 0; place < plan.order.size(); ++place) {
    const Index value = plan.order[place];
    const Indices products = near_products(plan, value);
    Indices key = *plan.below[value];
    key.insert(key.end(), products.begin(), products.end());
    std::ranges::sort(key);
    key.erase(std::unique(key.begin(), key.end()), key.end());
    if (!plan.cuts[value] || key != *plan.keys[value]) {
      plan.keys[value] = std::make_shared<const Indices>(std::move(key));
      plan.cuts[value] = &cut_of(plan, value, products);
    }
    const Cut& cut = *plan.cuts[value];
    if (!cut.verbatim && cut.form.size() == 1) products_[value] = place + 1;
    plan.cost += cut.cost;
  }
}

// With what has to be cut, and with these.
Cuts::Plan Cuts::first_plan(std::span<const NodeId> cut) {
  const std::size_t n = reads_.count();
  Plan plan{Reads::Flags(n), Reads::Flags(n), std::vector<Key>(n), std::vector<Key>(n), std::vector<const Cut*>(n), {}, 0};
  for (NodeId id : fixed_) plan.cut[reads_.index(id)] = plan.computed[reads_.index(id)] = true;
  for (NodeId id : cut) plan.cut[reads_.index(id)] = true;
  for (NodeId id : wanted_) plan.computed[reads_.index(id)] = true;
  for (Index k = 0; k < n; ++k)
    if (plan.computed[k]) plan.below[k] = std::make_shared<const Indices>(reads_.below(k, plan.cut));
  complete(plan);
  return plan;
}

// The plan with the value cut, or no longer cut.
Cuts::Plan Cuts::toggled(const Plan& plan, Index value) {
  Plan next = plan;
  next.cut[value] = !plan.cut[value];
  next.computed[value] = next.cut[value] || wanted_.contains(reads_.node(value));
  Indices changed = reads_.above(value, next.cut, next.computed);
  changed.push_back(value);
  for (Index reader : changed) {
    next.below[reader] = next.computed[reader] ? std::make_shared<const Indices>(reads_.below(reader, next.cut)) : Key();
    if (!next.computed[reader]) next.cuts[reader] = nullptr;
  }
  complete(next);
  return next;
}

// What the plan comes to with the candidate changed: a cut has to pay for the line it takes.
double Cuts::price(const Plan& plan, Index value, double cost) const { return plan.cut[value] ? cost : cost * (1 + least_gain); }

Cuts::Gain Cuts::gain_of(const Plan& plan, const Plan& next, Index value) const {
  Gain gain{next.cost - plan.cost, {}};
  for (Index v = 0; v < reads_.count(); ++v)
    if (v == value || next.cuts[v] != plan.cuts[v]) gain.changed.push_back(v);
  return gain;
}

// The candidate whose change makes the plan cheapest, the fewest cuts among equals; none if no change makes it better.
std::optional<std::size_t> Cuts::best_change(const Plan& plan, std::vector<std::optional<Gain>>& gains) {
  std::optional<std::size_t> best;
  std::pair least(plan.cost, 0);  // the price, and the cuts that are added
  for (std::size_t k = 0; k < candidates_.size(); ++k) {
    const Index value = reads_.index(candidates_[k]);
    if (!gains[k]) {
      if (out_of_budget()) break;
      gains[k] = gain_of(plan, toggled(plan, value), value);
    }
    const std::pair own(price(plan, value, plan.cost + gains[k]->cost), plan.cut[value] ? -1 : 1);
    if (own < least) {
      least = own;
      best = k;
    }
  }
  return best;
}

// What was too long for a search while cuts were chosen is now searched as it is.
void Cuts::finish(Plan& plan) {
  products_.assign(reads_.count(), 0);
  std::vector<const Indices*> below;
  for (const Key& key : plan.below) below.push_back(key.get());
  reads_.order(below, readers_);
  for (std::uint32_t place = 0; place < plan.order.size(); ++place) {
    const Index value = plan.order[place];
    if (plan.cuts[value]->rough) {
      for (Index product : near_products(plan, value)) values_.add_computed(reads_.node(product), plan.cuts[product]->form);
      Cut& cut = memo_.at({value, *plan.keys[value]});
      cut = extracted(reads_.node(value), *plan.below[value], true);
      values_.drop_computed();
    }
    const Cut& cut = *plan.cuts[value];
    if (!cut.verbatim && cut.form.size() == 1) products_[value] = place + 1;
  }
}

// From the plan on, as long as a change makes it cheaper.
void Cuts::climb(Plan& plan) {
  std::vector<std::optional<Gain>> gains(candidates_.size());
  while (!out_of_budget()) {
    const auto change = best_change(plan, gains);
    if (!change) {
      // Gains from before the last changes may have grown by them.
      const auto is_old = [](const auto& gain) { return gain && !gain->fresh; };
      if (std::ranges::none_of(gains, is_old)) break;
      for (auto& gain : gains)
        if (is_old(gain)) gain.reset();
      continue;
    }
    const Index value = reads_.index(candidates_[*change]);
    Plan next = toggled(plan, value);
    const Gain gain = gain_of(plan, next, value);
    const Gain expected = *std::exchange(gains[*change], gain);
    if (!expected.fresh && gain.cost > expected.cost) continue;
    plan = std::move(next);
    for (auto& other : gains) {
      if (!other) continue;
      other->fresh = false;
      if (!disjoint(gain.changed, other->changed)) other.reset();
    }
  }
}

// What is asked for is computed anyway: it may be a good start to read it from there, where it is no product, which is folded
// anyway. People expect that of it, if it costs no more.
std::vector<Cut> Cuts::chosen() {
  Plan plan = first_plan({});
  climb(plan);
  if (out_of_budget()) stop_ = "the budget of choosing cuts ran out";
  std::vector<NodeId> asked_for;
  for (NodeId id : candidates_)
    if (const Cut* cut = plan.cuts[reads_.index(id)]; wanted_.contains(id) && uses_[id] > 0 && cut && cut->form.size() > 1)
      asked_for.push_back(id);
  if (!asked_for.empty() && !out_of_budget()) {
    Plan other = first_plan(asked_for);
    climb(other);
    if (other.cost <= plan.cost * (1 + least_gain)) plan = std::move(other);
  }
  finish(plan);
  if (!failed_.empty()) stop_ = failed_;
  std::vector<Cut> result;
  for (Index value : plan.order) result.push_back(*plan.cuts[value]);
  return result;
}

}  // namespace tenet

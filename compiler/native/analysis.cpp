#include "compiler/native/analysis.h"

#include <algorithm>

namespace tenet {

namespace {

// A longer sum is worked out as a value of its own, so that sums of sums stay linear in the size of the kernel.
constexpr std::size_t longest_sum = 8;

template <class Id>
void add_parts(std::vector<std::pair<Id, std::int64_t>>& sum, const std::vector<std::pair<Id, std::int64_t>>& parts,
               std::int64_t factor) {
  for (const auto& [id, part] : parts) {
    const auto found = std::ranges::find(sum, id, &std::pair<Id, std::int64_t>::first);
    if (found == sum.end()) {
      sum.emplace_back(id, factor * part);
    } else {
      found->second += factor * part;
      if (found->second == 0) sum.erase(found);
    }
  }
}

void add(Affine& sum, const Affine& part, std::int64_t factor) {
  if (factor == 0) return;
  sum.constant += factor * part.constant;
  add_parts(sum.loops, part.loops, factor);
  add_parts(sum.terms, part.terms, factor);
}

bool is_constant(const Affine& a) { return a.loops.empty() && a.terms.empty(); }

}  // namespace

Affine Analysis::index(const Kernel& kernel, TermId id) const {
  const Term& term = kernel.terms[index_of(id)];
  const Affine opaque = {0, {}, {{id, 1}}, {}};
  if (term.type != Kind::whole || term.range.open) return opaque;
  Affine sum;
  switch (term.kind) {
    case Term::Kind::constant:
      sum.constant = static_cast<std::int64_t>(term.constant);
      return sum;
    case Term::Kind::loop:
      sum.loops.emplace_back(term.loop, 1);
      return sum;
    case Term::Kind::apply: {
      const Affine& a = indices_[index_of(term.operands[0])];
      if (term.op == Op::negate) {
        add(sum, a, -1);
      } else if (term.op == Op::add || term.op == Op::subtract) {
        add(sum, a, 1);
        add(sum, indices_[index_of(term.operands[1])], term.op == Op::add ? 1 : -1);
      } else if (term.op == Op::multiply) {
        const Affine& b = indices_[index_of(term.operands[1])];
        if (is_constant(a)) {
          add(sum, b, a.constant);
        } else if (is_constant(b)) {
          add(sum, a, b.constant);
        } else {
          return opaque;
        }
      } else {
        return opaque;
      }
      return sum.loops.size() + sum.terms.size() > longest_sum ? opaque : sum;
    }
    default:
      return opaque;
  }
}

Affine Analysis::address(const Buffer& buffer, const std::vector<TermId>& indices) const {
  Affine sum;
  for (std::size_t axis = 0; axis < indices.size(); ++axis) add(sum, indices_[index_of(indices[axis])], buffer.strides[axis]);
  if (buffer.panel > 0) {
    sum.panels = indices_[index_of(indices.back())].loops[0].first;
    sum.beyond_panel = buffer.stride_of_panels() - 1;
  }
  return sum;
}

Analysis::Analysis(const Kernels& kernels, const Kernel& kernel) {
  const auto opaque_parts = [](const Affine& sum) {
    std::vector<TermId> parts;
    for (const auto& [term, factor] : sum.terms) parts.push_back(term);
    return parts;
  };
  for (std::size_t i = 0; i < kernel.terms.size(); ++i) {
    const Term& term = kernel.terms[i];
    LoopSet loops;
    bool trivial = (term.kind == Term::Kind::apply || term.kind == Term::Kind::convert) && term.type == Kind::whole;
    for (TermId operand : term.operands) {
      loops |= loops_[index_of(operand)];
      trivial = trivial && trivial_[index_of(operand)];
    }
    trivial = trivial || term.kind == Term::Kind::constant || term.kind == Term::Kind::loop;
    if (term.kind == Term::Kind::loop) loops.set(term.loop);
    if (term.kind == Term::Kind::reduce)
      for (LoopId loop : term.loops) loops.reset(loop);
    loops_.push_back(loops);
    trivial_.push_back(trivial);

    indices_.push_back(index(kernel, TermId{static_cast<std::uint32_t>(i)}));
    addresses_.emplace_back();
    needs_.emplace_back();
    element_needs_.emplace_back();
    std::vector<TermId> operands;
    for (TermId operand : term.operands) {
      const Term& product = kernel.terms[index_of(operand)];
      if (!product.fused)
        operands.push_back(operand);
      else
        std::ranges::copy(*factors_of(kernel, product), std::back_inserter(operands));
    }
    if (term.kind == Term::Kind::load) {
      addresses_.back() = address(kernels.buffers[index_of(term.buffer)], term.operands);
      needs_.back() = opaque_parts(addresses_.back());
    } else {
      (term.kind == Term::Kind::reduce ? element_needs_ : needs_).back() = std::move(operands);
    }
  }
  for (const Store& store : kernel.stores) {
    LoopSet loops = loops_[index_of(store.value)];
    for (TermId index : store.indices) loops |= loops_[index_of(index)];
    store_loops_.push_back(loops);
    store_addresses_.push_back(address(kernels.buffers[index_of(store.buffer)], store.indices));
    store_needs_.push_back(opaque_parts(store_addresses_.back()));
    store_needs_.back().push_back(store.value);
  }
}

}  // namespace tenet

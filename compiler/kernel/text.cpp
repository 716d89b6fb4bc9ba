#include <fmt/format.h>

#include <algorithm>

#include "compiler/kernel/kernels.h"

namespace tenet {
namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}

std::string_view name_of(Kind kind) { return kind == Kind::real ? "real" : kind == Kind::whole ? "whole" : "truth"; }

std::string name_of(BufferRole role) {
  switch (role) {
    case BufferRole::input:
      return "input";
    case BufferRole::output:
      return "output";
    case BufferRole::loss:
      return "loss";
    case BufferRole::temporary:
      break;
  }
  return "temporary";
}

std::string loop_text(const Loop& loop) {
  switch (loop.role) {
    case LoopRole::sequence:
    case LoopRole::serial:
      break;
    case LoopRole::rows:
      return fmt::format("{}:{} rows({})", loop.name, loop.extent, loop.tile);
    case LoopRole::lanes:
      return fmt::format("{}:{} lanes({})", loop.name, loop.extent, loop.tile);
  }
  return fmt::format("{}:{}", loop.name, loop.extent);
}

std::string level_text(const Kernel& kernel, const Level& level) {
  const Loop& loop = kernel.loops[index_of(level.loop)];
  return level.block > 0 ? fmt::format("{}:{} blocks({})", loop.name, loop.extent, level.block) : loop_text(loop);
}

std::string at(const Kernels& kernels, BufferId buffer, const std::vector<TermId>& indices) {
  std::vector<std::string> parts;
  for (TermId index : indices) parts.push_back(fmt::format("%{}", index_of(index)));
  return fmt::format("{}[{}]", kernels.buffers[index_of(buffer)].name, joined(parts, ", "));
}

// An index that is not proved to stay within its axis, and is made to.
bool is_check(const Kernel& kernel, const Term& term) {
  return term.kind == Term::Kind::convert && term.type == Kind::whole &&
         kernel.terms[index_of(term.operands[0])].type == Kind::whole;
}

std::string width_text(const Term& term) {
  if (term.type != Kind::whole || term.range.width() == Width::narrow) return "";
  return term.range.width() == Width::wide ? ", 64 bits" : ", not proved";
}

std::string term_text(const Kernels& kernels, const Kernel& kernel, const Term& term) {
  std::vector<std::string> operands, loops;
  for (TermId operand : term.operands) operands.push_back(fmt::format("%{}", index_of(operand)));
  for (LoopId loop : term.loops) loops.push_back(loop_text(kernel.loops[index_of(loop)]));
  switch (term.kind) {
    case Term::Kind::constant:
      return fmt::format("{}", term.constant);
    case Term::Kind::loop:
      return kernel.loops[index_of(term.loop)].name;
    case Term::Kind::load:
      return at(kernels, term.buffer, term.operands);
    case Term::Kind::apply:
      return fmt::format("{} {}{}{}", operation(term.op).spelling, joined(operands, ", "),
                         term.division == Division::by_reciprocal ? " by reciprocal"
                         : term.fused                             ? " fused"
                                                                  : "",
                         width_text(term));
    case Term::Kind::convert:
      if (is_check(kernel, term)) return fmt::format("held in 0 to {} {}", term.range.high, operands[0]);
      return fmt::format("{} {}{}", name_of(term.type), operands[0], width_text(term));
    case Term::Kind::quotient:
      return fmt::format("floor {} / {}{}", operands[0], operands[1], width_text(term));
    case Term::Kind::reduce:
      break;
  }
  const std::string chunk = term.chunk > 0 ? fmt::format(" in chunks of {}", term.chunk) : "";
  return fmt::format("{}[{}]{} {}{}", operation(term.op).spelling, joined(loops, ", "), chunk, operands[0], width_text(term));
}

}  // namespace

std::string to_text(const Kernels& kernels) {
  std::string text =
      fmt::format("arena {} bytes{}\n", kernels.arena_bytes, kernels.draws ? ", a batch is drawn before each pass" : "");
  std::ptrdiff_t checks = 0;
  for (const Kernel& kernel : kernels.kernels)
    checks += std::ranges::count_if(kernel.terms, [&](const Term& term) { return is_check(kernel, term); });
  if (checks > 0) text += fmt::format("{} indices are held within their axes while running\n", checks);
  for (const Buffer& buffer : kernels.buffers)
    text += fmt::format("buffer {} {} {}{} [{}]{} at {}\n", buffer.name, name_of(buffer.role), name_of(buffer.kind),
                        buffer.element_bytes() == 8 ? " of 64 bits" : "", fmt::join(buffer.extents, ", "),
                        buffer.panel > 0 ? fmt::format(" in panels of {}", buffer.panel) : "", buffer.offset);
  for (const Sequence& sequence : kernels.sequences)
    text += fmt::format("sequence {}:{}{} of kernels {} to {}\n", sequence.name, sequence.extent,
                        sequence.backwards ? " backwards" : "", sequence.begin, sequence.end - 1);
  for (const Kernel& kernel : kernels.kernels) {
    std::vector<std::string> loops;
    for (const Level& level : kernel.order) loops.push_back(level_text(kernel, level));
    const std::string shares = kernel.shares > 0 ? fmt::format(", shared out in {} tiles", kernel.shares) : "";
    text += fmt::format("\nkernel {} for {}{}\n", kernel.name, loops.empty() ? "one point" : joined(loops, ", "), shares);
    if (kernel.clear) text += fmt::format("  clear {}\n", kernels.buffers[index_of(*kernel.clear)].name);
    for (std::size_t i = 0; i < kernel.terms.size(); ++i)
      text += fmt::format("  %{} = {}\n", i, term_text(kernels, kernel, kernel.terms[i]));
    for (const Store& store : kernel.stores)
      text += fmt::format("  {} {} %{}\n", at(kernels, store.buffer, store.indices), store.accumulate ? "+=" : "=",
                          index_of(store.value));
  }
  return text;
}

}  // namespace tenet

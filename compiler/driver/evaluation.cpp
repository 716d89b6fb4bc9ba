#include "compiler/driver/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "compiler/driver/infinities.h"
#include "compiler/driver/not_finite.h"
#include "compiler/driver/origin.h"
#include "compiler/driver/waiting.h"
#include "compiler/plan/simplified.h"
#include "runtime/evaluate.h"

namespace tenet {
namespace {

constexpr std::int64_t most_items = 1024;        // of a piece
constexpr std::int64_t most_elements = 1 << 16;  // of one data input in a piece
constexpr std::int64_t words_at_once = 32;       // rows of the distribution

Combination combination_of(Op reduction) {
  switch (reduction) {
    case Op::product:
      return Combination::product;
    case Op::max_over:
      return Combination::max;
    case Op::min_over:
      return Combination::min;
    default:
      return Combination::sum;
  }
}

// How many items are evaluated at once: fewer where an item is large, as what is computed from it is.
std::int64_t piece_of(const Dataset& dataset) {
  std::int64_t largest = 1;
  for (const Column& column : dataset.columns)
    largest =
        std::max(largest, std::accumulate(column.extents.begin(), column.extents.end(), std::int64_t{1}, std::multiplies<>()));
  return std::clamp<std::int64_t>(most_elements / largest, 1, most_items);
}

// With four decimals where these say something. NaN has no sign.
std::string figure_text(double value) {
  const double size = std::abs(value);
  if (std::isnan(value)) return "nan";
  return size == 0 || (size >= 1e-3 && size < 1e7) ? fmt::format("{:.4f}", value) : fmt::format("{:.5g}", value);
}

Tensor scalar(double value) { return {{}, {}, {value}}; }

bool reads_data(const NativeProgram& program) {
  return std::ranges::any_of(program.slots, [](const Slot& slot) { return slot.role == Slot::Role::data; });
}

// A word goes from '.' to '.': from as many as a window has, or from one where the network reads from the beginning on. A text
// goes on as after a newline, or after its first letter where it has no lines, and has no end.
LetterContext context_of(const DataSource& source, const std::vector<std::string>& alphabet, std::int64_t positions) {
  if (source.kind == SourceKind::letter_windows)
    return {positions, std::vector<std::int32_t>(static_cast<std::size_t>(positions), 0), 0};
  if (source.kind == SourceKind::letter_sequences) return {positions, {0}, 0};
  const auto newline = std::ranges::find(alphabet, "\n");
  return {positions, {newline == alphabet.end() ? 0 : static_cast<std::int32_t>(newline - alphabet.begin())}, {}};
}

}  // namespace

Outcome<Evaluator> Evaluator::make(Session& session) {
  auto plan = evaluation_plan(*session.program, session.sizes);
  if (!plan) return wrong(plan.error());
  for (const Items& split : session.splits)  // indices that read the number of items hold for every split
    if (auto sizes = sizes_with_items(session, split.size()); !sizes) return std::unexpected(sizes.error());
  return Evaluator(session, std::move(*plan));
}

Outcome<Evaluator::Compiled> Evaluator::compiled(const Computation& computation, std::int64_t items) {
  Sizes sizes = session_->sizes;
  if (plan_->in_pieces) {
    sizes.set(plan_->items, items);
  } else {
    auto other = sizes_with_items(*session_, items);
    if (!other) return std::unexpected(other.error());
    sizes = std::move(*other);
  }
  const Computation simple = session_->times("simplify", [&] { return simplified(session_->graph(), computation); });
  sizes = completed(session_->graph(), std::move(sizes));
  auto executable = executable_of(session_->graph(), sizes, simple, session_->times);
  if (!executable) return failed("evaluation: " + executable.error());
  auto arena = Arena::allocate(executable->program.arena_bytes);
  if (!arena) return failed("evaluation: " + arena.error());
  return Compiled{items, std::move(sizes), std::move(*executable), std::move(*arena)};
}

Outcome<Evaluator::Compiled*> Evaluator::compiled_pass(const Pass& pass, std::int64_t split_size) {
  std::int64_t items = plan_->in_pieces ? piece_of(session_->dataset) : split_size;
  const auto kept = passes_.find(&pass);
  if (kept != passes_.end() && (kept->second.items == items || kept->second.items == split_size)) return &kept->second;
  auto made = compiled(pass.computation, items);
  if (made && plan_->in_pieces && !reads_data(made->executable.program) && items != split_size)
    made = compiled(pass.computation, split_size);  // without data nothing marks where a piece ends
  if (!made) return std::unexpected(made.error());
  return &passes_.insert_or_assign(&pass, std::move(*made)).first->second;
}

Outcome<std::vector<Tensor>> Evaluator::run(const Pass& pass, const Model& model, const Items& split) {
  Sizes sizes = session_->sizes;
  sizes.set(plan_->items, split.size());
  sizes = completed(session_->graph(), std::move(sizes));
  Interpreter interpreter(session_->graph(), sizes);
  bind_model(*session_, model, plan_.get(), interpreter);
  interpreter.bind(session_->program->step, scalar(0));
  bind_noise(*session_, pass.results, sizes, interpreter);
  if (plan_->total) interpreter.bind(*plan_->total, scalar(static_cast<double>(split.size())));

  if (!pass.accumulators.empty()) {
    auto native = compiled_pass(pass, split.size());
    if (!native) return std::unexpected(native.error());
    Compiled& code = **native;
    write_model(*session_, model, plan_.get(), code.sizes, code.executable, code.arena.data());
    if (int total = slot_index(code.executable, Slot::Role::given, ".total"); total >= 0)
      write_slot(code.executable, total, scalar(static_cast<double>(split.size())), code.sizes, code.arena.data());
    std::vector<Accumulation> accumulations;
    for (const Pass::Accumulator& accumulator : pass.accumulators)
      accumulations.push_back({accumulator.output, combination_of(accumulator.reduction)});
    Waiting waiting;
    const auto report = [&](std::int64_t done) {
      waiting("evaluating", static_cast<std::size_t>(done), static_cast<std::size_t>(split.size()), "items of the split");
    };
    auto totals = accumulate_over(code.executable.program, code.arena.data(), session_->dataset, split, ".valid", accumulations,
                                  session_->seed, report);
    if (!totals) return failed("evaluation: " + totals.error());
    for (std::size_t i = 0; i < totals->size(); ++i) {
      const int slot = slot_index(code.executable, Slot::Role::output, pass.accumulators[i].output);
      const Tensor value = tensor_in_layout_of(code.executable, slot, std::move((*totals)[i]), code.sizes);
      const InputId input = pass.accumulators[i].input;
      interpreter.bind(input, laid_out(value, session_->graph().input(input).axes, code.sizes));
    }
  }
  std::vector<Tensor> results;
  for (NodeId result : pass.results) results.push_back(interpreter.value(result));
  return results;
}

Outcome<void> Evaluator::calibrate(Model& model) {
  model.statistics.assign(plan_->statistics.size(), {});
  return take_statistics(plan_->calibration, model, session_->splits[0]);
}

Outcome<void> Evaluator::take_statistics(const std::vector<Pass>& passes, Model& model, const Items& split) {
  for (const Pass& pass : passes) {
    auto values = run(pass, model, split);
    if (!values) return std::unexpected(values.error());
    for (std::size_t i = 0; i < values->size(); ++i) {
      round_to_float((*values)[i]);  // as they are stored, so that an evaluation of stored weights gives the same
      model.statistics[pass.statistics[i]] = std::move((*values)[i]);
    }
  }
  return {};
}

Outcome<std::vector<std::vector<double>>> Evaluator::figures(Model& model) {
  std::vector<std::vector<double>> result;
  for (const Items& split : session_->splits) {
    if (auto taken = take_statistics(plan_->preparation, model, split); !taken) return std::unexpected(taken.error());
    auto values = run(plan_->figures, model, split);
    if (!values) return std::unexpected(values.error());
    result.emplace_back();
    for (const Tensor& value : *values) result.back().push_back(value.values[0]);
  }
  return result;
}

Outcome<std::vector<std::string>> Evaluator::sample(const Model& model, const SampleOptions& options) {
  auto native = compiled(*plan_->distribution, words_at_once);
  if (!native) return std::unexpected(native.error());
  write_model(*session_, model, plan_.get(), native->sizes, native->executable, native->arena.data());
  const Graph& graph = session_->graph();
  const DataSource& source = *session_->recipe().source;
  const std::int64_t positions = session_->sizes[*source.positions];
  const SampleNames names{graph.input(source.columns[0].input).name, graph.axis(source.items).name,
                          graph.axis(*source.positions).name, graph.axis(*source.alphabet).name, "distribution"};
  auto next = next_letter(native->executable.program, native->arena.data(), names, positions, options.seed);
  if (!next) return failed("sampling: " + next.error());
  std::vector<std::string> alphabet = session_->alphabet;  // an axis longer than the alphabet: coordinates without a letter
  alphabet.resize(static_cast<std::size_t>(session_->sizes[*source.alphabet]), "\uFFFD");
  const LetterContext context = context_of(source, session_->alphabet, positions);
  auto words = sample_words(alphabet, context, options, *next);
  if (!words) return failed("sampling: " + words.error());
  return std::move(*words);
}

std::string figures_text(const Session& session, const std::vector<std::vector<double>>& figures) {
  std::string text;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    text += fmt::format("{:<12}{}", split_names[i], figure_text(figures[i][0]));
    for (std::size_t k = 1; k < figures[i].size(); ++k)
      text += fmt::format("   {} {}", session.recipe().report[k - 1].name, figure_text(figures[i][k]));
    text += '\n';
  }
  return text;
}

void note_shared_statistics(const EvaluationPlan& plan) {
  for (const auto& [reported, statistic] : plan.shared) {
    if (reported == statistic)
      say(fmt::format("`{}` is of the training split under every split: the loss reads it for each item", reported));
    else
      say(fmt::format("`{}` reads {} of the training split under every split, as the loss does", reported,
                      statistic.empty() ? "a reduction" : "`" + statistic + "`"));
  }
}

Outcome<void> want_finite(const Session& session, const std::vector<std::vector<double>>& figures) {
  const Train& recipe = session.recipe();
  for (std::size_t i = 0; i < figures.size(); ++i)
    for (std::size_t k = 0; k < figures[i].size(); ++k) {
      const double value = figures[i][k];
      const std::string& name = k == 0 ? recipe.loss_name : recipe.report[k - 1].name;
      const bool infinite = k > 0 && std::isinf(value) && may_be_infinite(*session.program, recipe.report[k - 1].value);
      if (!std::isfinite(value) && !infinite)
        return failed(
            fmt::format("`{}` of the {} split is {}{}", name, split_names[i], number_text(value), place_text(session, name)));
    }
  return {};
}

std::string json_number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : fmt::format("\"{}\"", number_text(value));
}

}  // namespace tenet

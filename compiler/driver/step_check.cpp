#include "compiler/driver/step_check.h"

#include <algorithm>
#include <utility>

#include "compiler/driver/points.h"
#include "compiler/driver/sizes_to_check.h"
#include "compiler/plan/rewriting.h"
#include "compiler/plan/sharing.h"
#include "compiler/plan/simplified.h"
#include "compiler/plan/training.h"
#include "compiler/simplify/gradients.h"

namespace tenet {
namespace {

// Elements in all nodes, of the formulas: at one point; and more than which no second point is looked at.
constexpr double most_wanted = 1 << 20, most_often = 1 << 23;
constexpr std::size_t most_nodes = 1000;  // of formulas that are compiled anew for other sizes

struct Place {
  Draw draw;
  std::string_view name;
};
constexpr Place places[] = {{Draw::start, "at the initial values"},
                            {Draw::initial, "near the initial values"},
                            {Draw::normal, "at normal values"},
                            {Draw::positive, "at positive values"},
                            {Draw::zero, "at zeros"},
                            {Draw::tied, "at values many of which are equal"}};

// A native computation, and what its values are by the formulas.
struct Trained {
  Computation computation;
  std::vector<Watched> watched;

  void watch(std::string name, NodeId written, NodeId computed) {
    computation.outputs.push_back({output_name(watched.size()), computed});
    watched.push_back({std::move(name), written});
  }
};

TrainingValues values_of(Session& session, NodeId loss) {
  if (session.program->train) return written_training_values(*session.program);
  std::vector<NodeId> targets;
  for (const Parameter& parameter : session.program->parameters) targets.push_back(parameter.node);
  const std::vector<NodeId> given = with_training(*session.program, std::span(&loss, 1), true);
  return {given, backward(session.graph(), given[0], targets)};
}

// The step with its gradients as further outputs.
Trained trained_step(Session& session, const TrainingValues& raw) {
  Program& program = *session.program;
  Graph& graph = program.graph;
  const TrainingValues derived = program.train ? training_values(program, session.sizes) : raw;
  const SimplifiedGradients simple = session.times("simplify", [&] {
    return program.train ? training_forms(program, derived, session.sizes)
                         : simplify_gradients(graph, raw.given, raw.backward, session.sizes);
  });
  Trained result;
  if (program.train) result.computation = training_step(program, derived, simple.given, simple.gradients, session.sizes);
  result.watch("the loss", raw.given[0], result.computation.loss.value_or(simple.given[0]));
  std::vector<NodeId> gradients;  // as updates read them: a rule may make much of what is near 0 by cancellation
  for (std::size_t i = 0; i < raw.backward.gradients.size(); ++i) {
    const std::string& name = program.parameters[program.train ? program.train->rules[i].parameter : i].name;
    const NodeId written = raw.backward.gradients[i];
    const auto axes = graph.node(written).axes;
    const InputId read = graph.add_input({"gradient", InputRole::given, Kind::real, {axes.begin(), axes.end()}, {}});
    gradients.push_back(graph.input_node(read));
    result.watch("the gradient of `" + name + "`", written, simple.gradients[i]);
    result.watched.back().read_as = read;
  }
  if (program.train) {
    const Computation written = training_step(program, raw, raw.given, gradients, session.sizes);
    for (const Computation::Assignment& assignment : result.computation.assignments)
      for (const Computation::Assignment& same : written.assignments)
        if (same.target == assignment.target)
          result.watched.push_back({"the next `" + graph.input(same.target).name + "`", same.value, same.target});
  }
  result.computation = with_shared_components(graph, result.computation);
  result.computation.draws = false;  // the points are drawn already
  return result;
}

Trained evaluated(Session& session, NodeId loss) {
  Trained result;
  const NodeId written = with_training(*session.program, std::span(&loss, 1), false)[0];
  result.watch("the loss outside of training", written, written);
  result.computation = session.times("simplify", [&] { return simplified(session.graph(), result.computation); });
  return result;
}

// Whether training could start: nothing has to be drawn in place of data.
bool is_filled(const Session& session, NodeId loss) {
  const Graph& graph = session.program->graph;
  if (!session.program->train) return false;
  return std::ranges::none_of(graph.all_below(std::span(&loss, 1)), [&](NodeId id) {
    return graph.node(id).op == Op::input && graph.input(graph.input_of(id)).role == InputRole::data &&
           !session.is_filled(graph.input_of(id));
  });
}

class StepChecks {
 public:
  StepChecks(Session& session, NodeId loss, Waiting& waiting) : session_(session), loss_(loss), waiting_(waiting) {}

  Outcome<std::vector<StepCheck>> result() && {
    const Sizes own = session_.sizes;
    const TrainingValues raw = session_.times("grad", [&] { return values_of(session_, loss_); });
    std::vector<NodeId> written = raw.given;
    written.insert(written.end(), raw.backward.gradients.begin(), raw.backward.gradients.end());
    session_.sizes = completed(session_.graph(), session_.sizes);
    session_.sizes = completed(session_.graph(), reduced_sizes(session_, written, most_wanted, Shortened::all));
    auto ended = at_sizes(raw, places, changed_sizes(session_, own), Runs::often);
    const std::optional<Sizes> one = sizes_of_one(session_);
    if (ended && one && session_.graph().all_below(written).size() <= most_nodes) {
      session_.sizes = completed(session_.graph(), *one);
      ended = at_sizes(raw, std::span(places).subspan(2, 1), changed_sizes(session_, own), Runs::once);
    }
    session_.sizes = own;
    if (!ended) return std::unexpected(ended.error());
    return std::move(checks_);
  }

 private:
  Outcome<void> at_sizes(const TrainingValues& raw, std::span<const Place> at, const std::string& sizes, Runs runs) {
    waiting_("step", 0, at.size(), "simplifying");
    if (auto ended = compare(trained_step(session_, raw), at, sizes, runs); !ended) return ended;
    const Graph& graph = session_.graph();
    const bool reads = std::ranges::any_of(graph.all_below(std::span(&loss_, 1)), [&](NodeId id) {
      return graph.node(id).op == Op::input && graph.input_of(id) == session_.program->training;
    });
    if (!reads) return {};
    return compare(evaluated(session_, loss_), at.first(std::min<std::size_t>(2, at.size())), "outside of training", Runs::once);
  }

  Outcome<void> compare(const Trained& trained, std::span<const Place> at, const std::string& further, Runs runs) {
    Graph& graph = session_.graph();
    session_.sizes = completed(graph, session_.sizes);
    std::vector<NodeId> written;
    for (const Watched& row : trained.watched) written.push_back(row.written);
    if (auto large = too_large(graph, session_.sizes, written)) return failed("checking in double precision: " + *large);
    waiting_("step", 0, at.size(), "compiling");
    auto native = NativeCheck::make(graph, session_.sizes, trained.computation, trained.watched, session_.times, runs);
    if (!native) return failed(native.error());
    const bool often = elements_of(graph, session_.sizes, written) <= most_often;
    for (const Place& place : at.first(often ? at.size() : 1)) {
      waiting_("step", static_cast<std::size_t>(&place - at.data()) + 1, at.size(), place.name);
      const std::optional<Point> point = draw_point(session_, place.draw, 0);
      if (!point) continue;
      const bool strict = place.draw == Draw::start && is_filled(session_, loss_);
      auto deviation = session_.times("step", [&] { return native->at(*point, strict); });
      if (!deviation) return failed(deviation.error());
      checks_.push_back({std::string(place.name) + (further.empty() ? "" : ", ") + further, std::move(*deviation)});
    }
    return {};
  }

  Session& session_;
  NodeId loss_;
  Waiting& waiting_;
  std::vector<StepCheck> checks_;
};

}  // namespace

Outcome<std::vector<StepCheck>> check_step(Session& session, NodeId loss, Waiting& waiting) {
  if (session.program->parameters.empty()) return std::vector<StepCheck>();
  return StepChecks(session, loss, waiting).result();
}

}  // namespace tenet

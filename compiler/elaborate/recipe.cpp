#include "compiler/elaborate/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/elaborate/sources.h"

namespace tenet {
namespace {

using syntax::Expression;

constexpr std::uint64_t default_split_seed = 42;
constexpr std::int64_t default_limit = 100;
constexpr std::int64_t most_steps = std::int64_t{1} << 53;  // a step is exact in double precision
constexpr std::int64_t largest_size = 0x7fffffff;

// One key of a recipe: what reads its value, and whether it has to be there.
template <class Recipe>
struct Key {
  std::string_view name;
  void (*read)(Elaborator&, const Expression&, Recipe&);
  bool required;
};

std::optional<mpq_class> number_in(Elaborator& elaborator, const Expression& value) {
  check_names(elaborator.diagnostics(), elaborator.file(), value);
  const bool is_one = value.kind != Expression::Kind::list && value.kind != Expression::Kind::string;
  return is_one ? elaborator.number(value) : std::nullopt;
}

// A whole number from `least` to `most`, or an error that says `wanted`.
std::optional<std::int64_t> whole(Elaborator& elaborator, std::string_view key, const Expression& value, std::int64_t least,
                                  std::int64_t most, std::string_view wanted) {
  const std::optional<mpq_class> number = number_in(elaborator, value);
  if (number && number->get_den() == 1 && *number >= static_cast<long>(least) && *number <= static_cast<long>(most))
    return number->get_num().get_si();
  elaborator.report(Message::recipe_number_wanted, value.span, key, wanted);
  return {};
}

void read_from(Elaborator& elaborator, const Expression& value, Train& train) { train.source = read_source(elaborator, value); }

// Of `80, 10, 10`; of one value that is no list, that value.
std::vector<const Expression*> parts_of(const Expression& value) {
  if (value.kind != Expression::Kind::list) return {&value};
  std::vector<const Expression*> parts;
  for (const syntax::ExpressionPtr& part : value.operands) parts.push_back(part.get());
  return parts;
}

void read_split(Elaborator& elaborator, const Expression& value, Train& train) {
  constexpr std::string_view wanted = "one to three parts above 0, such as `80, 10, 10`";
  train.split.clear();
  for (const Expression* part : parts_of(value)) {
    const std::optional<mpq_class> number = number_in(elaborator, *part);
    if (!number || *number <= 0) {
      elaborator.report(Message::recipe_number_wanted, part->span, "split", wanted);
      return;
    }
    train.split.push_back(number->get_d());
  }
  if (train.split.empty() || train.split.size() > 3)
    elaborator.report(Message::recipe_number_wanted, value.span, "split", wanted);
}

void read_batch(Elaborator& elaborator, const Expression& value, Train& train) {
  train.batch = whole(elaborator, "batch", value, 1, largest_size, "a whole number from 1 on");
}

void read_steps(Elaborator& elaborator, const Expression& value, Train& train) {
  train.steps = whole(elaborator, "steps", value, 0, most_steps, "a whole number from 0 on").value_or(0);
}

void read_rate(Elaborator& elaborator, const Expression& value, Train& train) {
  if (const std::optional<NodeId> rate = schedule(elaborator, "rate", value, train)) train.rate = *rate;
}

void read_clip(Elaborator& elaborator, const Expression& value, Train& train) {
  train.clip = schedule(elaborator, "clip", value, train, false);
}

// By read_rules, which reads several entries together.
void read_later(Elaborator&, const Expression&, Train&) {}

void read_split_seed(Elaborator& elaborator, const Expression& value, Train& train) {
  train.split_seed =
      static_cast<std::uint64_t>(whole(elaborator, "split_seed", value, 0, most_steps, "a whole number from 0 on").value_or(0));
}

void read_order(Elaborator& elaborator, const Expression& value, Train& train) {
  if (value.kind == Expression::Kind::name && value.text == "epochs") {
    train.order = BatchOrder::epochs;
  } else {
    elaborator.report(Message::recipe_value_unknown, value.span, "order", elaborator.source_text(value.span)).hint =
        "`order = epochs`, or no `order`: each item is drawn anew";
  }
}

void read_shuffle(Elaborator& elaborator, const Expression& value, Train& train) {
  const bool named = value.kind == Expression::Kind::name;
  train.shuffle = !named || value.text != "no";
  if (!named || (value.text != "no" && value.text != "yes"))
    elaborator.report(Message::recipe_value_unknown, value.span, "shuffle", elaborator.source_text(value.span)).hint =
        "`shuffle = no`: the splits have the items in the file's order";
}

void read_report(Elaborator& elaborator, const Expression& value, Train& train) {
  for (const Expression* part : parts_of(value)) {
    const Symbol* symbol = part->kind == Expression::Kind::name ? elaborator.file().find(part->text) : nullptr;
    if (symbol == nullptr || symbol->kind != SymbolKind::definition) {
      const std::string near = suggestion(part->text, elaborator.file().names(SymbolKind::definition));
      elaborator.report(Message::recipe_value_unknown, part->span, "report", elaborator.source_text(part->span)).hint =
          symbol != nullptr && symbol->kind == SymbolKind::state
              ? fmt::format("`{0}` is a state: give its value a name, as in `{0}_now = {0}`, and report that", part->text)
          : near.empty() ? "`report` takes names of scalars that are defined: `report = accuracy, nll`"
                         : near;
      continue;
    }
    const std::optional<Value> figure = elaborator.expression(*part);
    if (!figure) continue;
    if (elaborator.graph().node(figure->node).axes.empty()) {
      train.report.push_back({part->text, figure->node});
      continue;
    }
    const std::string axes = elaborator.axes_text(figure->node);
    elaborator.report(Message::recipe_not_scalar, part->span, part->text, axes).hint =
        fmt::format("report its mean: `mean{}({})` under a name", axes, part->text);
  }
}

void read_count(Elaborator& elaborator, const Expression& value, Sample& sample) {
  sample.count = whole(elaborator, "count", value, 0, largest_size, "a whole number from 0 on").value_or(0);
}

void read_limit(Elaborator& elaborator, const Expression& value, Sample& sample) {
  sample.limit = whole(elaborator, "limit", value, 1, largest_size, "a whole number from 1 on").value_or(1);
}

void read_temperature(Elaborator& elaborator, const Expression& value, Sample& sample) {
  const std::optional<mpq_class> number = number_in(elaborator, value);
  if (number && *number > 0) {
    sample.temperature = number->get_d();
  } else {
    elaborator.report(Message::recipe_number_wanted, value.span, "temperature", "a number above 0");
  }
}

constexpr Key<Train> train_keys[] = {{"from", read_from, false},       {"split", read_split, false},
                                     {"batch", read_batch, false},     {"steps", read_steps, true},
                                     {"rate", read_rate, true},        {"clip", read_clip, false},
                                     {"order", read_order, false},     {"split_seed", read_split_seed, false},
                                     {"optimizer", read_later, false}, {"freeze", read_later, false},
                                     {"shuffle", read_shuffle, false}, {"report", read_report, false}};

constexpr Key<Sample> sample_keys[] = {
    {"count", read_count, false}, {"limit", read_limit, false}, {"temperature", read_temperature, false}};

template <class Recipe>
void read_entries(Elaborator& elaborator, std::string_view recipe, const std::vector<syntax::Entry>& entries, Span span,
                  std::span<const Key<Recipe>> keys, Recipe& into) {
  std::vector<const syntax::Entry*> seen;
  for (const syntax::Entry& entry : entries) {
    const auto key = std::ranges::find(keys, entry.key.text, &Key<Recipe>::name);
    if (!entry.of.empty() && entry.key.text == "optimizer" && key != keys.end()) continue;  // one of several
    if (!entry.of.empty()) elaborator.report(Message::recipe_key_of, entry.of.front().span, entry.key.text);
    const auto before = std::ranges::find_if(seen, [&](const auto* other) { return other->key.text == entry.key.text; });
    if (key == keys.end()) {
      std::vector<std::string> names;
      std::string all;
      for (const Key<Recipe>& row : keys) {
        names.emplace_back(row.name);
        all += fmt::format("{}`{}`", all.empty() ? "" : ", ", row.name);
      }
      const std::string near = suggestion(entry.key.text, names);
      elaborator.report(Message::recipe_key_unknown, entry.key.span, recipe, entry.key.text).hint =
          near.empty() ? "the keys are " + all : near + " The keys are " + all;
    } else if (before != seen.end()) {
      elaborator.report(Message::recipe_key_twice, entry.key.span, entry.key.text)
          .related.push_back({(*before)->key.span, "first given here"});
    } else {
      seen.push_back(&entry);
      if (entry.value != nullptr) key->read(elaborator, *entry.value, into);
    }
  }
  for (const Key<Recipe>& key : keys) {
    const auto is_key = [&](const auto* entry) { return entry->key.text == key.name; };
    if (key.required && std::ranges::none_of(seen, is_key))
      elaborator.report(Message::recipe_key_missing, span, recipe, key.name);
  }
}

// The value that a recipe's head names.
std::optional<Value> named_value(Elaborator& elaborator, const syntax::Name& name) {
  Expression expression{};
  expression.kind = Expression::Kind::name;
  expression.text = name.text;
  expression.span = expression.name_span = name.span;
  check_names(elaborator.diagnostics(), elaborator.file(), expression);
  return elaborator.expression(expression);
}

void check_batch(Elaborator& elaborator, const syntax::Train& tree, const Train& train) {
  if (!train.batch) return;
  const auto entry = std::ranges::find_if(tree.entries, [](const syntax::Entry& row) { return row.key.text == "batch"; });
  const std::optional<AxisId> axis = batch_axis(elaborator.program(), train);
  if (!axis) return;
  const std::optional<mpq_class> size = elaborator.known_size(*axis);
  if (size && *size != static_cast<long>(*train.batch))
    elaborator.report(Message::recipe_batch_differs, entry->value->span, *train.batch, elaborator.graph().axis(*axis).name,
                      size->get_str());
}

// Data that are loaded whole and for good stand beside the items.
void check_loaded(Elaborator& elaborator, const DataInput& data, const DataSource& source) {
  if (source.fills(data.input)) {
    elaborator.report(Message::load_filled_twice, data.source->span, data.name).related.push_back({source.span, "the source"});
  } else if (std::ranges::find(data.source->axes, source.items) != data.source->axes.end()) {
    elaborator.report(Message::load_has_items, data.source->span, data.name, elaborator.graph().axis(source.items).name);
  }
}

// What is evaluated on a split reads no data but those that are read.
void check_filled(Elaborator& elaborator, NodeId value, std::string_view name, Span span, const DataSource& source) {
  const std::vector<NodeId> read = elaborator.graph().reachable(std::span(&value, 1));
  for (const DataInput& data : elaborator.program().data)
    if (!data.source && !source.fills(data.input) && std::ranges::binary_search(read, data.node))
      elaborator.report(Message::source_data_unfilled, span, name, data.name).related.push_back({source.span, "the source"});
}

void read_train(Elaborator& elaborator, const syntax::Train& tree) {
  Graph& graph = elaborator.graph();
  const NodeId zero = graph.constant(0);
  Train train{zero, tree.loss.text, {}, {1}, default_split_seed, {}, BatchOrder::replacement, 0, zero, {}, {}, tree.span};
  if (const std::optional<Value> loss = named_value(elaborator, tree.loss)) {
    train.loss = loss->node;
    if (!graph.node(loss->node).axes.empty()) {
      elaborator.report(Message::recipe_not_scalar, tree.loss.span, tree.loss.text, elaborator.axes_text(loss->node)).hint =
          fmt::format("train on its mean: `mean{}({})`", elaborator.axes_text(loss->node), tree.loss.text);
    } else if (loss->kind != Kind::real) {
      elaborator.report(Message::recipe_value_whole, tree.loss.span, tree.loss.text,
                        loss->kind == Kind::whole ? "whole" : "a truth");
    }
  }
  read_entries<Train>(elaborator, "train", tree.entries, tree.span, train_keys, train);
  if (train.source) {
    for (const DataInput& data : elaborator.program().data)
      if (data.source) check_loaded(elaborator, data, *train.source);
    check_filled(elaborator, train.loss, tree.loss.text, tree.loss.span, *train.source);
    for (const Reported& figure : train.report) check_filled(elaborator, figure.value, figure.name, tree.span, *train.source);
  }
  check_batch(elaborator, tree, train);
  read_rules(elaborator, tree, train);
  elaborator.program().train = std::move(train);
}

void read_sample(Elaborator& elaborator, const syntax::Sample& tree) {
  Program& program = elaborator.program();
  Graph& graph = elaborator.graph();
  Sample sample{graph.constant(0), 20, default_limit, 1, tree.span};
  const std::optional<Value> distribution = named_value(elaborator, tree.distribution);
  read_entries<Sample>(elaborator, "sample", tree.entries, tree.span, sample_keys, sample);
  if (!distribution) return;
  if (!program.train || !program.train->source || !program.train->source->alphabet) {
    const bool failed = program.train && elaborator.diagnostics().has_errors();  // the source has an error of its own
    if (!failed) elaborator.report(Message::sample_without_source, tree.span);
    return;
  }
  const DataSource& source = *program.train->source;
  sample.distribution = distribution->node;
  std::vector<AxisId> rest(graph.node(distribution->node).axes.begin(), graph.node(distribution->node).axes.end());
  const bool over_alphabet = std::erase(rest, *source.alphabet) == 1;
  std::erase(rest, source.items);
  const bool by_position = source.kind != SourceKind::letter_windows;  // a window has one letter that follows
  if (by_position) std::erase(rest, *source.positions);
  if (!over_alphabet || !rest.empty()) {
    const std::string& items = graph.axis(source.items).name;
    elaborator.report(Message::sample_axes, tree.distribution.span, graph.axis(*source.alphabet).name,
                      by_position ? fmt::format("{}` and `{}", items, graph.axis(*source.positions).name) : items,
                      tree.distribution.text, elaborator.axes_text(distribution->node));
    return;
  }
  const NodeId roots[] = {distribution->node};
  const std::vector<NodeId> read = graph.reachable(roots);
  for (const DataInput& data : program.data) {
    if (data.source || data.input == source.columns[0].input || !std::ranges::binary_search(read, data.node)) continue;
    elaborator.report(data.input == source.columns[1].input ? Message::sample_reads_next
                      : source.fills(data.input)            ? Message::sample_data_unfilled
                                                            : Message::source_data_unfilled,
                      tree.distribution.span, tree.distribution.text, data.name);
  }
  program.sample = std::move(sample);
}

}  // namespace

void read_recipes(Elaborator& elaborator) {
  const syntax::Program& tree = elaborator.file().tree();
  const auto read_one = [&](std::string_view name, const auto& recipes, auto read) {
    for (std::size_t i = 1; i < recipes.size(); ++i)
      elaborator.report(Message::recipe_twice, recipes[i].span, name).related.push_back({recipes[0].span, "the first one"});
    if (!recipes.empty()) read(elaborator, recipes[0]);
  };
  read_one("train", tree.trains, read_train);
  read_one("sample", tree.samples, read_sample);
}

}  // namespace tenet

// What the closed forms of graphs/forms cost: as their claims write them, and as derivation finds them.
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/cli/command.h"
#include "tests/counts.h"
#include "tests/golden.h"
#include "tests/programs.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// Counts of all the gradients together, as one shared graph.
struct Budget {
  std::string program, targets;
  Counts counts;               // per element, indicators, reductions, contractions, sweeps
  std::string value = "loss";  // whose gradients
  std::string claims = {};     // that give them; empty: `d` and the target's name
};

const std::vector<Budget> budgets{
    {"cross_entropy", "logits logit_maxes", {1, 1, 0, 0, 1}},
    {"cross_entropy_naive", "logits", {1, 1, 0, 0, 1}},
    {"cross_entropy_logsumexp", "logits", {1, 1, 0, 0, 1}},
    {"label_smoothing", "logits", {2, 1, 0, 0, 1}},
    {"soft_cross_entropy", "logits", {3, 0, 1, 0, 2}},
    {"soft_cross_entropy_normalised", "logits", {2, 0, 0, 0, 1}},
    {"class_weights", "logits", {1, 1, 0, 0, 1}},
    {"masked_cross_entropy", "logits", {1, 1, 0, 0, 1}},
    {"binary_cross_entropy", "z", {2, 0, 0, 0, 1}},
    {"binary_cross_entropy_stable", "z", {3, 0, 0, 0, 1}},
    {"multi_label", "z", {2, 0, 0, 0, 1}},
    {"hinge", "z", {2, 0, 0, 0, 1}},
    {"mean_squared_error", "x", {1, 0, 0, 0, 1}},
    {"mean_absolute_error", "x", {2, 0, 0, 0, 1}},
    {"huber", "x", {2, 0, 0, 0, 1}},
    {"gaussian_likelihood", "mu", {2, 0, 0, 0, 1}},
    {"gaussian_likelihood", "log_variance", {2, 0, 0, 0, 1}},
    {"variational", "mu log_variance", {2, 0, 0, 0, 1}},
    {"kl_divergence", "logits", {2, 0, 0, 0, 1}},
    {"kl_divergence_given", "logits", {2, 0, 0, 0, 1}},
    {"entropy", "logits", {2, 0, 0, 0, 1}},
    {"unit_norm", "x", {3, 0, 1, 0, 2}},
    {"rms_norm", "x", {4, 0, 1, 0, 2}},
    {"rms_norm", "x gain", {4, 0, 2, 0, 2}},
    {"layer_norm", "x gain bias", {5, 0, 4, 0, 2}},
    {"batch_norm", "x gain bias", {4, 0, 2, 0, 2}},
    {"batch_norm_bessel", "x gain bias", {4, 0, 2, 0, 2}},
    {"bias_before_batch_norm", "b", {0, 0, 0, 0, 0}},
    {"softmax", "x", {2, 0, 1, 0, 2}},
    {"log_softmax", "x", {2, 0, 1, 0, 2}},
    {"attention", "Q K V", {2, 0, 1, 4, 2}, "loss", "dV dscores dQ dK"},
    {"causal_attention", "Q K V", {2, 0, 1, 4, 2}, "loss", "dV dscores dQ dK"},
    {"tanh", "x", {3, 0, 0, 0, 1}},
    {"tanh_from_exp", "x", {3, 0, 0, 0, 1}},
    {"sigmoid", "x", {3, 0, 0, 0, 1}},
    {"sigmoid_from_exp", "x", {3, 0, 0, 0, 1}},
    {"gelu_tanh", "x", {10, 0, 0, 0, 1}},
    {"silu", "x", {4, 0, 0, 0, 1}},
    {"softplus", "x", {2, 0, 0, 0, 1}},
    {"elu", "x", {3, 0, 0, 0, 1}},
    {"leaky_relu", "x", {2, 0, 0, 0, 1}},
    {"relu", "x", {1, 0, 0, 0, 1}},
    {"linear", "X W b", {0, 0, 1, 2, 1}},
    {"embedding", "C", {0, 1, 0, 0, 1}},
    {"embedding_linear", "C W", {0, 1, 0, 2, 1}},
    {"gru", "an az ar hn h", {12, 0, 0, 0, 1}},
    {"lstm", "af ai ao an k c", {17, 0, 0, 0, 1}},
    {"ridge", "w", {0, 0, 0, 1, 1}},
    {"logistic_regression", "w", {0, 0, 0, 1, 1}},
    {"cross_entropy_hessian", "logits", {3, 0, 1, 0, 2}, "direction", "product"},
    {"quadratic_form", "x", {0, 0, 0, 1, 1}},
    {"matrix_factors", "A B", {0, 0, 0, 2, 1}},
    {"contrastive", "u v T", {1, 1, 1, 2, 1}, "loss", "ds du dv dT"},
    {"contrastive_symmetric", "u v", {3, 1, 0, 2, 1}, "loss", "ds du dv"},
    {"weight_decay", "w", {1, 0, 0, 0, 1}},
    {"variance", "x", {1, 0, 0, 0, 1}},
    {"variance", "x", {1, 0, 0, 0, 1}, "loss_corrected", "dx_corrected"},
    {"variance", "x", {1, 0, 0, 0, 1}, "loss_deviation", "dx_deviation"},
    {"dropout", "x", {1, 0, 0, 0, 1}},
    {"mean_pool", "x", {1, 0, 0, 0, 1}},
    {"residual", "x", {3, 0, 0, 0, 1}},
    {"convolution", "x W", {0, 0, 0, 2, 1}},
    {"convolution_strided", "x W", {1, 0, 1, 2, 1}},
    {"softmax_jacobian", "x", {1, 1, 0, 0, 1}, "each", "jacobian"},
};

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

// The sum of what the lines of `tenet derive` add.
Counts derived(const Budget& budget) {
  const Scratch scratch;
  const std::string file = (source_folder() / "graphs" / "forms" / (budget.program + ".tenet")).string();
  const Ending ending = scratch.run("tenet derive '" + file + "' " + budget.targets + " --of " + budget.value + " --format json");
  INFO(budget.program << "\n" << ending.err);
  REQUIRE(ending.status == 0);
  Counts sum;
  for (const auto& line : nlohmann::json::parse(ending.out))
    sum = sum_of(sum, {line.at("per_element"), line.at("indicator_operations"), line.at("reductions"), line.at("contractions"),
                       line.at("sweeps")});
  return sum;
}

bool at_most(const Counts& a, const Counts& b) {
  return a.per_element <= b.per_element && a.indicator_operations <= b.indicator_operations && a.reductions <= b.reductions &&
         a.contractions <= b.contractions && a.sweeps <= b.sweeps;
}

// The right sides of the claims. What they read of other claims' left sides is counted there.
Counts claimed(const Budget& budget) {
  const ReadProgram read("forms/" + budget.program);
  const Program& program = *read.program;
  std::vector<std::string> names = words(budget.claims);
  if (names.empty())
    for (const std::string& target : words(budget.targets)) names.push_back("d" + target);
  std::vector<NodeId> lines;
  for (const std::string& name : names) {
    const auto claim = std::ranges::find(program.claims, name, &Claim::name);
    REQUIRE(claim != program.claims.end());
    lines.push_back(claim->right);
  }
  const auto value = std::ranges::find(program.definitions, budget.value, &Definition::name);
  REQUIRE(value != program.definitions.end());
  const std::unordered_set<NodeId> forward = computed_by(program.graph, value->node);
  Counter counter(program.graph, lines, [&](NodeId id) {
    return forward.contains(id) || std::ranges::find(program.claims, id, &Claim::left) != program.claims.end();
  });
  return total(counter, lines);
}

}  // namespace

TEST_CASE("the closed forms as they are claimed have the counts of the table", "[cli]") {
  for (const Budget& budget : budgets) {
    const Counts counts = claimed(budget);
    INFO(budget.program << ", " << budget.targets << ": " << counts << ", should be " << budget.counts);
    CHECK(at_most(counts, budget.counts));
  }
}

// What derivation does not reach: forms with a choice in them, whose branches are not joined, and one with longer products.
const std::set<std::string> dearer{
    "binary_cross_entropy_stable", "hinge", "huber", "causal_attention", "convolution"};

TEST_CASE("derivation finds forms that cost no more than the table says", "[cli]") {
  for (const Budget& budget : budgets) {
    const Counts counts = derived(budget);
    INFO(budget.program << ", " << budget.targets << ": " << counts << ", should be " << budget.counts);
    CHECK(at_most(counts, budget.counts) == !dearer.contains(budget.program));
  }
}

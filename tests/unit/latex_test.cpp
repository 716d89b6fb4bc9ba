// What `tenet derive --format latex` writes.
#include "compiler/render/latex.h"

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "compiler/grad/formula.h"
#include "compiler/render/derive.h"
#include "tests/programs.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

std::string mathematics(const std::string& text) { return latex(*parse_formula(text), {}, "\n"); }

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t result = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++result;
  return result;
}

// What is wrong with a document's text; empty: nothing that can be seen without TeX.
std::string fault(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = i > 0 && text[i - 1] == '\\';
    if (text[i] == '{' && !escaped) ++depth;
    if (text[i] == '}' && !escaped && --depth < 0) return "a brace closes that has not been opened";
    if (text[i] == '_' && !escaped && (i + 1 == text.size() || text[i + 1] != '{')) return "a raw underscore";
    if (static_cast<unsigned char>(text[i]) < ' ' && text[i] != '\n') return "a control character";
  }
  if (depth != 0) return "a brace stays open";
  if (count(text, "\\left") != count(text, "\\right")) return "\\left and \\right do not pair";
  if (count(text, "\\bigl") != count(text, "\\bigr")) return "\\bigl and \\bigr do not pair";
  return count(text, "\\begin{") == count(text, "\\end{") ? "" : "an environment stays open";
}

std::string document(const std::string& name, const std::vector<std::string>& by) {
  ReadProgram read(name);
  return derivation_latex(derive(*read.program, read["loss"], by, false), "loss");
}

}  // namespace

TEST_CASE("expressions as mathematics", "[unit]") {
  CHECK(mathematics("a * b / c * d") == "\\frac{\\mathrm{a} \\, \\mathrm{b}}{\\mathrm{c}} \\, \\mathrm{d}");
  CHECK(mathematics("a / (b / c)") == "\\frac{\\mathrm{a}}{\\frac{\\mathrm{b}}{\\mathrm{c}}}");
  CHECK(mathematics("2 * 3 * x_1") == "2 \\cdot 3 \\, \\mathrm{x}_{1}");
  CHECK(mathematics("(a + b) * c") == "\\left(\\mathrm{a} + \\mathrm{b}\\right) \\, \\mathrm{c}");
  CHECK(mathematics("a - (b - c)") == "\\mathrm{a} - \\left(\\mathrm{b} - \\mathrm{c}\\right)");
  CHECK(mathematics("a - b * -c") == "\\mathrm{a} - \\mathrm{b} \\, \\left(-\\mathrm{c}\\right)");
  CHECK(mathematics("-x^2") == "-{\\mathrm{x}}^{2}");
  CHECK(mathematics("(-x)^-0.5") == "{\\left(-\\mathrm{x}\\right)}^{-0.5}");
  CHECK(mathematics("x^(y + 1)") == "{\\mathrm{x}}^{\\mathrm{y} + 1}");
  CHECK(mathematics("sum[i, j](x) * y") == "\\left(\\sum_{\\mathrm{i},\\, \\mathrm{j}} \\mathrm{x}\\right) \\, \\mathrm{y}");
  CHECK(mathematics("sum[i](x + y)") == "\\sum_{\\mathrm{i}} \\left(\\mathrm{x} + \\mathrm{y}\\right)");
  CHECK(mathematics("(vocab == Y) * x") == "\\indicator{\\mathrm{vocab} = \\mathrm{Y}} \\, \\mathrm{x}");
  CHECK(mathematics("C[vocab = X]") == "{\\mathrm{C}}_{\\mathrm{vocab} = \\mathrm{X}}");
  CHECK(mathematics("exp(x - max[i](x))") == "\\exp\\left(\\mathrm{x} - \\max_{\\mathrm{i}} \\mathrm{x}\\right)");
  CHECK(mathematics("relu(x) / sqrt(|heads|)") ==
        "\\frac{\\operatorname{relu}\\left(\\mathrm{x}\\right)}{\\sqrt{\\left|\\mathrm{heads}\\right|}}");
  CHECK(mathematics("where(a > 0 and b <= c, x, where(d == 0, y, -inf))") ==
        "\\begin{cases} \\mathrm{x} & \\mathrm{a} > 0 \\land \\mathrm{b} \\le \\mathrm{c} \\\\ \\mathrm{y} & "
        "\\mathrm{d} = 0 \\\\ -\\infty & \\text{otherwise} \\end{cases}");
  CHECK(mathematics("bnvar_inv + 1e-5") == "\\mathrm{bnvar\\_inv} + 10^{-5}");
}

TEST_CASE("a long formula is broken before + and -, and its brackets may be parted", "[unit]") {
  std::string sum = "first";
  for (int k = 0; k < 12; ++k) sum += " + another_summand * b";
  const std::string text = mathematics("factor * (" + sum + ")");
  CHECK(count(text, "\n") >= 2);
  CHECK(count(text, "\\left(") == 0);
  CHECK(count(text, "\\bigl(") == 1);
  CHECK(fault(text) == "");
  CHECK(count(mathematics("exp(" + sum + ") / 2"), "\n") == 0);  // a fraction cannot be parted
}

TEST_CASE("the documents of all programs are well formed", "[unit]") {
  for (const std::string& name : program_names()) {
    ReadProgram read(name);
    if (!read.program->target("loss")) continue;
    const std::string text = derivation_latex(derive(*read.program, read["loss"], {}, false), "loss");
    INFO(name << "\n" << text);
    CHECK(fault(text) == "");
  }
}

TEST_CASE("the document of the lecture's network reads as recorded", "[unit]") {
  check_golden("derive", "ninja_two_latex", document("ninja", {"logits", "hprebn"}));
}

TEST_CASE("pdflatex compiles the documents", "[unit]") {
  if (std::system("pdflatex --version > /dev/null 2>&1") != 0) {
    std::cerr << "skipped: pdflatex is not here\n";
    return;
  }
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "tenet_latex_test";
  std::filesystem::create_directories(folder);
  for (const std::string name : {"ninja", "forms/attention", "forms/huber", "forms/convolution"}) {
    std::ofstream(folder / "derived.tex") << document(name, {});
    INFO(name);
    CHECK(std::system(("cd '" + folder.string() + "' && pdflatex -halt-on-error derived.tex > log.txt 2>&1").c_str()) == 0);
  }
  std::filesystem::remove_all(folder);
}

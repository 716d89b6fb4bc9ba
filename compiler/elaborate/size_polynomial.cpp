#include "compiler/elaborate/size_polynomial.h"

#include <algorithm>

namespace tenet {
namespace {

constexpr std::size_t most_terms = 64;
constexpr std::size_t highest_degree = 8;
constexpr std::size_t most_bits = 4096;

}  // namespace

SizePolynomial::SizePolynomial(const mpq_class& constant) { add({}, constant); }

SizePolynomial SizePolynomial::size(AxisId axis) {
  SizePolynomial result;
  result.add({axis}, 1);
  return result;
}

void SizePolynomial::add(const Monomial& monomial, const mpq_class& coefficient) {
  if (coefficient == 0) return;
  auto [entry, fresh] = terms_.try_emplace(monomial, coefficient);
  if (fresh) return;
  entry->second += coefficient;
  if (entry->second == 0) terms_.erase(entry);
}

bool SizePolynomial::is_constant() const { return terms_.empty() || (terms_.size() == 1 && terms_.begin()->first.empty()); }

const mpq_class& SizePolynomial::constant() const {
  static const mpq_class zero = 0;
  auto entry = terms_.find({});
  return entry == terms_.end() ? zero : entry->second;
}

bool SizePolynomial::has_whole_coefficients() const {
  return std::ranges::all_of(terms_, [](const auto& term) { return term.second.get_den() == 1; });
}

SizePolynomial SizePolynomial::operator+(const SizePolynomial& other) const {
  SizePolynomial result = *this;
  for (const auto& [monomial, coefficient] : other.terms_) result.add(monomial, coefficient);
  return result;
}

SizePolynomial SizePolynomial::operator-(const SizePolynomial& other) const { return *this + other.scaled(-1); }

std::optional<SizePolynomial> SizePolynomial::times(const SizePolynomial& other) const {
  if (terms_.size() * other.terms_.size() > most_terms) return {};
  SizePolynomial result;
  for (const auto& [left, a] : terms_)
    for (const auto& [right, b] : other.terms_) {
      Monomial product;
      std::ranges::merge(left, right, std::back_inserter(product));
      result.add(product, a * b);
    }
  if (!result.reasonable()) return {};
  return result;
}

SizePolynomial SizePolynomial::scaled(const mpq_class& factor) const {
  SizePolynomial result;
  for (const auto& [monomial, coefficient] : terms_) result.add(monomial, coefficient * factor);
  return result;
}

std::optional<SizePolynomial> SizePolynomial::divided_down(const SizePolynomial& divisor) const {
  if (divisor.terms_.size() != 1 || !has_whole_coefficients()) return {};
  const auto& [factor, scale] = *divisor.terms_.begin();
  if (scale.get_den() != 1 || scale < 1) return {};
  SizePolynomial quotient, rest;
  for (const auto& [monomial, coefficient] : terms_) {
    Monomial part;
    std::ranges::set_difference(monomial, factor, std::back_inserter(part));
    const mpq_class share = coefficient / scale;
    if (share.get_den() == 1 && std::ranges::includes(monomial, factor))
      quotient.add(part, share);
    else
      rest.add(monomial, coefficient);
  }
  mpz_class whole;  // of what is left a constant may hold the divisor some times over
  if (rest.is_constant() && divisor.is_constant()) {
    mpz_fdiv_q(whole.get_mpz_t(), rest.constant().get_num_mpz_t(), scale.get_num_mpz_t());
    return quotient + SizePolynomial(mpq_class(whole));
  }
  if (rest.at_least_zero() == Decision::always && (divisor - rest).above_zero() == Decision::always) return quotient;
  const SizePolynomial above = rest + divisor;  // one divisor less
  if (above.at_least_zero() == Decision::always && rest.scaled(-1).above_zero() == Decision::always)
    return quotient - SizePolynomial(1);
  return {};
}

bool SizePolynomial::reasonable() const {
  return terms_.size() <= most_terms && std::ranges::all_of(terms_, [](const auto& term) {
           return term.first.size() <= highest_degree && mpz_sizeinbase(term.second.get_num_mpz_t(), 2) <= most_bits &&
                  mpz_sizeinbase(term.second.get_den_mpz_t(), 2) <= most_bits;
         });
}

Decision SizePolynomial::sign(bool strict) const {
  SizePolynomial shifted;  // in u = s - 1: each monomial becomes the sum over its subsets
  for (const auto& [monomial, coefficient] : terms_)
    for (std::uint32_t subset = 0; subset < 1u << monomial.size(); ++subset) {
      Monomial part;
      for (std::size_t i = 0; i < monomial.size(); ++i)
        if (subset >> i & 1) part.push_back(monomial[i]);
      shifted.add(part, coefficient);
    }
  const auto none_below = [](const auto& term) { return term.second >= 0; };
  const auto none_above = [](const auto& term) { return term.second <= 0; };
  const mpq_class& least = shifted.constant();
  if (std::ranges::all_of(shifted.terms_, none_below) && (strict ? least > 0 : least >= 0)) return Decision::always;
  if (std::ranges::all_of(shifted.terms_, none_above) && (strict ? least <= 0 : least < 0)) return Decision::never;
  return Decision::depends;
}

std::string SizePolynomial::text(const Graph& graph) const {
  std::string result;
  const auto append = [&](const Monomial& monomial, const mpq_class& coefficient) {
    const mpq_class size = abs(coefficient);
    if (result.empty()) {
      if (coefficient < 0) result += '-';
    } else {
      result += coefficient < 0 ? " - " : " + ";
    }
    if (monomial.empty() || size != 1) result += size.get_str();
    for (std::size_t i = 0; i < monomial.size(); ++i) {
      if (i > 0 || size != 1) result += " * ";
      result += "|" + graph.axis(monomial[i]).name + "|";
    }
  };
  for (const auto& [monomial, coefficient] : terms_)
    if (!monomial.empty()) append(monomial, coefficient);
  if (constant() != 0 || terms_.empty()) append({}, constant());
  return result;
}

}  // namespace tenet

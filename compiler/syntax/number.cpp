#include "compiler/syntax/number.h"

#include <algorithm>
#include <limits>

namespace tenet::syntax {
namespace {

mpz_class power_of_ten(unsigned long exponent) {
  mpz_class power;
  mpz_ui_pow_ui(power.get_mpz_t(), 10, exponent);
  return power;
}

// digits * 10^exponent.
mpq_class scaled(const mpz_class& digits, long exponent) {
  mpq_class value = exponent >= 0 ? mpq_class(digits * power_of_ten(static_cast<unsigned long>(exponent)))
                                  : mpq_class(digits, power_of_ten(static_cast<unsigned long>(-exponent)));
  value.canonicalize();
  return value;
}

// Takes a run of digits, with single `_` between two of them, off the front of `text`; false where a `_` stands elsewhere.
bool take_digits(std::string_view& text, std::string& digits) {
  bool underscore = true;  // none may come first
  for (; !text.empty() && (text[0] == '_' || (text[0] >= '0' && text[0] <= '9')); text.remove_prefix(1)) {
    if (text[0] == '_' && underscore) return false;
    underscore = text[0] == '_';
    if (!underscore) digits += text[0];
  }
  return digits.empty() || !underscore;
}

}  // namespace

std::expected<Number, Message> read_number(std::string_view text) {
  const auto malformed = std::unexpected(Message::number_malformed);
  std::string whole_digits, fraction, exponent_digits;
  bool whole = true, negative_exponent = false;
  if (!take_digits(text, whole_digits)) return malformed;
  if (text.starts_with('.')) {
    whole = false;
    text.remove_prefix(1);
    if (!take_digits(text, fraction)) return malformed;
  }
  if (whole_digits.empty() && fraction.empty()) return malformed;
  if (text.starts_with('e') || text.starts_with('E')) {
    whole = false;
    text.remove_prefix(1);
    negative_exponent = text.starts_with('-');
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (!take_digits(text, exponent_digits) || exponent_digits.empty()) return malformed;
  }
  if (!text.empty()) return malformed;
  if (whole_digits.size() + fraction.size() > static_cast<std::size_t>(most_digits)) {
    return std::unexpected(Message::number_too_long);
  }

  const mpz_class digits(whole_digits + fraction, 10);
  if (digits == 0) return Number{0, whole};
  // Past a few thousand every exponent is out of range, whatever the digits.
  exponent_digits.erase(0, std::min(exponent_digits.find_first_not_of('0'), exponent_digits.size()));
  const long limit = 10 * most_digits;
  long exponent = exponent_digits.size() > 4 ? limit : exponent_digits.empty() ? 0 : std::stol(exponent_digits);
  if (negative_exponent) exponent = -exponent;
  const mpq_class value = scaled(digits, exponent - static_cast<long>(fraction.size()));
  const mpq_class largest(std::numeric_limits<double>::max()), smallest(std::numeric_limits<double>::denorm_min());
  if (value > largest || value < smallest) return std::unexpected(Message::number_out_of_range);
  return Number{value, whole};
}

// Six digits and more stand in groups of three.
std::string write_number(const mpq_class& value, bool whole) {
  if (whole) {
    std::string text = value.get_str();
    if (text.size() >= 6) {
      for (std::size_t at = text.size() - 3; at > 0; at = at > 3 ? at - 3 : 0) text.insert(at, 1, '_');
    }
    return text;
  }
  // value = digits * 10^exponent with digits not ending in 0: the denominator is 2^a 5^b, so 10^max(a, b) clears it.
  mpz_class rest;
  const mpz_class two = 2, five = 5;
  const auto twos = mpz_remove(rest.get_mpz_t(), value.get_den_mpz_t(), two.get_mpz_t());
  const auto fives = mpz_remove(rest.get_mpz_t(), value.get_den_mpz_t(), five.get_mpz_t());
  long exponent = -static_cast<long>(std::max(twos, fives));
  std::string digits = mpz_class(value * power_of_ten(static_cast<unsigned long>(-exponent))).get_str();
  while (digits.size() > 1 && digits.ends_with('0')) {
    digits.pop_back();
    ++exponent;
  }
  const std::string scientific = fmt::format("{}e{}", digits, exponent);
  std::string plain = digits;
  if (exponent >= 0) {
    plain += std::string(static_cast<std::size_t>(exponent), '0') + ".0";
  } else {
    const auto places = static_cast<std::size_t>(-exponent);
    if (plain.size() <= places) plain.insert(0, places + 1 - plain.size(), '0');
    plain.insert(plain.size() - places, 1, '.');
  }
  return plain.size() <= scientific.size() + 1 ? plain : scientific;
}

}  // namespace tenet::syntax

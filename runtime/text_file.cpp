#include "runtime/text_file.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/utf8.h"

namespace tenet {

std::expected<std::string_view, DataError> text_in(std::string_view bytes) {
  using namespace std::string_view_literals;
  for (const auto& [mark, name] : {std::pair("\xFF\xFE\0\0"sv, "UTF-32"), std::pair("\0\0\xFE\xFF"sv, "UTF-32"),
                                   std::pair("\xFF\xFE"sv, "UTF-16"), std::pair("\xFE\xFF"sv, "UTF-16")})
    if (bytes.starts_with(mark))
      return std::unexpected(DataError{fmt::format("the file is {}, and UTF-8 is read: save it as UTF-8", name)});
  while (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  return bytes;
}

bool take_line_end(std::string_view& text) {
  const std::size_t length = text.starts_with("\r\n") ? 2 : text.starts_with('\n') || text.starts_with('\r') ? 1 : 0;
  text.remove_prefix(length);
  return length > 0;
}

std::int64_t line_ends_in(std::string_view text) {
  std::int64_t count = 0;
  for (std::size_t at; (at = text.find_first_of("\r\n")) != std::string_view::npos; ++count) {
    text.remove_prefix(at);
    take_line_end(text);
  }
  return count;
}

std::string shown(std::string_view text) {
  constexpr int longest = 60;
  std::string result;
  for (int count = 0; !text.empty(); ++count) {
    if (count == longest) return fmt::format("`{}...`", result);
    const std::optional<char32_t> point = take_code_point(text);
    if (point && *point >= 0x20 && *point != 0x7F) {
      result += encode_code_point(*point);
    } else if (point) {
      result += fmt::format("U+{:04X}", static_cast<std::uint32_t>(*point));
    } else {
      result += fmt::format("0x{:02X}", static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
    }
  }
  return fmt::format("`{}`", result);
}

}  // namespace tenet

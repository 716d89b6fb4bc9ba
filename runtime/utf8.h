// UTF-8 (Unicode 15, section 3.9, table 3-7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenet {

// Takes the first code point off `text`. Nothing if `text` does not begin with a well-formed sequence (overlong forms, surrogates
// and values past U+10FFFF are not).
std::optional<char32_t> take_code_point(std::string_view& text);

std::string encode_code_point(char32_t point);

}  // namespace tenet

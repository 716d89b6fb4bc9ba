// UTF-8 as Unicode 15, section 3.9, table 3-7 has it: no surrogates, no overlong forms, nothing past U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace tenet {

// The number of bytes of the character that starts at `at`, or 0 where none does.
std::size_t utf8_character(std::string_view text, std::size_t at);

// The offset of the first byte that is part of no character, or npos.
std::size_t first_invalid_utf8(std::string_view text);

// Whether `byte` starts a character, so that a text may be cut before it.
constexpr bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

}  // namespace tenet

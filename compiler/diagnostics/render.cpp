// Diagnostics as text for people:
//
//   model.tenet:3:8: error: `(` is never closed
//     loss = sum[batch](x
//                      ^
//     hint: ...
//   model.tenet:1:6: note: the first definition
//     ...
#include <algorithm>
#include <map>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/diagnostics/utf8.h"

namespace tenet {
namespace {

constexpr std::size_t widest_line = 120;  // characters of a source line that are shown
constexpr std::size_t before_caret = 40;  // of them before the carets, where the line is clipped

enum class Colour { plain, error, warning, note, hint, caret, place };

std::string paint(std::string_view text, Colour colour, bool colours) {
  static constexpr std::string_view codes[] = {"", "1;31", "1;33", "1;36", "36", "32", "1"};
  if (!colours || colour == Colour::plain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(colour)], text);
}

// Where a span begins, for people: both from 1, the column in characters.
struct Place {
  std::size_t line, column;
  std::size_t line_begin, line_end;  // bytes
};

Place place_of(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  Place place{1, 1, 0, text.size()};
  for (std::size_t at = 0; at < offset; ++at) {
    if (text[at] != '\n') continue;
    ++place.line;
    place.line_begin = at + 1;
  }
  for (std::size_t at = place.line_begin; at < offset; ++at) {
    if (starts_character(text[at])) ++place.column;
  }
  const std::size_t end = text.find('\n', offset);
  if (end != std::string_view::npos) place.line_end = end;
  if (place.line_end > place.line_begin && text[place.line_end - 1] == '\r') --place.line_end;
  return place;
}

// One character of the line as it is shown: a tab or control character is a blank, a byte that is none is `?`.
std::string_view shown(std::string_view text, std::size_t at, std::size_t length) {
  if (length == 0) return "?";
  const auto byte = static_cast<unsigned char>(text[at]);
  return byte < 0x20 || byte == 0x7F ? " " : text.substr(at, length);
}

// The line with carets below the span, clipped to widest_line characters.
std::string excerpt(std::string_view text, const Place& place, Span span, bool colours) {
  const std::size_t first = std::min<std::size_t>(span.begin, text.size());
  std::size_t begin = first;  // of what is shown
  for (std::size_t left = place.column > widest_line ? before_caret : place.column; begin > place.line_begin && left > 0;) {
    --begin;
    if (starts_character(text[begin])) --left;
  }
  std::string line(begin > place.line_begin ? "..." : ""), carets(line.size(), ' ');
  std::size_t at = begin, width = 0;
  for (; at < place.line_end && width < widest_line; ++width) {
    const std::size_t length = utf8_character(text, at);
    line += shown(text, at, length);
    carets += at >= first && (at < span.end || at == first) ? '^' : ' ';
    at += std::max<std::size_t>(length, 1);
  }
  if (at < place.line_end) line += "...";
  if (first >= place.line_end) carets += '^';
  carets.erase(carets.find_last_not_of(' ') + 1);
  line.erase(line.find_last_not_of(' ') + 1);
  return fmt::format("  {}\n  {}\n", line, paint(carets, Colour::caret, colours));
}

std::string entry(const std::vector<Source>& sources, Span span, std::string_view word, Colour colour, std::string_view text,
                  bool colours) {
  if (span.file >= sources.size()) return fmt::format("{} {}\n", paint(word, colour, colours), text);
  const Source& source = sources[span.file];
  const Place place = place_of(source.text, span.begin);
  const std::string where = fmt::format("{}:{}:{}:", source.name, place.line, place.column);
  return fmt::format("{} {} {}\n{}", paint(where, Colour::place, colours), paint(word, colour, colours), text,
                     excerpt(source.text, place, span, colours));
}

}  // namespace

std::string Diagnostics::render(bool colour) const {
  // Sources in the order in which they first turn up, each from top to bottom.
  std::map<std::uint32_t, std::size_t> turn;
  std::vector<const Diagnostic*> order;
  for (const Diagnostic& diagnostic : diagnostics_) {
    turn.emplace(diagnostic.span.file, turn.size());
    order.push_back(&diagnostic);
  }
  std::stable_sort(order.begin(), order.end(), [&](const Diagnostic* a, const Diagnostic* b) {
    return std::pair(turn[a->span.file], a->span.begin) < std::pair(turn[b->span.file], b->span.begin);
  });

  static constexpr std::pair<std::string_view, Colour> words[] = {
      {"error:", Colour::error}, {"warning:", Colour::warning}, {"note:", Colour::note}};
  std::string text;
  for (const Diagnostic* diagnostic : order) {
    const auto& [word, paint_as] = words[static_cast<std::size_t>(diagnostic->severity)];
    text += entry(sources_, diagnostic->span, word, paint_as, diagnostic->text, colour);
    if (!diagnostic->hint.empty()) text += fmt::format("  {} {}\n", paint("hint:", Colour::hint, colour), diagnostic->hint);
    for (const auto& [span, said] : diagnostic->related) text += entry(sources_, span, "note:", Colour::note, said, colour);
  }
  if (errors_ > errors_kept) text += fmt::format("and {} more errors\n", errors_ - errors_kept);
  return text;
}

}  // namespace tenet

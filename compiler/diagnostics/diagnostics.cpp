#include "compiler/diagnostics/diagnostics.h"

#include "compiler/diagnostics/utf8.h"

namespace tenet {
namespace {

struct Row {
  Severity severity;
  std::string_view text;
};

constexpr Row rows[] = {
#define TENET_MESSAGE(id, severity, text) {Severity::severity, text},
#include "compiler/diagnostics/messages.def"
#undef TENET_MESSAGE
};

// What a message quotes may be megabytes long (a name, a number): its middle is left out.
std::string shortened(std::string text) {
  constexpr std::size_t longest = 600, kept = 200;
  if (text.size() <= longest) return text;
  std::size_t head = kept, tail = text.size() - kept;
  while (head > 0 && !starts_character(text[head])) --head;
  while (tail < text.size() && !starts_character(text[tail])) ++tail;
  return text.substr(0, head) + "..." + text.substr(tail);
}

}  // namespace

std::uint32_t Diagnostics::add_source(std::string name, std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i)  // a carriage return alone ends a line too
    if (text[i] == '\r' && !(i + 1 < text.size() && text[i + 1] == '\n')) text[i] = '\n';
  sources_.push_back({std::move(name), std::move(text)});
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

std::string_view Diagnostics::text_of(Message message) { return rows[static_cast<std::size_t>(message)].text; }

Diagnostic& Diagnostics::add(Message message, Span span, std::string text) {
  const Severity severity = rows[static_cast<std::size_t>(message)].severity;
  Diagnostic diagnostic{message, severity, shortened(std::move(text)), span, {}, {}};
  if (severity == Severity::error && ++errors_ > errors_kept) {
    dropped_ = std::move(diagnostic);
    return dropped_;
  }
  return diagnostics_.emplace_back(std::move(diagnostic));
}

}  // namespace tenet

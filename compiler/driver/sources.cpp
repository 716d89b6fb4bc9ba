#include "compiler/driver/sources.h"

#include "runtime/letters.h"

namespace tenet {
namespace {

Outcome<Letters> letters_of(const Reading& reading) {
  auto letters = read_letters(reading.files[0], reading.alphabet);
  if (!letters) return failed(format(letters.error(), reading.files[0]));
  return std::move(*letters);
}

Outcome<Loaded> with_letters(const Reading& reading, const Letters& letters, std::expected<SplitData, DataError> data) {
  if (!data) return failed(format(data.error(), reading.files[0]));
  return Loaded{std::move(*data), letters.alphabet, letters.fingerprint};
}

Outcome<Loaded> read_windows(const Reading& reading) {
  const DataSource& source = reading.source();
  const auto letters = letters_of(reading);
  if (!letters) return std::unexpected(letters.error());
  const WindowNames names{reading.name(source.columns[0]), reading.name(source.columns[1]), reading.name(source.items),
                          reading.name(*source.positions)};
  return with_letters(reading, *letters, letter_windows(*letters, reading.split, reading.sizes[*source.positions], names));
}

Outcome<Loaded> read_sequences(const Reading& reading) {
  const DataSource& source = reading.source();
  const auto letters = letters_of(reading);
  if (!letters) return std::unexpected(letters.error());
  const SequenceNames names{reading.name(source.columns[0]), reading.name(source.columns[1]),
                            source.columns.size() > 2 ? reading.name(source.columns[2]) : "", reading.name(source.items),
                            reading.name(*source.positions)};
  return with_letters(reading, *letters, letter_sequences(*letters, reading.split, reading.sizes[*source.positions], names));
}

// By SourceKind.
constexpr Outcome<Loaded> (*readers[])(const Reading&) = {read_windows, read_sequences};

}  // namespace

Outcome<Loaded> read_data(const Reading& reading) { return readers[static_cast<std::size_t>(reading.source().kind)](reading); }

bool wants_positions(const DataSource& source) { return source.kind == SourceKind::letter_windows; }

}  // namespace tenet

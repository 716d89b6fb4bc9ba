#include "compiler/driver/sources.h"

#include <fmt/format.h>

#include "runtime/array.h"
#include "runtime/corpus.h"
#include "runtime/csv.h"
#include "runtime/fingerprint.h"
#include "runtime/idx.h"
#include "runtime/letters.h"
#include "runtime/npy.h"

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

Outcome<Loaded> read_text(const Reading& reading) {
  const DataSource& source = reading.source();
  auto corpus = read_corpus(reading.files[0], reading.alphabet);
  if (!corpus) return failed(format(corpus.error(), reading.files[0]));
  const CorpusNames names{reading.name(source.columns[0]), reading.name(source.columns[1]), reading.name(source.items),
                          reading.name(*source.positions)};
  auto data = corpus_windows(*corpus, reading.split.parts, reading.sizes[*source.positions], names);
  if (!data) return failed(format(data.error(), reading.files[0]));
  return Loaded{std::move(*data), std::move(corpus->alphabet), corpus->fingerprint};
}

// Sources that are arrays: each data input is filled by one.

ArrayTarget target_of(const Reading& reading, const SourceColumn& column) {
  ArrayTarget target{reading.name(column), reading.program.graph.input(column.input).typed_by.has_value(), {}};
  for (AxisId axis : column.axes) target.axes.push_back(reading.name(axis));
  return target;
}

// The arrays as columns, in the order of the source's, each with the file that it is of.
Outcome<Loaded> with_arrays(const Reading& reading, const std::vector<Array>& arrays, const std::vector<std::string>& files) {
  const DataSource& source = reading.source();
  Loaded loaded{{{reading.name(source.items), {}}, {}}, {}, 0};
  Fingerprint fingerprint;
  std::int64_t items = 0;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    auto column = column_of(arrays[i], target_of(reading, source.columns[i]), reading.name(source.items));
    if (!column) return failed(files[i] + ": " + column.error());
    if (i > 0 && column->items != items)
      return failed(fmt::format("{} has {} items, and {} has {}", files[i], column->items, files[0], items));
    items = column->items;
    column->column.largest_at = fmt::format("{}: {}", files[i], column->column.largest_at);
    fingerprint.add(column->column.input);
    fingerprint.add(std::as_bytes(std::span(&arrays[i].fingerprint, 1)));
    loaded.data.dataset.columns.push_back(std::move(column->column));
  }
  auto split = split_items(items, reading.split);
  if (!split) return failed(format(split.error(), files[0]));
  for (std::vector<std::int64_t>& list : *split) loaded.data.splits.emplace_back(std::move(list));
  loaded.fingerprint = fingerprint.value();
  return loaded;
}

// One file a column.
Outcome<Loaded> read_arrays(const Reading& reading, std::expected<Array, DataError> (*read)(const std::filesystem::path&, bool)) {
  std::vector<Array> arrays;
  std::vector<std::string> files;
  for (std::size_t i = 0; i < reading.files.size(); ++i) {
    auto array = read(reading.files[i], target_of(reading, reading.source().columns[i]).whole);
    if (!array) return failed(format(array.error(), reading.files[i]));
    arrays.push_back(std::move(*array));
    files.push_back(reading.files[i].string());
  }
  return with_arrays(reading, arrays, files);
}

Outcome<Loaded> read_idx_files(const Reading& reading) { return read_arrays(reading, read_idx); }
Outcome<Loaded> read_npy_files(const Reading& reading) { return read_arrays(reading, read_npy); }

Outcome<Loaded> read_csv_file(const Reading& reading) {
  std::vector<CsvSelection> selections;
  for (const SourceColumn& column : reading.source().columns)
    selections.push_back({column.names, target_of(reading, column).whole, column.axes.size() == 1});
  auto arrays = read_csv(reading.files[0], selections);
  if (!arrays) return failed(format(arrays.error(), reading.files[0]));
  return with_arrays(reading, *arrays, std::vector<std::string>(arrays->size(), reading.files[0].string()));
}

// By SourceKind.
constexpr Outcome<Loaded> (*readers[])(const Reading&) = {read_windows,   read_sequences, read_text,
                                                          read_idx_files, read_csv_file,  read_npy_files};

}  // namespace

Outcome<Loaded> read_data(const Reading& reading) { return readers[static_cast<std::size_t>(reading.source().kind)](reading); }

bool wants_positions(const DataSource& source) {
  return source.kind == SourceKind::letter_windows || source.kind == SourceKind::text;
}

}  // namespace tenet

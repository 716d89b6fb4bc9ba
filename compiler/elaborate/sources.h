// Where data come from, as the recipe's `from` says it: a table of sources, and what reading their arguments shares.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "compiler/elaborate/elaborator.h"

namespace tenet {

// The source that `from` names; nothing after an error.
std::optional<DataSource> read_source(Elaborator& elaborator, const syntax::Expression& value);

// One reader a source, each in a file of its own; nothing after an error.
std::optional<DataSource> letters_source(Elaborator& elaborator, const syntax::Expression& call);
std::optional<DataSource> text_source(Elaborator& elaborator, const syntax::Expression& call);
std::optional<DataSource> idx_source(Elaborator& elaborator, const syntax::Expression& call);
std::optional<DataSource> csv_source(Elaborator& elaborator, const syntax::Expression& call);
std::optional<DataSource> npy_source(Elaborator& elaborator, const syntax::Expression& call);

// The arguments of a source: files by place, the rest by name.
struct SourceArguments {
  const syntax::Expression* call;
  std::vector<std::string> files;
  std::vector<const syntax::Argument*> named;

  const syntax::Expression* find(std::string_view name) const;
};

// Takes a call apart. Errors: not from `least` to `most` files, a file that is no string, a name given twice, or one that is not
// among `names` (where these are not empty).
std::optional<SourceArguments> source_arguments(Elaborator& elaborator, const syntax::Expression& call, std::size_t least,
                                                std::size_t most, const std::vector<std::string>& names);

// What data an argument may name.
enum class Wanted : std::uint8_t { typed, real, any };

// The column that fills the data that the argument `name` names; nothing if it is absent (which is an error where it is
// `required`) or wrong.
std::optional<SourceColumn> column_argument(Elaborator& elaborator, const SourceArguments& arguments, std::string_view name,
                                            Wanted wanted, bool required);

// The column that fills `data`.
SourceColumn column_of(Elaborator& elaborator, const Symbol& data);

// The axis along which the columns have their items: the one that all have; of several the one named `batch`, else the first
// that the first column lists. Error: they have none in common.
std::optional<AxisId> items_axis(Elaborator& elaborator, const SourceArguments& arguments,
                                 const std::vector<SourceColumn>& columns);

// The axis that types all columns that are typed. Error: there are several.
std::optional<AxisId> common_alphabet(Elaborator& elaborator, const SourceArguments& arguments,
                                      const std::vector<SourceColumn>& columns);

// Takes the named arguments as the names of the data that are filled, a column each, and finds the axis of items.
bool fill_by_name(Elaborator& elaborator, const SourceArguments& arguments, DataSource& source);

// The files have an item after the other, so the items' axis is their first, wherever the program lists it.
void items_first(DataSource& source);

// Sequences of letters: inputs and targets (and a weight) over the items and the same one axis of positions.
bool read_sequences(Elaborator& elaborator, const SourceArguments& arguments, bool weighted, DataSource& source);

}  // namespace tenet

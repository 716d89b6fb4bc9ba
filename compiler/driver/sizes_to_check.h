// Sizes at which claims and gradients are looked at in numbers: others than the program's, and smaller ones.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "compiler/driver/session.h"

namespace tenet {

// Whether coordinates of an axis are computed or written as numbers: then it keeps its size.
bool indexed_by_numbers(const Graph& graph, AxisId axis);

// Indices without an `else` value, and the axes along which they look.
using Indices = std::vector<std::pair<NodeId, AxisId>>;

Indices indices_of(const Program& program);
bool stay_inside(const Program& program, const Sizes& sizes, const Indices& indices);

// Axes of the program whose size neither the program writes, nor the data have, nor --size gives: what holds for all sizes holds
// for any size of these.
std::vector<AxisId> open_axes(const Session& session);

// The session's sizes with other ones for the open axes, small and distinct, 1 among them. Only what the program's size
// expressions and indices allow.
std::vector<Sizes> other_sizes(const Session& session);

// The session's sizes with 1 for every open axis; nothing if the program has none, or does not allow it.
std::optional<Sizes> sizes_of_one(const Session& session);

// How many elements evaluating `roots` once has, in all nodes, those in recurrences for every place.
double elements_of(const Graph& graph, const Sizes& sizes, std::span<const NodeId> roots);

// Which axes may be shorter: those whose size the program does not write, or all.
enum class Shortened : std::uint8_t { open, all };

// The session's sizes, the longest axes halved until `roots` have at most `most` elements, or until no axis can be shorter: one
// that has as many coordinates as the data, or that is indexed by numbers. Where an index would leave its axis, the axes whose
// coordinates it is made of are shortened with it.
Sizes reduced_sizes(const Session& session, std::span<const NodeId> roots, double most, Shortened which);

// "i = 5, j = 3": those of the session's sizes that are not as before. Empty: none.
std::string changed_sizes(const Session& session, const Sizes& before);

}  // namespace tenet

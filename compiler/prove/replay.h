// A proof's check by other means: both sides evaluated from the graph, modulo a prime.
//
// Checked exactly, at random points: everything between the two sides that is arithmetic. Sums, differences, products, quotients,
// powers, sums and products over axes, substitution, sizes, coordinates, equality, `where` and the logic of conditions are
// evaluated node by node as the graph means them; no normal form is used for them. So a wrong law of products, powers, sums,
// indicators or substitution shows, with a chance of about 2^-60 to miss it at a point.
//
// Sizes are small, those that are numbers too, at one point 2 or 3, at the other 1 to 4: a claim that holds for some mostly holds
// for all. Where it does not, it is replayed at its own sizes.
//
// Not checked: the laws of exp, log and the other functions, of maxima and of comparisons of reals. A node of these takes its
// value from its normal form (form_values.h). Those are what the points in double precision see.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "compiler/prove/graph_values.h"

namespace tenet {

struct Replay {
  int points = 0;         // at which the sides were equal
  bool differs = false;   // at some point: never after a right proof
  std::string_view stop;  // why there are fewer points than were wanted; empty else
};

// Replays any number of proofs about one graph, which may grow between them, at the same points.
class Replayer {
 public:
  Replayer(const Graph& graph, NormalForms& forms)
      : graph_(graph), as_written_{forms, {}}, small_forms_(graph, Unfolding::all, true) {}

  Replay of(NodeId left, NodeId right);
  // A value from the graph against the value of its form.
  Replay of_form(NodeId node);

 private:
  struct Place {
    Place(const Graph& graph, NormalForms& forms, FieldPoint at);
    FieldPoint point;
    GraphValues values;
  };
  struct Places {
    NormalForms& forms;
    std::array<std::unique_ptr<Place>, 2> places;
  };
  template <class Sides>
  Replay at_points(std::span<const NodeId> roots, Sides sides);
  template <class Sides>
  Replay at_points(Places& among, std::span<const NodeId> roots, Sides sides);
  std::unique_ptr<Place> place(NormalForms& forms, std::int64_t least, std::uint64_t choices);

  const Graph& graph_;
  Places as_written_;
  NormalForms small_forms_;
  Places small_{small_forms_, {}};
  std::uint64_t seed_ = 0;
};

}  // namespace tenet

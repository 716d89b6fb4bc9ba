// Random numbers of the graph: a number is a function of the seed, the stream's name and the coordinates by axis name, and of
// nothing else. Lengthening an axis or adding a stream leaves every other number as it was.
//
// The generator is Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). A
// stream's state is Philox of its name's hash under the seed; each axis, in the order of their names, folds its name's hash and
// the coordinate into the state by another Philox.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tenet {

class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::string_view name);

  // The stream at one coordinate of an axis. Axes are taken in the order of their names.
  RandomStream at(std::string_view axis, std::int64_t coordinate) const { return at(hash(axis), coordinate); }
  RandomStream at(std::uint64_t axis_hash, std::int64_t coordinate) const;
  static std::uint64_t hash(std::string_view name);  // FNV-1a

  double uniform() const;  // in [0, 1), a multiple of 2^-53
  double normal() const;   // standard normal, by Box and Muller

 private:
  using Block = std::array<std::uint32_t, 4>;
  RandomStream(Block counter, std::array<std::uint32_t, 2> key);

  std::array<std::uint32_t, 2> key_;
  Block state_;
};

}  // namespace tenet

// Random numbers that a computation draws anew for each pass.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/abi.h"
#include "runtime/random.h"

namespace tenet {

// What a pass's random numbers depend on, beside a tensor's name and an element's coordinates.
struct NoiseKey {
  std::uint64_t seed;
  Purpose purpose;          // step_noise, evaluation_noise or sample_noise
  std::int64_t number = 0;  // of the step, or of the pass in sampling
};

// The numbers of one slot of role normal or uniform. An element is a function of the key, the slot's name and the element's
// coordinates by axis name: no other draw, size or layout changes it.
class NoiseTensor {
 public:
  explicit NoiseTensor(const Slot& slot);

  // All elements, in the slot's layout. Coordinates of the axis `items`, if the slot has it, begin at `first`.
  void fill(std::span<float> values, const NoiseKey& key, std::string_view items = {}, std::int64_t first = 0) const;

 private:
  struct Axis {
    std::string name;
    std::uint64_t hash;
    std::int64_t extent, stride;  // in elements
  };
  // What fill works on along the axes from `depth` on; `state`: of the coordinates along those before.
  struct Filling {
    std::span<float> values;
    std::array<std::uint32_t, 2> seed;
    std::string_view items;
    std::int64_t first;
  };
  void fill_axes(const Filling& filling, std::size_t depth, const PhiloxBlock& state, std::int64_t offset) const;
  void fill_last(const Filling& filling, const PhiloxBlock& state, std::int64_t offset) const;

  bool normal_;
  std::uint64_t hash_;      // of the name
  std::vector<Axis> axes_;  // by name; at least one
};

// All random numbers of a program.
class Noise {
 public:
  explicit Noise(const NativeProgram& program);
  bool empty() const { return tensors_.empty(); }
  void fill(unsigned char* arena, const NoiseKey& key, std::string_view items = {}, std::int64_t first = 0) const;

 private:
  struct Placed {
    Slot slot;
    NoiseTensor tensor;
  };
  std::vector<Placed> tensors_;
};

}  // namespace tenet

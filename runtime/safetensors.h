// The file format safetensors (https://huggingface.co/docs/safetensors): an 8-byte little-endian length, a JSON header of that
// length, the tensors' bytes without gaps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenet {

struct TensorType {
  std::string_view name;
  std::int64_t bytes;
};
inline constexpr TensorType float32{"F32", 4}, float64{"F64", 8}, int32{"I32", 4}, int64{"I64", 8};

// A tensor that somebody else owns, row-major.
struct TensorView {
  std::string name;
  std::string_view type;  // of a TensorType
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
  std::vector<std::string> axes;  // names, outermost first: kept in the metadata's "axes"; may stay empty
};

struct Safetensors {
  struct Tensor {
    std::string name, type;
    std::vector<std::int64_t> shape;
    std::int64_t begin, end;        // within `data`
    std::vector<std::string> axes;  // empty where the metadata say nothing
  };
  std::map<std::string, std::string> metadata;
  std::vector<Tensor> tensors;  // in the data's order
  std::vector<std::byte> data;

  const Tensor* find(std::string_view name) const;
  std::span<const std::byte> bytes(const Tensor& tensor) const;

  // The values of a tensor of any of the types above.
  std::expected<std::vector<double>, std::string> numbers(const Tensor& tensor) const;

  // The values of a float32 tensor. Error: missing, or of another type or shape.
  std::expected<std::vector<float>, std::string> reals(std::string_view name, std::span<const std::int64_t> shape) const;
};

// Errors name the file and what is wrong: missing, truncated, a header that is not what the format says, unknown types, a shape
// that does not match its bytes, tensors that overlap or leave gaps, contents that do not match the checksum that
// write_safetensors left.
std::expected<Safetensors, std::string> read_safetensors(const std::filesystem::path& file);

// Replaces the file in one step (see atomic_file.h), with a checksum of metadata and tensors under the metadata's "checksum".
std::expected<void, std::string> write_safetensors(const std::filesystem::path& file, std::span<const TensorView> tensors,
                                                   const std::map<std::string, std::string>& metadata);

}  // namespace tenet

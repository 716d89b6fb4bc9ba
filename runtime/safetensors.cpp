#include "runtime/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "runtime/atomic_file.h"
#include "runtime/fingerprint.h"

namespace tenet {

namespace {

using nlohmann::json;

// Every type of the format whose elements are whole bytes.
constexpr TensorType types[] = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
                                {"U16", 2},  {"I16", 2}, {"F16", 2}, {"BF16", 2},    {"U32", 4},
                                int32,       float32,    {"U64", 8}, int64,          float64};

constexpr std::uint64_t longest_header = 100'000'000;  // the format's own limit
constexpr std::size_t length_bytes = 8;

// Of the metadata (but the checksum itself) and the tensors, in the order of their names.
std::string checksum_of(const std::map<std::string, std::string>& metadata, std::vector<TensorView> tensors) {
  std::ranges::sort(tensors, {}, &TensorView::name);
  Fingerprint fingerprint;
  for (const auto& [key, value] : metadata) {
    if (key == "checksum") continue;
    fingerprint.add(key);
    fingerprint.add(value);
  }
  for (const TensorView& tensor : tensors) {
    fingerprint.add(tensor.name);
    fingerprint.add(tensor.type);
    fingerprint.add(std::as_bytes(std::span(tensor.shape)));
    fingerprint.add(tensor.bytes);
  }
  return fmt::format("{:016x}", fingerprint.value());
}

// The header as JSON. Nothing if it is not JSON, or an object in it has a key twice.
std::optional<json> parse_header(std::string_view text) {
  std::vector<std::set<std::string>> keys;
  bool repeated = false;
  const auto watch = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::key) repeated |= !keys.back().insert(value.get<std::string>()).second;
    if (event == json::parse_event_t::object_end) keys.pop_back();
    return true;
  };
  json header = json::parse(text, watch, /*allow_exceptions=*/false);
  if (repeated || !header.is_object()) return std::nullopt;
  return header;
}

std::optional<std::int64_t> whole(const json& value) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::uint64_t{1} << 62) return std::nullopt;
  return value.get<std::int64_t>();
}

std::optional<std::vector<std::int64_t>> wholes(const json& value) {
  if (!value.is_array()) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (const json& element : value) {
    const std::optional<std::int64_t> number = whole(element);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

// The bytes of a tensor. Nothing on overflow.
std::optional<std::int64_t> bytes_of(std::int64_t element, std::span<const std::int64_t> shape) {
  for (std::int64_t extent : shape)
    if (__builtin_mul_overflow(element, extent, &element)) return std::nullopt;
  return element;
}

std::expected<Safetensors::Tensor, std::string> read_entry(const std::string& name, const json& entry) {
  const auto failure = [&](std::string_view why) {
    return std::unexpected(fmt::format("corrupted header: tensor '{}' {}", name, why));
  };
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
      !entry.contains("data_offsets"))
    return failure("has not exactly dtype, shape and data_offsets");
  const std::string* type = entry["dtype"].get_ptr<const std::string*>();
  if (!type) return failure("has a dtype that is not text");
  const auto known = std::ranges::find(types, std::string_view(*type), &TensorType::name);
  if (known == std::end(types)) return failure(fmt::format("has the unknown dtype {}", *type));
  const auto shape = wholes(entry["shape"]);
  const auto offsets = wholes(entry["data_offsets"]);
  if (!shape) return failure("has a shape that is not a list of whole numbers");
  if (!offsets || offsets->size() != 2 || (*offsets)[0] > (*offsets)[1])
    return failure("has data_offsets that are not a begin and an end");
  if (bytes_of(known->bytes, *shape) != (*offsets)[1] - (*offsets)[0])
    return failure(fmt::format("has shape [{}] of {}, which is not the {} bytes of its data_offsets", fmt::join(*shape, ", "),
                               *type, (*offsets)[1] - (*offsets)[0]));
  return Safetensors::Tensor{name, *type, *shape, (*offsets)[0], (*offsets)[1], {}};
}

// The metadata's "axes": {"C": ["vocab", "embed"], ...}. What is not of that form is left out: the entry may be another writer's.
void read_axes(const std::string& text, std::vector<Safetensors::Tensor>& tensors) {
  const json axes = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!axes.is_object()) return;
  for (Safetensors::Tensor& tensor : tensors) {
    const auto found = axes.find(tensor.name);
    if (found == axes.end() || !found->is_array() || found->size() != tensor.shape.size()) continue;
    if (!std::ranges::all_of(*found, [](const json& axis) { return axis.is_string(); })) continue;
    tensor.axes = found->get<std::vector<std::string>>();
  }
}

std::expected<Safetensors, std::string> parse(std::string_view content) {
  std::array<unsigned char, length_bytes> bytes;
  if (content.size() < length_bytes) return std::unexpected("truncated: shorter than a header's length");
  std::memcpy(bytes.data(), content.data(), length_bytes);
  std::uint64_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;) length = length << 8 | bytes[i];
  if (length > longest_header) return std::unexpected("not a safetensors file: its header's length is out of range");
  if (length > content.size() - length_bytes) return std::unexpected("truncated: the file ends within its header");
  const std::optional<json> header = parse_header(content.substr(length_bytes, length));
  if (!header) return std::unexpected("corrupted header: not a JSON object with distinct keys");

  Safetensors result;
  for (const auto& [name, entry] : header->items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) return std::unexpected("corrupted header: its metadata are not an object");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) return std::unexpected(fmt::format("corrupted header: metadata '{}' is not text", key));
        result.metadata[key] = value.get<std::string>();
      }
      continue;
    }
    auto tensor = read_entry(name, entry);
    if (!tensor) return std::unexpected(tensor.error());
    result.tensors.push_back(std::move(*tensor));
  }
  // Empty tensors first where begins are equal, so that each begins where the one before ends.
  std::ranges::sort(result.tensors, {}, [](const auto& tensor) { return std::pair(tensor.begin, tensor.end); });
  std::int64_t end = 0;
  for (const Safetensors::Tensor& tensor : result.tensors) {
    if (tensor.begin != end)
      return std::unexpected(fmt::format("corrupted header: tensor '{}' {}", tensor.name,
                                         tensor.begin < end ? "overlaps another" : "leaves a gap before it"));
    end = tensor.end;
  }
  const std::string_view data = content.substr(length_bytes + length);
  if (static_cast<std::int64_t>(data.size()) < end)
    return std::unexpected(fmt::format("truncated: {} bytes of data where the header promises {}", data.size(), end));
  if (static_cast<std::int64_t>(data.size()) > end)
    return std::unexpected(
        fmt::format("corrupted: {} bytes after the last tensor", static_cast<std::int64_t>(data.size()) - end));
  const std::span<const std::byte> tensor_bytes = std::as_bytes(std::span(data));
  result.data.assign(tensor_bytes.begin(), tensor_bytes.end());

  if (const auto axes = result.metadata.find("axes"); axes != result.metadata.end()) read_axes(axes->second, result.tensors);
  if (const auto checksum = result.metadata.find("checksum"); checksum != result.metadata.end()) {
    std::vector<TensorView> views;
    for (const Safetensors::Tensor& tensor : result.tensors)
      views.push_back({tensor.name, tensor.type, tensor.shape, result.bytes(tensor), {}});
    if (checksum->second != checksum_of(result.metadata, views))
      return std::unexpected("corrupted: the contents do not match their checksum");
  }
  return result;
}

}  // namespace

const Safetensors::Tensor* Safetensors::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &Tensor::name);
  return found == tensors.end() ? nullptr : &*found;
}

std::span<const std::byte> Safetensors::bytes(const Tensor& tensor) const {
  return std::span(data).subspan(static_cast<std::size_t>(tensor.begin), static_cast<std::size_t>(tensor.end - tensor.begin));
}

std::expected<std::vector<float>, std::string> Safetensors::reals(std::string_view name,
                                                                  std::span<const std::int64_t> shape) const {
  const Tensor* tensor = find(name);
  if (!tensor) return std::unexpected(fmt::format("there is no tensor '{}'", name));
  if (tensor->type != float32.name || !std::ranges::equal(tensor->shape, shape))
    return std::unexpected(fmt::format("tensor '{}' is {} [{}], not {} [{}]", name, tensor->type, fmt::join(tensor->shape, ", "),
                                       float32.name, fmt::join(shape, ", ")));
  std::vector<float> values(bytes(*tensor).size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes(*tensor).data(), bytes(*tensor).size());
  return values;
}

namespace {

template <class Element>
std::vector<double> as_numbers(std::span<const std::byte> bytes) {
  std::vector<double> values(bytes.size() / sizeof(Element));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Element element;
    std::memcpy(&element, bytes.data() + i * sizeof(Element), sizeof(Element));
    values[i] = static_cast<double>(element);
  }
  return values;
}

}  // namespace

std::expected<std::vector<double>, std::string> Safetensors::numbers(const Tensor& tensor) const {
  const std::span<const std::byte> here = bytes(tensor);
  if (tensor.type == float32.name) return as_numbers<float>(here);
  if (tensor.type == float64.name) return as_numbers<double>(here);
  if (tensor.type == int32.name) return as_numbers<std::int32_t>(here);
  if (tensor.type == int64.name) return as_numbers<std::int64_t>(here);
  return std::unexpected(fmt::format("tensor '{}' is {}; F32, F64, I32 and I64 are read", tensor.name, tensor.type));
}

std::expected<Safetensors, std::string> read_safetensors(const std::filesystem::path& file) {
  const auto named = [&](const std::string& why) { return std::unexpected(fmt::format("{}: {}", file.string(), why)); };
  const std::expected<std::string, std::string> content = read_file(file);
  if (!content) return named(content.error());
  std::expected<Safetensors, std::string> parsed = parse(*content);
  if (!parsed) return named(parsed.error());
  return parsed;
}

std::expected<void, std::string> write_safetensors(const std::filesystem::path& file, std::span<const TensorView> tensors,
                                                   const std::map<std::string, std::string>& metadata) {
  json header = json::object(), axes = json::object();
  std::vector<std::span<const std::byte>> pieces;
  std::int64_t end = 0;
  for (const TensorView& tensor : tensors) {
    const std::int64_t begin = end;
    end += static_cast<std::int64_t>(tensor.bytes.size());
    header[tensor.name] = {{"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    if (!tensor.axes.empty()) axes[tensor.name] = tensor.axes;
    pieces.push_back(tensor.bytes);
  }
  std::map<std::string, std::string> described = metadata;
  described["axes"] = axes.dump(-1, ' ', false, json::error_handler_t::replace);
  described["checksum"] = checksum_of(described, {tensors.begin(), tensors.end()});
  header["__metadata__"] = described;
  std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the data are aligned
  std::array<std::byte, length_bytes> length;
  for (std::size_t i = 0; i < length_bytes; ++i) length[i] = static_cast<std::byte>(text.size() >> 8 * i);
  pieces.insert(pieces.begin(), {std::span<const std::byte>(length), std::as_bytes(std::span(text))});
  return write_atomically(file, pieces);
}

}  // namespace tenet

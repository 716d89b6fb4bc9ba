#include "runtime/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <system_error>

#include "runtime/atomic_file.h"
#include "runtime/slots.h"

namespace tenet {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* program_file = "program.tenet";
constexpr const char* checkpoint_file = "checkpoint";
constexpr const char* log_file = "log.jsonl";
constexpr const char* weights_file = "weights.safetensors";

std::unexpected<std::string> failure(const fs::path& path, std::string_view why) {
  return std::unexpected(fmt::format("{}: {}", path.string(), why));
}

// The log, open for appending and locked against other trainings. Nothing made: the file has to be there unless `flags` say
// O_CREAT.
std::expected<Descriptor, std::string> open_log(const fs::path& folder, int flags) {
  const fs::path file = folder / log_file;
  Descriptor log(open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0666));
  if (!log) return failure(file, std::strerror(errno));
  if (flock(log.get(), LOCK_EX | LOCK_NB) == 0) return log;
  return failure(folder, errno == EWOULDBLOCK ? "another training has this run open" : std::strerror(errno));
}

// The whole of Progression as text: a double as its bits, so that it comes back exactly.
std::string progression_text(const Progression& at, std::int64_t log_bytes) {
  return json{{"step", at.step},
              {"loss_sum", std::bit_cast<std::uint64_t>(at.loss_sum)},
              {"loss_count", at.loss_count},
              {"seconds", at.seconds},
              {"log_bytes", log_bytes}}
      .dump();
}

bool parse_progression(std::string_view text, Checkpoint& checkpoint) {
  const json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  try {  // the library's conversions throw on other types; the exception stays here
    value.at("step").get_to(checkpoint.at.step);
    checkpoint.at.loss_sum = std::bit_cast<double>(value.at("loss_sum").get<std::uint64_t>());
    value.at("loss_count").get_to(checkpoint.at.loss_count);
    value.at("seconds").get_to(checkpoint.at.seconds);
    value.at("log_bytes").get_to(checkpoint.log_bytes);
  } catch (const json::exception&) {
    return false;
  }
  return checkpoint.at.step >= 0 && checkpoint.log_bytes >= 0;
}

std::expected<void, std::string> write_checkpoint(const fs::path& folder, const RunFacts& facts, const Progression& at,
                                                  std::int64_t log_bytes, const NativeProgram& program,
                                                  const unsigned char* arena) {
  return write_safetensors(folder / checkpoint_file, tensors_of(program, arena, true),
                           {{"run", facts_text(facts)}, {"at", progression_text(at, log_bytes)}});
}

// Renames a folder; EEXIST if there is something of the new name.
bool rename_new(const fs::path& from, const fs::path& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  return rename(from.c_str(), to.c_str()) == 0;  // a file system without the flag: fails too unless `to` is an empty folder
}

}  // namespace

std::vector<TensorView> tensors_of(const NativeProgram& program, const unsigned char* arena, bool with_state) {
  std::vector<TensorView> tensors;
  for (const Slot& slot : program.slots) {
    if (slot.role != Slot::Role::parameter && !(with_state && slot.role == Slot::Role::state)) continue;
    const TensorType& type = slot.type == ElementType::real32 ? float32 : int32;
    const std::span<const unsigned char> bytes(arena + slot.offset, static_cast<std::size_t>(elements(slot) * type.bytes));
    tensors.push_back({slot.name, type.name, slot.extents, std::as_bytes(bytes), slot.axes});
  }
  return tensors;
}

std::expected<void, std::string> restore_slot(const Safetensors& tensors, std::string_view name, unsigned char* arena,
                                              const Slot& slot) {
  const Safetensors::Tensor* tensor = tensors.find(name);
  if (!tensor) return std::unexpected(fmt::format("there is no tensor '{}': these are not this program's", name));
  const TensorType& type = slot.type == ElementType::real32 ? float32 : int32;
  if (tensor->type != type.name)
    return std::unexpected(fmt::format("tensor '{}' has elements of type {}, not {}", name, tensor->type, type.name));
  const std::vector<std::string>& axes = tensor->axes.empty() ? slot.axes : tensor->axes;
  return store(tensors.bytes(*tensor), axes, tensor->shape, arena, slot);
}

std::expected<void, std::string> restore(const Safetensors& tensors, const NativeProgram& program, unsigned char* arena,
                                         bool with_state) {
  for (const Slot& slot : program.slots) {
    if (slot.role != Slot::Role::parameter && !(with_state && slot.role == Slot::Role::state)) continue;
    if (auto restored = restore_slot(tensors, slot.name, arena, slot); !restored) return restored;
  }
  return {};
}

RunFolder::RunFolder(fs::path path, RunFacts facts, Descriptor log, std::int64_t log_bytes)
    : path_(std::move(path)), facts_(std::move(facts)), log_(std::move(log)), log_bytes_(log_bytes) {}

std::expected<RunFolder, std::string> RunFolder::create(const fs::path& folder, std::string_view program_text,
                                                        const RunFacts& facts, const NativeProgram& program,
                                                        const unsigned char* arena) {
  fs::path path = folder.lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "runs/first/"
  std::error_code error;
  const auto exists = [&] { return failure(path, "exists already; --resume continues a run, --out gives another folder"); };
  if (fs::exists(fs::symlink_status(path, error))) return exists();
  error.clear();  // a path without a file has no status, which counts as an error
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) return failure(path.parent_path(), error.message());

  // The folder is filled under a name of this process's own, and is there at once under its real one, unless another has taken
  // that in the meantime.
  fs::path filling = path;
  filling += fmt::format(".new.{}", getpid());
  if (mkdir(filling.c_str(), 0777) != 0 && errno != EEXIST) return failure(filling, std::strerror(errno));
  std::expected<Descriptor, std::string> log = open_log(filling, O_CREAT);
  if (!log) return std::unexpected(log.error());
  if (ftruncate(log->get(), 0) != 0) return failure(filling / log_file, std::strerror(errno));
  auto written = write_atomically(filling / program_file, program_text);
  if (written) written = write_checkpoint(filling, facts, {}, 0, program, arena);
  const bool placed = written && rename_new(filling, path);
  const int reason = errno;
  if (!placed) fs::remove_all(filling, error);
  if (!written) return std::unexpected(written.error());
  if (!placed) return reason == EEXIST || reason == ENOTEMPTY ? exists() : failure(path, std::strerror(reason));
  if (auto synced = sync_folder(path.parent_path()); !synced) return std::unexpected(synced.error());
  return RunFolder(std::move(path), facts, std::move(*log), 0);
}

std::expected<std::pair<RunFolder, Checkpoint>, std::string> RunFolder::resume(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return failure(folder, "there is no such run folder");
  if (!fs::exists(folder / checkpoint_file, error)) return failure(folder, "not a run folder: it has no checkpoint");
  std::expected<Descriptor, std::string> log = open_log(folder, 0);
  if (!log) return std::unexpected(log.error());
  std::expected<Safetensors, std::string> tensors = read_safetensors(folder / checkpoint_file);
  if (!tensors) return std::unexpected(tensors.error());

  Checkpoint checkpoint;
  std::optional<RunFacts> facts = parse_facts(tensors->metadata["run"]);
  if (!facts || !parse_progression(tensors->metadata["at"], checkpoint))
    return failure(folder / checkpoint_file, "not a training's checkpoint");
  checkpoint.facts = *facts;
  checkpoint.tensors = std::move(*tensors);

  struct stat status {};
  if (fstat(log->get(), &status) != 0) return failure(folder / log_file, std::strerror(errno));
  if (status.st_size < checkpoint.log_bytes)
    return failure(folder / log_file, fmt::format("has {} bytes; the checkpoint was made when it had {}",
                                                  static_cast<std::int64_t>(status.st_size), checkpoint.log_bytes));
  return std::pair(RunFolder(folder, std::move(*facts), std::move(*log), checkpoint.log_bytes), std::move(checkpoint));
}

std::expected<void, std::string> RunFolder::log(std::string_view line) {
  std::string text(line);
  text += '\n';
  // After a resume the log may go on past what the checkpoint knows; those lines come again.
  if (ftruncate(log_.get(), log_bytes_) != 0) return failure(path_ / log_file, std::strerror(errno));
  const auto written = write_all(log_.get(), std::as_bytes(std::span(text)));
  if (!written) {
    // No half line stays; if even that fails, the next line does it.
    [[maybe_unused]] const int cut = ftruncate(log_.get(), log_bytes_);
    return failure(path_ / log_file, fmt::format("cannot be written: {}", written.error()));
  }
  log_bytes_ += static_cast<std::int64_t>(text.size());
  return {};
}

std::expected<void, std::string> RunFolder::save_checkpoint(const Progression& at, const NativeProgram& program,
                                                            const unsigned char* arena) {
  // The log first: a checkpoint never promises lines that a power cut could take.
  if (fsync(log_.get()) != 0 && errno != EINVAL) return failure(path_ / log_file, std::strerror(errno));
  return write_checkpoint(path_, facts_, at, log_bytes_, program, arena);
}

std::expected<void, std::string> RunFolder::save_weights(const NativeProgram& program, const unsigned char* arena,
                                                         std::span<const TensorView> statistics) {
  std::vector<TensorView> tensors = tensors_of(program, arena, false);
  tensors.insert(tensors.end(), statistics.begin(), statistics.end());
  return write_safetensors(path_ / weights_file, tensors, {{"run", facts_text(facts_)}, {"format", "pt"}});
}

std::expected<Weights, std::string> load_weights(const fs::path& run) {
  std::error_code error;
  fs::path file = run;
  if (fs::is_directory(run, error)) {
    file /= weights_file;
    if (!fs::exists(file, error))
      return failure(run, fs::exists(run / checkpoint_file, error)
                              ? "has no weights yet: its training did not end; --resume continues it"
                              : "not a run folder: it has no weights");
  }
  std::expected<Safetensors, std::string> tensors = read_safetensors(file);
  if (!tensors) return std::unexpected(tensors.error());
  std::optional<RunFacts> facts = parse_facts(tensors->metadata["run"]);
  if (!facts) return failure(file, "not written by a training: it does not say which program it belongs to");
  return Weights{std::move(*facts), std::move(*tensors)};
}

}  // namespace tenet

// Kernels to machine code in this process: LLVM IR through IRBuilder, a short pass pipeline, ORC.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "compiler/kernel/kernels.h"
#include "runtime/abi.h"

namespace tenet {

class NativeCode {
 public:
  virtual ~NativeCode() = default;
  virtual NativeFunction function() const = 0;  // lives as long as this object
};

// What code in this process is compiled for: the machine that it runs on, or what set_processor() chose.
Target host_target();

// From now on code in this process is compiled for another processor, by LLVM's name for it, such as x86-64-v3. Error: LLVM knows
// no such processor, or this machine lacks some of its instructions. Not while others compile.
std::expected<void, std::string> set_processor(const std::string& processor);

// This system with another processor; empty: what code in this process is compiled for. Error: LLVM knows no such processor.
std::expected<Target, std::string> target_for(const std::string& processor);

// How often code runs: what runs once is compiled in a third of the time, and is several times slower.
enum class Runs { often, once };

// by_kernel: the code adds its time to TenetFrame::ticks.
enum class Timing { none, by_kernel };

// An error is a fault of the compiler or the machine, never of the program.
std::expected<std::unique_ptr<NativeCode>, std::string> compile(const Kernels& kernels, Runs runs = Runs::often,
                                                                Timing timing = Timing::none);

// A loop of multiply-adds in registers alone, each pass `peak_operations(target)` operations a thread: the machine's peak.
std::expected<std::unique_ptr<NativeCode>, std::string> compile_peak();
double peak_operations(const Target& target);

// For `dump`: the optimised IR, the assembly.
std::string llvm_text(const Kernels& kernels);
std::string assembly_text(const Kernels& kernels);

}  // namespace tenet

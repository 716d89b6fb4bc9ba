#include "compiler/native/calls.h"

#include <llvm/IR/Module.h>

#include <algorithm>
#include <vector>

#include "compiler/native/entry.h"
#include "compiler/native/kernel_emitter.h"

namespace tenet {
namespace {

llvm::BasicBlock* block(llvm::IRBuilder<>& builder, const char* name) {
  llvm::Function* function = builder.GetInsertBlock()->getParent();
  return llvm::BasicBlock::Create(function->getContext(), name, function);
}

// A loop over the places of a sequence; `body` gets the place.
void emit_sequence(llvm::IRBuilder<>& builder, const Sequence& sequence, llvm::function_ref<void(llvm::Value*)> body) {
  llvm::BasicBlock *before = builder.GetInsertBlock(), *loop = block(builder, "sequence"), *after = block(builder, "after");
  llvm::Value* extent = builder.getInt64(static_cast<std::uint64_t>(sequence.extent));
  builder.CreateBr(loop);
  builder.SetInsertPoint(loop);
  llvm::PHINode* round = builder.CreatePHI(builder.getInt64Ty(), 2, sequence.name);
  round->addIncoming(builder.getInt64(0), before);
  llvm::Value* next = builder.CreateAdd(round, builder.getInt64(1));
  body(sequence.backwards ? builder.CreateSub(extent, next) : round);
  round->addIncoming(next, builder.GetInsertBlock());
  builder.CreateCondBr(builder.CreateICmpULT(next, extent), loop, after);
  builder.SetInsertPoint(after);
}

// The bytes of the arena that kernels read and write: buffers that do not live at one time may lie in one place.
struct Touched {
  struct Bytes {
    std::int64_t begin, end;
  };
  std::vector<Bytes> read, written;
  bool shared;  // by several threads

  static bool meet(const std::vector<Bytes>& left, const std::vector<Bytes>& right) {
    return std::ranges::any_of(left, [&](const Bytes& a) {
      return std::ranges::any_of(right, [&](const Bytes& b) { return a.begin < b.end && b.begin < a.end; });
    });
  }
  // Whether what comes later has to wait.
  bool before(const Touched& later) const {
    if (!shared && !later.shared) return false;  // one thread does both
    return meet(written, later.read) || meet(written, later.written) || meet(read, later.written);
  }
};

class Calls {
 public:
  Calls(llvm::IRBuilder<>& builder, const Kernels& kernels, std::span<llvm::Function* const> functions, llvm::Value* arena,
        const Team* team, const Clock* clock)
      : builder_(builder), kernels_(kernels), functions_(functions), arena_(arena), team_(team), clock_(clock) {}

  void emit(std::size_t begin, std::size_t end, std::vector<llvm::Value*> places = {}) {
    for (std::size_t i = begin; i < end; ++i) {
      while (next_ < kernels_.sequences.size() && kernels_.sequences[next_].begin < i) ++next_;  // of other calls
      const bool starts = next_ < kernels_.sequences.size() && kernels_.sequences[next_].begin == i;
      const std::size_t after = starts ? kernels_.sequences[next_].end : i + 1;
      const bool shared = has_shares(i, after);
      if (starts && shared) {
        wait();
        emit_rounds(kernels_.sequences[next_++], places, true);
      } else {
        in_turn(touched(i, after, shared), [&] {
          if (starts)
            emit_rounds(kernels_.sequences[next_++], places, false);
          else
            call(i, places);
        });
      }
      i = after - 1;
    }
  }

  // All threads have done what was called so far.
  void wait() {
    if (!team_ || done_.empty()) return;
    timed(clock_ ? clock_->waiting : 0, [&] { emit_barrier(builder_, *team_); });
    done_.clear();
  }

 private:
  bool has_shares(std::size_t begin, std::size_t end) const {
    return team_ && std::any_of(kernels_.kernels.begin() + static_cast<std::ptrdiff_t>(begin),
                                kernels_.kernels.begin() + static_cast<std::ptrdiff_t>(end),
                                [](const Kernel& kernel) { return kernel.shares > 0; });
  }

  Touched touched(std::size_t begin, std::size_t end, bool shared) const {
    Touched result{{}, {}, shared};
    const auto bytes = [&](BufferId id) {
      const Buffer& buffer = kernels_.buffers[index_of(id)];
      return Touched::Bytes{buffer.offset, buffer.offset + buffer.bytes};
    };
    for (std::size_t i = begin; i < end; ++i) {
      const Kernel& kernel = kernels_.kernels[i];
      for (const Term& term : kernel.terms)
        if (term.kind == Term::Kind::load) result.read.push_back(bytes(term.buffer));
      for (const Store& store : kernel.stores) result.written.push_back(bytes(store.buffer));
      if (kernel.clear) result.written.push_back(bytes(*kernel.clear));
    }
    return result;
  }

  // Each place of a sequence, by all threads together or by one.
  void emit_rounds(const Sequence& sequence, const std::vector<llvm::Value*>& places, bool together) {
    const Team* const team = team_;
    if (!together) team_ = nullptr;
    emit_sequence(builder_, sequence, [&](llvm::Value* place) {
      std::vector<llvm::Value*> inside = places;
      inside.push_back(place);
      emit(sequence.begin, sequence.end, std::move(inside));
      wait();
    });
    team_ = team;
  }

  void in_turn(Touched work, llvm::function_ref<void()> body) {
    if (!team_) return body();
    if (std::ranges::any_of(done_, [&](const Touched& earlier) { return earlier.before(work); })) wait();
    if (work.shared)
      body();
    else
      emit_alone(builder_, *team_, body);
    done_.push_back(std::move(work));
  }

  void call(std::size_t i, const std::vector<llvm::Value*>& places) {
    const Kernel& kernel = kernels_.kernels[i];
    std::vector<llvm::Value*> arguments;
    for (BufferId id : buffers_of(kernel)) arguments.push_back(address_of(builder_, kernels_.buffers[index_of(id)], arena_));
    arguments.insert(arguments.end(), places.begin(), places.end());
    if (kernel.shares > 0) {
      llvm::Value* all = builder_.getInt64(static_cast<std::uint64_t>(kernel.shares));
      const auto share = [&](llvm::Value* thread) {
        return builder_.CreateUDiv(builder_.CreateMul(all, thread), team_->threads);
      };
      arguments.push_back(team_ ? share(team_->thread) : builder_.getInt64(0));
      arguments.push_back(team_ ? share(builder_.CreateAdd(team_->thread, builder_.getInt64(1))) : all);
    }
    timed(i, [&] { builder_.CreateCall(functions_[i], arguments); });
  }

  void timed(std::size_t place, llvm::function_ref<void()> work) {
    if (clock_) return clock_->time(builder_, place, work);
    work();
  }

  llvm::IRBuilder<>& builder_;
  const Kernels& kernels_;
  std::span<llvm::Function* const> functions_;
  llvm::Value* arena_;
  const Team* team_;           // none: one thread does everything
  const Clock* clock_;         // none: nothing is timed
  std::vector<Touched> done_;  // since all threads last waited
  std::size_t next_ = 0;       // the first sequence that is not begun
};

}  // namespace

void Clock::time(llvm::IRBuilder<>& builder, std::size_t place, llvm::function_ref<void()> work) const {
  const auto now = [&] { return builder.CreateIntrinsic(llvm::Intrinsic::readcyclecounter, {}, {}); };
  llvm::Value* begin = now();
  work();
  llvm::Value* number = builder.CreateConstGEP1_64(builder.getInt64Ty(), ticks, place);
  llvm::Value* before = builder.CreateLoad(builder.getInt64Ty(), number);
  builder.CreateStore(builder.CreateAdd(before, builder.CreateSub(now(), begin)), number);
}

void emit_alone(llvm::IRBuilder<>& builder, const Team& team, llvm::function_ref<void()> body) {
  llvm::BasicBlock *alone = block(builder, "alone"), *after = block(builder, "all");
  builder.CreateCondBr(builder.CreateICmpEQ(team.thread, builder.getInt64(0)), alone, after);
  builder.SetInsertPoint(alone);
  body();
  builder.CreateBr(after);
  builder.SetInsertPoint(after);
}

void emit_barrier(llvm::IRBuilder<>& builder, const Team& team) {
  llvm::Module& module = *builder.GetInsertBlock()->getModule();
  builder.CreateCall(module.getOrInsertFunction("tenet_barrier", builder.getVoidTy(), builder.getPtrTy()), {team.frame});
}

void emit_calls(llvm::IRBuilder<>& builder, const Kernels& kernels, std::span<llvm::Function* const> functions, std::size_t begin,
                std::size_t end, llvm::Value* arena, const Team* team, const Clock* clock) {
  Calls calls(builder, kernels, functions, arena, team, clock);
  calls.emit(begin, end);
  calls.wait();
}

}  // namespace tenet

#include "runtime/threads.h"

#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

namespace {

constexpr int most_spins = 2000;  // pauses before a thread sleeps, some 50 us

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

// All threads arrive before any of them goes on.
struct TenetBarrier {
  explicit TenetBarrier(int threads) : count(threads), spins(threads <= tenet::available_threads() ? most_spins : 0) {}

  void wait() {
    const int now = round.load(std::memory_order_acquire);
    if (arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == count) {
      arrived.store(0, std::memory_order_relaxed);
      round.store(now + 1, std::memory_order_release);
      round.notify_all();
      return;
    }
    for (int spin = 0; spin < spins; ++spin) {
      if (round.load(std::memory_order_acquire) != now) return;
      relax();
    }
    round.wait(now, std::memory_order_acquire);
  }

  std::atomic<int> count;
  const int spins;
  alignas(64) std::atomic<int> arrived = 0;
  alignas(64) std::atomic<int> round = 0;
};

extern "C" void tenet_barrier(TenetFrame* frame) {
  if (frame->barrier) frame->barrier->wait();
}

namespace tenet {
namespace {

class Pool {
 public:
  explicit Pool(int count) : barrier_(count) {
    sigset_t all, before;  // signals are for the thread that started these
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      for (int i = 1; i < count; ++i) others_.emplace_back([this, i] { serve(i); });
    } catch (const std::system_error&) {  // the system grants no more of them
      barrier_.count = static_cast<int>(others_.size()) + 1;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  ~Pool() {
    function_ = nullptr;
    barrier_.wait();
    for (std::thread& other : others_) other.join();
  }

  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int count() const { return barrier_.count; }

  void run(NativeFunction function, const TenetFrame& frame) {
    function_ = function;
    frame_ = frame;
    frame_.threads = barrier_.count;
    frame_.barrier = &barrier_;
    barrier_.wait();
    run_part(0);
    barrier_.wait();
  }

 private:
  void run_part(int thread) {
    TenetFrame frame = frame_;
    frame.thread = thread;
    function_(&frame);
  }

  void serve(int thread) {
    for (;;) {
      barrier_.wait();
      if (!function_) return;
      run_part(thread);
      barrier_.wait();
    }
  }

  TenetBarrier barrier_;
  NativeFunction function_ = nullptr;  // none: the threads end
  TenetFrame frame_{};
  std::vector<std::thread> others_;
};

// The processors whose time the control group grants, rounded up; many where it sets no limit.
int quota() {
  double time = 0, period = 0;                   // in microseconds
  std::ifstream both("/sys/fs/cgroup/cpu.max");  // "max" is no number
  if (!(both >> time >> period)) {
    std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") >> time;  // -1: no limit
    std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_period_us") >> period;
  }
  if (time <= 0 || period <= 0) return std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp(std::ceil(time / period), 1.0, 1e6));
}

int wanted = 1;

// Made when there is work for it, not before; none: the calling thread alone.
std::unique_ptr<Pool>& pool() {
  static std::unique_ptr<Pool> result;
  if (!result && wanted > 1) result = std::make_unique<Pool>(wanted);
  return result;
}

}  // namespace

int available_threads() {
  static const int count = [] {
    cpu_set_t processors;
    const bool known = sched_getaffinity(0, sizeof processors, &processors) == 0;
    const int allowed = known ? CPU_COUNT(&processors) : static_cast<int>(std::thread::hardware_concurrency());
    return std::max(1, std::min(allowed, quota()));
  }();
  return count;
}

void set_threads(int count) {
  wanted = 1;
  pool().reset();
  wanted = count;
}

int threads_for(const NativeProgram& program) { return program.shared && pool() ? pool()->count() : 1; }

void run_program(const NativeProgram& program, const TenetFrame& frame) {
  TenetFrame own = frame;
  own.ticks = program.ticks;
  if (threads_for(program) > 1) return pool()->run(program.run, own);
  program.run(&own);
}

}  // namespace tenet

#include "compiler/driver/interruption.h"

#include <unistd.h>

#include <atomic>
#include <cstring>

namespace tenet {
namespace {

volatile std::sig_atomic_t interrupted = 0;
std::atomic<const char*> words = nullptr;  // null: the flag is looked at
static_assert(std::atomic<const char*>::is_always_lock_free, "a signal's handler may read it");

[[noreturn]] void end_with(const char* text) {
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
  _exit(0);
}

extern "C" void interrupt(int signal) {
  if (const char* text = words) end_with(text);
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

Interruption::Interruption(std::string last_words) {
  interrupted = 0;
  end_at_once(std::move(last_words));
  std::signal(SIGINT, interrupt);
  std::signal(SIGTERM, interrupt);
}

Interruption::~Interruption() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  words = nullptr;
}

const volatile std::sig_atomic_t* Interruption::flag() const {
  words = nullptr;
  return &interrupted;
}

void Interruption::end_at_once(std::string last_words) {
  words = nullptr;
  last_words_ = std::move(last_words);
  words = last_words_.c_str();
  if (interrupted) end_with(words);
}

}  // namespace tenet

#include "compiler/driver/interruption.h"

namespace tenet {
namespace {

volatile std::sig_atomic_t interrupted = 0;

extern "C" void interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

Interruption::Interruption() {
  interrupted = 0;
  std::signal(SIGINT, interrupt);
  std::signal(SIGTERM, interrupt);
}

Interruption::~Interruption() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

const volatile std::sig_atomic_t* Interruption::flag() const { return &interrupted; }

}  // namespace tenet

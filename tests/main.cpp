// The tests' program. The rest of tests/ holds the cases; run one file's with `tenet_tests -# "[#graph_test]"`.
// With TENET_TEST_CPU=x86-64-v3 native code is compiled for that processor; where this machine does not run it, nothing is
// tested.
#define CATCH_CONFIG_RUNNER
#include <cstdio>
#include <cstdlib>

#include "compiler/native/native.h"
#include "tests/catch.h"

int main(int count, char** arguments) {
  constexpr int left_out = 77;
  if (const char* processor = std::getenv("TENET_TEST_CPU"))
    if (const auto set = tenet::set_processor(processor); !set) {
      std::printf("left out: %s\n", set.error().c_str());
      return left_out;
    }
  return Catch::Session().run(count, arguments);
}

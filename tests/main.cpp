// The tests' program. The rest of tests/ holds the cases; run one file's with `tenet_tests -# "[#graph_test]"`.
#define CATCH_CONFIG_RUNNER
#include "tests/catch.h"

int main(int count, char** arguments) { return Catch::Session().run(count, arguments); }

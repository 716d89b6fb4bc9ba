#include "2 odd-names.h"

int main(void) { return 0; }

/* Three steps on the whole of names.txt, then the loss: a number a line. */
#define main example
#include "makemore.c"
#undef main

static _Alignas(MAKEMORE_ALIGNMENT) unsigned char arena[MAKEMORE_ARENA_BYTES];

int main(void) {
  windows names = read_names("names.txt");
  load_weights("r0/weights.safetensors", arena);
  fill(&names, arena, 0, names.count);
  for (int step = 0; step < 3; ++step) printf("%.9g\n", makemore_step(arena, step));
  makemore_calibrate(arena, names.count, fill, &names);
  printf("%.9g\n", makemore_evaluate(arena, names.count, fill, &names));
  return 0;
}

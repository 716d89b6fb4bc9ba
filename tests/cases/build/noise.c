/* Prints the loss over three items with noise of its own, that of a step on the first two, and the weight after it. */
#include "noise.h"

#include <stdio.h>

static _Alignas(NOISE_ALIGNMENT) unsigned char arena[NOISE_ARENA_BYTES];

static void fill(void* context, void* to, int64_t first, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    noise_data_x(to)[i] = (float)(first + i + 1);
    noise_noise_loss_normal(to)[i] = (float)(first + i) * *(float*)context;
    noise_noise_loss_uniform(to)[i] = 0.5f;
  }
}

int main(void) {
  float scale = 2;
  *(float*)(arena + noise_tensors[0].offset) = 1;
  printf("%.9g\n", noise_evaluate(arena, 3, fill, &scale));
  fill(&scale, arena, 0, 2);
  printf("%.9g\n", noise_step(arena, 0));
  printf("%.9g\n", *(float*)(arena + noise_tensors[0].offset));
  return 0;
}

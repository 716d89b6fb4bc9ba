/* Evaluates and trains the network of graphs/makemore.tenet in C: this file, the compiled step, and C's library. From the
   project's folder:

     ./tenet train graphs/makemore.tenet --out runs/first
     ./tenet build graphs/makemore.tenet -o runs/makemore.o
     cc -O2 -Iruns -o runs/makemore examples/makemore.c runs/makemore.o -lm
     runs/makemore runs/first/weights.safetensors data/names.txt 1000

   It prints the loss over all names of the file, trains so many steps on them, and prints the loss again. (For a program without
   `split`, `tenet eval` prints the first of these.) */
#include "makemore.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("makemore: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(3);
}

/* The file's bytes with a 0 behind them; the caller frees them. */
static char* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  char* bytes = NULL;
  size_t room = 0, count = 1;
  *size = 0;
  if (!file) fail("%s cannot be opened", path);
  while (count > 0) {
    if (room - *size < 2) bytes = realloc(bytes, room = 2 * room + 65536);
    if (!bytes) fail("%s does not fit into the memory", path);
    count = fread(bytes + *size, 1, room - *size - 1, file);
    *size += count;
  }
  if (ferror(file)) fail("%s cannot be read", path);
  fclose(file);
  bytes[*size] = 0;
  return bytes;
}

/* ---- Weights. A safetensors file is an 8-byte little-endian length, a JSON text of that length, and the tensors' bytes:
   {"__metadata__": {"axes": "..."}, "C": {"dtype": "F32", "shape": [27, 10], "data_offsets": [0, 1080]}, ...} */

typedef struct {
  const char* at; /* in the JSON text, which ends with a 0 */
  const char* path;
} reader;

typedef struct {
  const char* begin;
  size_t length;
} string; /* as it is written, escapes and all */

static int is(string text, const char* word) { return text.length == strlen(word) && memcmp(text.begin, word, text.length) == 0; }

static int take(reader* r, char c) {
  r->at += strspn(r->at, " \n\r\t");
  if (*r->at != c) return 0;
  ++r->at;
  return 1;
}

static void want(reader* r, char c) {
  if (!take(r, c)) fail("%s: no safetensors file: `%c` is missing in its header", r->path, c);
}

static string read_string(reader* r) {
  string text;
  want(r, '"');
  text.begin = r->at;
  for (; *r->at != '"'; ++r->at)
    if (*r->at == 0 || (*r->at == '\\' && *++r->at == 0)) fail("%s: no safetensors file: its header ends in a text", r->path);
  text.length = (size_t)(r->at++ - text.begin);
  return text;
}

/* [2, 3]: at most `room` numbers. Returns how many. */
static int read_numbers(reader* r, int64_t* numbers, int room) {
  int count = 0;
  want(r, '[');
  while (!take(r, ']')) {
    if (count > 0) want(r, ',');
    r->at += strspn(r->at, " \n\r\t");
    if (!isdigit((unsigned char)*r->at)) fail("%s: no safetensors file: a number is missing in its header", r->path);
    if (count == room) fail("%s: a tensor has more axes than any of this network", r->path);
    for (numbers[count] = 0; isdigit((unsigned char)*r->at); ++r->at) {
      if (numbers[count] > INT64_MAX / 10 - 1) fail("%s: a number is too large", r->path);
      numbers[count] = 10 * numbers[count] + (*r->at - '0');
    }
    ++count;
  }
  return count;
}

enum { most_axes = sizeof(((makemore_tensor*)0)->shape) / sizeof(int64_t) + 2 };

/* One tensor's entry; its values go where the network has it. Other networks' tensors are left out. */
static void load_tensor(reader* r, string name, const char* data, size_t data_size, unsigned char* arena, char* loaded) {
  string type = {"", 0};
  int64_t shape[most_axes], offsets[most_axes];
  int rank = -1, ends = 0;
  want(r, '{');
  do {
    const string key = read_string(r);
    want(r, ':');
    if (is(key, "dtype"))
      type = read_string(r);
    else if (is(key, "shape"))
      rank = read_numbers(r, shape, most_axes);
    else if (is(key, "data_offsets"))
      ends = read_numbers(r, offsets, most_axes);
    else
      fail("%s: no safetensors file: unknown key `%.*s`", r->path, (int)key.length, key.begin);
  } while (take(r, ','));
  want(r, '}');
  for (int i = 0; i < makemore_tensor_count; ++i) {
    const makemore_tensor* tensor = &makemore_tensors[i];
    if (!is(name, tensor->name)) continue;
    if (!is(type, "F32") || rank != tensor->rank || memcmp(shape, tensor->shape, (size_t)rank * sizeof *shape) != 0)
      fail("%s: `%s` has another type or shape than in this network", r->path, tensor->name);
    if (ends != 2 || offsets[0] > offsets[1] || (uint64_t)offsets[1] > data_size || offsets[1] - offsets[0] != 4 * tensor->count)
      fail("%s: truncated or corrupted: `%s` is not within the file", r->path, tensor->name);
    memcpy(arena + tensor->offset, data + offsets[0], (size_t)(4 * tensor->count));
    loaded[i] = 1;
  }
}

static void load_weights(const char* path, unsigned char* arena) {
  size_t size;
  char* bytes = read_file(path, &size);
  uint64_t length = 0;
  if (size < 8) fail("%s: no safetensors file: it is too short", path);
  for (int i = 0; i < 8; ++i) length |= (uint64_t)(unsigned char)bytes[i] << 8 * i;
  if (length > size - 8) fail("%s: no safetensors file, or truncated: its header would be longer than it is", path);
  char* header = malloc((size_t)length + 1);
  if (!header) fail("%s does not fit into the memory", path);
  memcpy(header, bytes + 8, (size_t)length);
  header[length] = 0;
  if (!strstr(header, MAKEMORE_NETWORK)) fail("%s: these are weights of another program", path);

  char loaded[makemore_tensor_count] = {0};
  reader r = {header, path};
  want(&r, '{');
  do {
    const string name = read_string(&r);
    want(&r, ':');
    if (!is(name, "__metadata__")) {
      load_tensor(&r, name, bytes + 8 + length, size - 8 - (size_t)length, arena, loaded);
      continue;
    }
    want(&r, '{');
    do {
      read_string(&r);
      want(&r, ':');
      read_string(&r);
    } while (take(&r, ','));
    want(&r, '}');
  } while (take(&r, ','));
  want(&r, '}');
  for (int i = 0; i < makemore_tensor_count; ++i)
    if (!loaded[i] && makemore_tensors[i].kind != makemore_optimizer_state)
      fail("%s: `%s` is missing", path, makemore_tensors[i].name);
  free(header);
  free(bytes);
}

/* ---- Data. A name of n letters is n + 1 items: so many letters before, and the letter that follows; `.` is around names. */

enum { context = makemore_size_context };

typedef struct {
  int64_t count;
  int32_t (*items)[context + 1];
} windows;

static void add_item(windows* all, const int32_t* window, int32_t next) {
  if ((all->count & (all->count - 1)) == 0) /* full: twice the room */
    all->items = realloc(all->items, (size_t)(all->count ? 2 * all->count : 1) * sizeof *all->items);
  if (!all->items) fail("the names do not fit into the memory");
  memcpy(all->items[all->count], window, sizeof(int32_t[context]));
  all->items[all->count++][context] = next;
}

/* The letter at `*text`, which is moved behind it. */
static int32_t take_letter(const char** text, const char* path, int line) {
  const int32_t letters = sizeof makemore_letters / sizeof *makemore_letters;
  for (int32_t letter = 1; letter < letters; ++letter) {
    const size_t length = strlen(makemore_letters[letter]);
    if (strncmp(*text, makemore_letters[letter], length) != 0) continue;
    *text += length;
    return letter;
  }
  fail("%s:%d: a letter that is not in the alphabet", path, line);
  return 0;
}

static windows read_names(const char* path) {
  windows all = {0, NULL};
  size_t size;
  char* text = read_file(path, &size);
  const char *at = text, *next, *end = text + size;
  for (int line = 1; at < end; at = next, ++line) {
    int32_t window[context] = {0}, letter;
    const char* last = memchr(at, '\n', (size_t)(end - at));
    next = last ? last + 1 : end;
    if (!last) last = end;
    while (at < last && isspace((unsigned char)*at)) ++at;
    while (at < last && isspace((unsigned char)last[-1])) --last;
    if (at == last) continue;
    do {
      letter = at < last ? take_letter(&at, path, line) : 0;
      add_item(&all, window, letter);
      memmove(window, window + 1, sizeof window - sizeof *window);
      window[context - 1] = letter;
    } while (letter != 0);
  }
  if (all.count == 0) fail("%s has no names", path);
  free(text);
  return all;
}

static void put_item(void* arena, int64_t row, const int32_t* item) {
  memcpy(makemore_data_X(arena) + row * context, item, sizeof(int32_t[context]));
  makemore_data_Y(arena)[row] = item[context];
}

/* A makemore_fill. */
static void fill(void* names, void* arena, int64_t first, int64_t count) {
  for (int64_t row = 0; row < count; ++row) put_item(arena, row, ((const windows*)names)->items[first + row]);
}

/* ---- Training. */

/* A number below `bound`, by xorshift64* (Vigna, 2016). */
static int64_t drawn(int64_t bound) {
  static uint64_t state = 1;
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (int64_t)((state * UINT64_C(2685821657736338717) >> 1) % (uint64_t)bound);
}

static float train_step(void* arena, const windows* names, int64_t step) {
  for (int64_t row = 0; row < makemore_size_batch; ++row) put_item(arena, row, names->items[drawn(names->count)]);
  return makemore_step(arena, step);
}

enum { steps_of_run = 200000 }; /* the recipe's rate depends on the step: this goes on behind them */

int main(int count, char** arguments) {
  if (count != 3 && count != 4) {
    fputs("usage: makemore WEIGHTS NAMES [STEPS]\n", stderr);
    return 2;
  }
  /* Memory that is aligned, as C99 has it. */
  unsigned char* memory = calloc(1, MAKEMORE_ARENA_BYTES + MAKEMORE_ALIGNMENT);
  if (!memory) fail("the network does not fit into the memory");
  unsigned char* arena = memory + (MAKEMORE_ALIGNMENT - (uintptr_t)memory % MAKEMORE_ALIGNMENT);
  load_weights(arguments[1], arena);
  windows names = read_names(arguments[2]);
  printf("loss   %.6f\n", makemore_evaluate(arena, names.count, fill, &names));

  const long steps = count == 4 ? strtol(arguments[3], NULL, 10) : 0;
  double sum = 0;
  for (long step = 0; step < steps; ++step) sum += train_step(arena, &names, steps_of_run + step);
  if (steps > 0) {
    printf("steps  %.6f (mean of %ld)\n", sum / (double)steps, steps);
    makemore_calibrate(arena, names.count, fill, &names); /* the parameters have changed, and the statistics with them */
    printf("loss   %.6f\n", makemore_evaluate(arena, names.count, fill, &names));
  }
  free(names.items);
  free(memory);
  return 0;
}

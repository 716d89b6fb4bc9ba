// Loop nests built by hand: what compiled code leaves in memory against the nests' meaning, walked point by point.
#include <xmmintrin.h>

#include <array>
#include <string>

#include "tests/catch.h"
#include "tests/unit/loop_nests.h"

using namespace tenet;
using namespace tenet::tests;

TEST_CASE("elementwise nests of any extent touch exactly their elements", "[unit]") {
  Kernels kernels;
  for (const std::int64_t extent : {1, 2, 5, 8, 16, 27, 48, 200})
    for (const int tile : {1, 2, 4}) {
      const std::string size = std::to_string(extent) + "." + std::to_string(tile);
      const BufferId a = add_buffer(kernels, named("a", size), Kind::real, {3, extent});
      const BufferId b = add_buffer(kernels, named("b", size), Kind::real, {extent});
      const BufferId y = add_buffer(kernels, named("y", size), Kind::real, {3, extent}, extent + 3);  // padding must survive
      Nest nest(named("elementwise", size));
      const TermId i = nest.at(nest.output("i", 3, LoopRole::rows, 2));
      const TermId j = nest.at(nest.output("j", extent, LoopRole::lanes, tile));
      const TermId x = nest.load(kernels, a, {i, j});
      const TermId product = nest.apply(Op::multiply, {x, nest.load(kernels, b, {j})});
      nest.store(y, {i, j}, nest.apply(Op::tanh, {nest.apply(Op::add, {product, nest.constant(0.5)})}));
      kernels.kernels.push_back(nest.kernel);
    }
  check(kernels, random_memory(kernels, 1));
}

TEST_CASE("a product of matrices is right for every rest of rows and lanes", "[unit]") {
  Kernels kernels;
  for (const std::int64_t rows : {1, 3, 8, 13})
    for (const std::int64_t columns : {1, 7, 16, 27, 100})
      for (const std::int64_t depth : {1, 4, 7, 30}) {
        const std::string size = std::to_string(rows) + "x" + std::to_string(depth) + "x" + std::to_string(columns);
        const BufferId a = add_buffer(kernels, named("a", size), Kind::real, {rows, depth});
        const BufferId b = add_buffer(kernels, named("b", size), Kind::real, {depth, columns});
        const BufferId bias = add_buffer(kernels, named("bias", size), Kind::real, {columns});
        const BufferId y = add_buffer(kernels, named("y", size), Kind::real, {rows, columns});
        Nest nest(named("product", size));
        const TermId i = nest.at(nest.output("i", rows, LoopRole::rows, 4));
        const TermId j = nest.at(nest.output("j", columns, LoopRole::lanes, 3));
        const LoopId depth_loop = nest.bound("k", depth);
        const TermId k = nest.at(depth_loop);
        const TermId product = nest.apply(Op::multiply, {nest.load(kernels, a, {i, k}), nest.load(kernels, b, {k, j})});
        const TermId sum = nest.reduce(Op::sum, product, {depth_loop});
        nest.store(y, {i, j}, nest.apply(Op::add, {sum, nest.load(kernels, bias, {j})}));
        kernels.kernels.push_back(nest.kernel);
      }
  check(kernels, random_memory(kernels, 2), 1e-4);
}

TEST_CASE("loads against the lanes gather", "[unit]") {
  Kernels kernels;
  const BufferId a = add_buffer(kernels, "a", Kind::real, {21, 13});
  const BufferId y = add_buffer(kernels, "y", Kind::real, {13, 21});
  const BufferId sum = add_buffer(kernels, "sum", Kind::real, {21});
  const BufferId window = add_buffer(kernels, "window", Kind::real, {19});
  const BufferId diagonal = add_buffer(kernels, "diagonal", Kind::real, {13});
  {
    Nest nest("transposed");
    const TermId i = nest.at(nest.output("i", 13, LoopRole::rows, 4));
    const TermId j = nest.at(nest.output("j", 21, LoopRole::lanes, 2));
    nest.store(y, {i, j}, nest.load(kernels, a, {j, i}));
    kernels.kernels.push_back(nest.kernel);
  }
  {
    Nest nest("sum of rows");
    const TermId j = nest.at(nest.output("j", 21, LoopRole::lanes, 1));
    const LoopId loop = nest.bound("k", 13);
    nest.store(sum, {j}, nest.reduce(Op::sum, nest.load(kernels, a, {j, nest.at(loop)}), {loop}));
    kernels.kernels.push_back(nest.kernel);
  }
  {
    Nest nest("window");
    const TermId j = nest.at(nest.output("j", 19, LoopRole::lanes, 1));
    const LoopId loop = nest.bound("k", 3);
    const TermId place = nest.apply(Op::add, {j, nest.at(loop)}, Kind::whole);
    nest.store(window, {j}, nest.reduce(Op::sum, nest.load(kernels, sum, {place}), {loop}));
    kernels.kernels.push_back(nest.kernel);
  }
  {
    Nest nest("diagonal");
    const TermId j = nest.at(nest.output("j", 13, LoopRole::lanes, 1));
    const TermId backwards = nest.apply(Op::subtract, {nest.constant(12, Kind::whole), j}, Kind::whole);
    nest.store(diagonal, {j}, nest.load(kernels, a, {backwards, j}));
    kernels.kernels.push_back(nest.kernel);
  }
  check(kernels, random_memory(kernels, 3));
}

TEST_CASE("stores against the lanes scatter", "[unit]") {
  Kernels kernels;
  const BufferId a = add_buffer(kernels, "a", Kind::real, {21, 13});
  const BufferId y = add_buffer(kernels, "y", Kind::real, {13, 21}, 24);
  const BufferId rows = add_buffer(kernels, "rows", Kind::real, {21, 3});
  Nest nest("transposing store");
  const TermId i = nest.at(nest.output("i", 21, LoopRole::rows, 4));
  const TermId j = nest.at(nest.output("j", 13, LoopRole::lanes, 1));
  const TermId x = nest.load(kernels, a, {i, j});
  nest.store(y, {j, i}, x);
  nest.store(rows, {i, nest.constant(2, Kind::whole)}, nest.at(LoopId{0}));
  kernels.kernels.push_back(nest.kernel);
  check(kernels, random_memory(kernels, 4));
}

TEST_CASE("tiles that lie across memory are turned in registers", "[unit]") {
  Kernels kernels;
  for (const int tile : {2, 4, 7, 8, 14, 16, 20})
    for (const std::int64_t lanes : {4, 7, 16, 37}) {
      const std::string size = std::to_string(tile) + "x" + std::to_string(lanes);
      const BufferId a = add_buffer(kernels, named("a", size), Kind::real, {lanes, 23});
      const BufferId t = add_buffer(kernels, named("t", size), Kind::truth, {lanes, 3, 23}, 24);
      const BufferId y = add_buffer(kernels, named("y", size), Kind::real, {23, lanes});
      const BufferId z = add_buffer(kernels, named("z", size), Kind::real, {lanes, 23}, 25);
      const BufferId u = add_buffer(kernels, named("u", size), Kind::truth, {lanes, 23});
      Nest nest(named("turned", size));
      const TermId i = nest.at(nest.output("i", 23, LoopRole::rows, tile));
      const TermId j = nest.at(nest.output("j", lanes, LoopRole::lanes, 2));
      const TermId x = nest.load(kernels, a, {j, i});
      const TermId truth = nest.load(kernels, t, {j, nest.constant(1, Kind::whole), i});
      nest.store(y, {i, j}, x);
      nest.store(z, {j, i}, nest.apply(Op::add, {nest.load(kernels, z, {j, i}), x}));
      nest.store(u, {j, i}, nest.apply(Op::logical_not, {truth}, Kind::truth));
      kernels.kernels.push_back(nest.kernel);
    }
  check(kernels, random_memory(kernels, 15));
}

TEST_CASE("reductions across lanes", "[unit]") {
  Kernels kernels;
  for (const std::int64_t extent : {1, 3, 16, 27, 65, 200, 1000}) {
    const std::string size = std::to_string(extent);
    const BufferId a = add_buffer(kernels, named("a", size), Kind::real, {7, extent});
    const BufferId n = add_buffer(kernels, named("n", size), Kind::whole, {7, extent});
    const BufferId sums = add_buffer(kernels, named("sums", size), Kind::real, {7});
    const BufferId greatest = add_buffer(kernels, named("greatest", size), Kind::real, {7});
    const BufferId least = add_buffer(kernels, named("least", size), Kind::real, {7});
    const BufferId where = add_buffer(kernels, named("where", size), Kind::whole, {7});
    const BufferId whole_where = add_buffer(kernels, named("whole_where", size), Kind::whole, {7});
    const BufferId whole_sums = add_buffer(kernels, named("whole_sums", size), Kind::whole, {7});
    for (const LoopRole role : {LoopRole::lanes, LoopRole::serial}) {
      Nest nest(named("row reductions", size));
      const TermId i = nest.at(nest.output("i", 7, LoopRole::rows, 2));
      const LoopId loop = nest.bound("j", extent, role);
      const TermId j = nest.at(loop);
      const TermId x = nest.load(kernels, a, {i, j}), whole = nest.load(kernels, n, {i, j});
      nest.store(sums, {i}, nest.reduce(Op::sum, nest.apply(Op::multiply, {x, x}), {loop}));
      nest.store(greatest, {i}, nest.reduce(Op::max_over, x, {loop}));
      nest.store(least, {i}, nest.reduce(Op::min_over, x, {loop}));
      nest.store(where, {i}, nest.reduce(Op::argmax, x, {loop}, Kind::whole));
      nest.store(whole_where, {i}, nest.reduce(Op::argmax, whole, {loop}, Kind::whole));  // ties: values 0 to 3
      nest.store(whole_sums, {i}, nest.reduce(Op::sum, whole, {loop}, Kind::whole));
      kernels.kernels.push_back(nest.kernel);
    }
  }
  check(kernels, random_memory(kernels, 5, 4), 1e-4);
}

TEST_CASE("softmax keeps a row's maximum and sum beside its lanes", "[unit]") {
  Kernels kernels;
  const BufferId a = add_buffer(kernels, "a", Kind::real, {9, 27});
  const BufferId y = add_buffer(kernels, "y", Kind::real, {9, 27});
  const BufferId total = add_buffer(kernels, "total", Kind::real, {9});
  Nest nest("softmax");
  const LoopId row = nest.output("i", 9, LoopRole::rows, 2), column = nest.output("j", 27, LoopRole::lanes, 2);
  const TermId i = nest.at(row), j = nest.at(column);
  const LoopId k = nest.bound("k", 27, LoopRole::lanes), l = nest.bound("l", 27, LoopRole::lanes);
  const TermId greatest = nest.reduce(Op::max_over, nest.load(kernels, a, {i, nest.at(k)}), {k});
  const TermId shifted = nest.apply(Op::subtract, {nest.load(kernels, a, {i, nest.at(l)}), greatest});
  const TermId sum = nest.reduce(Op::sum, nest.apply(Op::exp, {shifted}), {l});
  const TermId here = nest.apply(Op::subtract, {nest.load(kernels, a, {i, j}), greatest});
  nest.store(y, {i, j}, nest.apply(Op::divide, {nest.apply(Op::exp, {here}), sum}));
  nest.store(total, {i}, sum);
  kernels.kernels.push_back(nest.kernel);
  check(kernels, random_memory(kernels, 6));
}

TEST_CASE("sums in chunks", "[unit]") {
  Kernels kernels;
  const BufferId a = add_buffer(kernels, "a", Kind::real, {103, 20});
  for (const std::int64_t chunk : {7, 16, 50, 103, 200}) {
    const BufferId across = add_buffer(kernels, named("across", std::to_string(chunk)), Kind::real, {20});
    const BufferId all = add_buffer(kernels, named("all", std::to_string(chunk)), Kind::real, {});
    {
      Nest nest("columns");
      const TermId j = nest.at(nest.output("j", 20, LoopRole::lanes, 2));
      const LoopId loop = nest.bound("i", 103);
      nest.store(across, {j}, nest.reduce(Op::sum, nest.load(kernels, a, {nest.at(loop), j}), {loop}, Kind::real, chunk));
      kernels.kernels.push_back(nest.kernel);
    }
    {
      Nest nest("all");
      const LoopId outer = nest.bound("i", 103), inner = nest.bound("j", 20, LoopRole::lanes);
      const TermId x = nest.load(kernels, a, {nest.at(outer), nest.at(inner)});
      nest.store(all, {}, nest.reduce(Op::sum, x, {outer, inner}, Kind::real, chunk));
      kernels.kernels.push_back(nest.kernel);
    }
  }
  check(kernels, random_memory(kernels, 7), 1e-4);
}

TEST_CASE("lookups by an index in memory", "[unit]") {
  Kernels kernels;
  const BufferId table = add_buffer(kernels, "table", Kind::real, {11, 10});
  const BufferId x = add_buffer(kernels, "x", Kind::whole, {4, 3});
  const BufferId y = add_buffer(kernels, "y", Kind::real, {4, 3, 10});
  const BufferId picked = add_buffer(kernels, "picked", Kind::real, {3, 4});
  {
    Nest nest("rows of a table");
    const TermId i = nest.at(nest.output("i", 4));
    const TermId t = nest.at(nest.output("t", 3, LoopRole::rows, 2));
    const TermId e = nest.at(nest.output("e", 10, LoopRole::lanes));
    nest.store(y, {i, t, e}, nest.load(kernels, table, {nest.load(kernels, x, {i, t}), e}));
    kernels.kernels.push_back(nest.kernel);
  }
  {
    Nest nest("one column of a table");
    const TermId t = nest.at(nest.output("t", 3));
    const TermId i = nest.at(nest.output("i", 4, LoopRole::lanes));
    nest.store(picked, {t, i}, nest.load(kernels, table, {nest.load(kernels, x, {i, t}), nest.constant(7, Kind::whole)}));
    kernels.kernels.push_back(nest.kernel);
  }
  check(kernels, random_memory(kernels, 8, 11));
}

TEST_CASE("a scatter adds where indices meet", "[unit]") {
  Kernels kernels;
  const BufferId x = add_buffer(kernels, "x", Kind::whole, {37});
  const BufferId g = add_buffer(kernels, "g", Kind::real, {37, 10});
  const BufferId h = add_buffer(kernels, "h", Kind::real, {37});
  const BufferId rows = add_buffer(kernels, "rows", Kind::real, {5, 10});
  const BufferId bins = add_buffer(kernels, "bins", Kind::real, {5});
  const BufferId sum = add_buffer(kernels, "sum", Kind::real, {});
  const BufferId count = add_buffer(kernels, "count", Kind::whole, {5});
  {
    Nest nest("rows");
    const TermId i = nest.at(nest.output("i", 37, LoopRole::rows, 4));
    const TermId e = nest.at(nest.output("e", 10, LoopRole::lanes));
    nest.store(rows, {nest.load(kernels, x, {i}), e}, nest.load(kernels, g, {i, e}), true);
    nest.kernel.clear = rows;
    kernels.kernels.push_back(nest.kernel);
  }
  {
    Nest nest("bins");  // not cleared: adds to what is there
    const TermId i = nest.at(nest.output("i", 37, LoopRole::lanes, 2));
    const TermId where = nest.load(kernels, x, {i}), value = nest.load(kernels, h, {i});
    nest.store(bins, {where}, value, true);
    nest.store(sum, {}, value, true);
    nest.store(count, {where}, nest.constant(1, Kind::whole), true);
    kernels.kernels.push_back(nest.kernel);
  }
  check(kernels, random_memory(kernels, 9, 5), 1e-4);
}

TEST_CASE("an update in place reads what it overwrites", "[unit]") {
  Kernels kernels;
  const BufferId p = add_buffer(kernels, "p", Kind::real, {30, 50});
  const BufferId m = add_buffer(kernels, "m", Kind::real, {30, 50});
  const BufferId a = add_buffer(kernels, "a", Kind::real, {32, 30});
  const BufferId b = add_buffer(kernels, "b", Kind::real, {32, 50});
  const BufferId count = add_buffer(kernels, "count", Kind::whole, {});
  Nest nest("momentum");
  const TermId i = nest.at(nest.output("i", 30, LoopRole::rows, 4));
  const TermId j = nest.at(nest.output("j", 50, LoopRole::lanes, 2));
  const LoopId loop = nest.bound("k", 32);
  const TermId k = nest.at(loop);
  const TermId product = nest.apply(Op::multiply, {nest.load(kernels, a, {k, i}), nest.load(kernels, b, {k, j})});
  const TermId gradient = nest.reduce(Op::sum, product, {loop});
  const TermId before = nest.load(kernels, count, {});
  const TermId rate = nest.apply(Op::divide, {nest.constant(0.1), nest.convert(before, Kind::real)});
  const TermId old = nest.load(kernels, m, {i, j});
  const TermId next = nest.apply(Op::add, {nest.apply(Op::multiply, {old, nest.constant(0.9)}), gradient});
  nest.store(m, {i, j}, next);
  // Reads m again, as a term of its own: still the old value.
  const TermId step = nest.apply(Op::multiply, {nest.apply(Op::subtract, {next, nest.load(kernels, m, {i, j})}), rate});
  nest.store(p, {i, j}, nest.apply(Op::subtract, {nest.load(kernels, p, {i, j}), step}));
  nest.store(count, {}, nest.apply(Op::add, {before, nest.constant(1, Kind::whole)}, Kind::whole));
  kernels.kernels.push_back(nest.kernel);
  Memory memory = random_memory(kernels, 10);
  memory[index_of(count)][0] = 3;
  check(kernels, memory, 1e-4);
}

TEST_CASE("passes write the step, the loss of each and leave the machine's rounding mode as it was", "[unit]") {
  Kernels kernels;
  const BufferId step = add_buffer(kernels, "step", Kind::whole, {});
  const BufferId w = add_buffer(kernels, "w", Kind::real, {});
  const BufferId loss = add_buffer(kernels, "loss", Kind::real, {});
  Nest nest("descent");
  const TermId before = nest.load(kernels, w, {});
  const TermId now = nest.convert(nest.load(kernels, step, {}), Kind::real);
  nest.store(w, {}, nest.apply(Op::add, {before, now}));
  nest.store(loss, {}, nest.apply(Op::multiply, {before, before}));
  kernels.kernels.push_back(nest.kernel);
  kernels.step = step;
  kernels.loss = loss;
  NativeRun native(kernels, compiled(kernels));
  const unsigned mode = _mm_getcsr();
  std::array<float, 6> losses = {-1, -1, -1, -1, -1, -1};
  native.run(5, 10, losses.data());
  CHECK((_mm_getcsr() & ~0x3fu) == (mode & ~0x3fu));
  CHECK(losses == std::array<float, 6>{0, 100, 441, 1089, 2116, -1});
  CHECK(native.read()[index_of(step)][0] == 14);
  CHECK(native.read()[index_of(w)][0] == 60);
  native.run(0, 99, losses.data());
  CHECK(native.read()[index_of(w)][0] == 60);
}

TEST_CASE("the text of a module and its assembly name the kernels", "[unit]") {
  Kernels kernels;
  const BufferId a = add_buffer(kernels, "a", Kind::real, {64});
  Nest nest("double");
  const TermId i = nest.at(nest.output("i", 64, LoopRole::lanes));
  const TermId x = nest.load(kernels, a, {i});
  nest.store(a, {i}, nest.apply(Op::add, {x, x}));
  kernels.kernels.push_back(nest.kernel);
  CHECK_THAT(llvm_text(kernels), ContainsSubstring("@kernel.double(ptr noalias") && ContainsSubstring("@tenet_run(ptr"));
  CHECK_THAT(assembly_text(kernels), ContainsSubstring("kernel.double:") && ContainsSubstring("tenet_run:"));
}

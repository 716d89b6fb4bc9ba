"""Contractions of two tensors: Tenet's code beside torch.einsum and numpy.einsum, one thread each, in alternating rounds.

    contractions.py                        patterns of its own
    contractions.py --patterns FILE        lines such as `ab-ac-cb a=464 b=576 c=368`: result-left-right, then sizes

The tensors are in memory as the program lays them out: the axes in the order of their letters, the last innermost. The bound is what
the machine could do at best, by `tenet bench` of the same run: all multiply-adds at its peak, or every operand read once and the
result brought in and written once at its bandwidth, whichever takes longer.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import tempfile
import time

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import torch

from tenet import Command, Step

here = pathlib.Path(__file__).resolve().parent
patterns = """
mn-mk-kn m=384 n=512 k=512
bmn-bkm-bkn b=24 m=96 n=120 k=128
bhqk-bqhd-bkhd b=8 h=8 q=128 k=128 d=64
bqhd-bhqk-bkhd b=8 h=8 q=128 k=128 d=64
nco-ncxy-oxy n=48 c=32 o=100 x=25 y=26
axyb-xyk-abk a=40 b=36 x=22 y=25 k=60
abcd-ebad-ce a=36 b=30 c=36 d=44 e=50
abcdef-dega-gfbc a=14 b=15 c=16 d=14 e=15 f=13 g=18
"""


def program(result, left, right, sizes):
    summed = [axis for axis in left if axis in right and axis not in result]
    return f"""axis {", ".join(f"{axis} = {size}" for axis, size in sorted(sizes.items()))}
state L[{", ".join(left)}] = 0
state R[{", ".join(right)}] = 0
state O[{", ".join(result)}] = 0
update O = sum[{", ".join(summed)}](L * R)
param unread = 0
loss = unread^2
train loss {{
  steps = 1
  rate  = 0
}}
"""


def seconds(call, repeats):
    begin = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - begin) / repeats


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patterns", type=pathlib.Path, help="a file of patterns, in place of those here")
    parser.add_argument("--tenet", default=here.parent.parent / "tenet", help="the command")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    command = Command(options.tenet)
    lines = options.patterns.read_text() if options.patterns else patterns
    shares, ratios = [], []
    print(f"{'pattern':<24} {'us':>8} {'of bound':>9} {'torch us':>9} {'ratio':>6} {'numpy us':>9} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        probe = folder / "probe.tenet"
        probe.write_text(program("ab", "ac", "bc", {"a": 8, "b": 8, "c": 8}))
        machine = json.loads(command("bench", probe, "--threads", 1, "--format", "json"))
        for line in lines.splitlines():
            words = line.split("#")[0].split()
            if not words:
                continue
            result, left, right = words[0].split("-")
            sizes = {axis: int(size) for axis, size in (word.split("=") for word in words[1:])}
            place = folder / words[0]
            place.mkdir()
            (place / "p.tenet").write_text(program(result, left, right, sizes))
            step = Step(command, place / "p.tenet", None, place)
            orders = {"L": "".join(sorted(left)), "R": "".join(sorted(right)), "O": "".join(sorted(result))}
            drawn = np.random.default_rng(1)
            for name in "LR":
                step.tensors[name].values[...] = drawn.standard_normal(step.tensors[name].values.shape, np.float32)
            L, R = (torch.from_numpy(step.tensors[name].values.copy()) for name in "LR")
            text = f"{orders['L']},{orders['R']}->{orders['O']}"
            calls = [lambda: step.run(step.arena.ctypes.data, 0), lambda: torch.einsum(text, L, R),
                     lambda: np.einsum(text, L.numpy(), R.numpy(), optimize=True)]
            calls[0]()
            error = (torch.from_numpy(step.tensors["O"].values) - calls[1]()).abs().max() / calls[1]().abs().max()
            assert error < 1e-5, f"{words[0]} is wrong by {error}"
            operations = 2 * math.prod(sizes.values())
            elements = [math.prod(sizes[axis] for axis in axes) for axes in (left, right, result, result)]
            bound = max(operations / machine["peak_flops"], 4 * sum(elements) / machine["bandwidth"])
            rounds = [[seconds(call, max(1, int(0.1 * machine["peak_flops"] / operations / 4))) for call in calls]
                      for _ in range(options.rounds)]
            ours, torchs, numpys = (1e6 * statistics.median(times) for times in zip(*rounds))
            shares.append(1e6 * bound / ours)
            ratios.append(min(torchs, numpys) / ours)
            print(f"{words[0]:<24} {ours:8.0f} {shares[-1]:9.2f} {torchs:9.0f} {torchs / ours:6.2f} {numpys:9.0f} "
                  f"{numpys / ours:6.2f}", flush=True)
    print(f"geometric means: {statistics.geometric_mean(shares):.2f} of the bound, {statistics.geometric_mean(ratios):.2f} times as "
          f"fast as the faster of the others")


if __name__ == "__main__":
    main()

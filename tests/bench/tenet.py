"""The command `tenet`, and a step that `tenet build` compiled, called from Python."""
import ctypes
import json
import re
import resource
import statistics
import subprocess
import time
import types

import numpy as np


class Command:
    def __init__(self, path):
        self.path = path

    def __call__(self, *arguments):
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"tenet {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")
        return done.stdout

    def train(self, program, data, steps, folder):
        self("train", program, "--data", data, "--steps", steps, "--out", folder)
        return Weights(folder / "weights.safetensors")

    def evaluate(self, program, data, folder):
        return json.loads(self("eval", program, "--data", data, "--from", folder, "--format", "json"))

    def step_seconds(self, program, data):
        """Of the processor, which other processes want too: the command's share of it, times what `bench` has measured."""
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        rounds = json.loads(self("bench", program, "--data", data, "--format", "json"))["rounds"]
        spent, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        share = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / spent
        return 1e-6 * share * statistics.mean(rounds)


class OtherProgram(Exception):
    """The program's parameters are not those that the network in PyTorch wants."""


class Weights:
    """A run's weights by name; `weights("W", "hidden embed")` has the axes in that order."""

    def __init__(self, path):
        content = open(path, "rb").read()
        begin = 8 + int.from_bytes(content[:8], "little")
        self.tensors = json.loads(content[8:begin])
        self.axes = json.loads(self.tensors.pop("__metadata__")["axes"])
        self.data = content[begin:]

    def __call__(self, name, axes):
        if name not in self.tensors:
            raise OtherProgram(f"the program has no parameter `{name}`")
        entry, wanted = self.tensors[name], axes.split()
        first, last = entry["data_offsets"]
        values = np.frombuffer(self.data[first:last], np.float32).reshape(entry["shape"])
        assert sorted(wanted) == sorted(self.axes[name]), f"{name} has the axes {self.axes[name]}, not {wanted}"
        return values.transpose([self.axes[name].index(axis) for axis in wanted]).copy()


class Step:
    """The compiled step, with its own memory. What the header says, read by its lines."""

    def __init__(self, command, program, data, folder):
        object, library = folder / "net.o", folder / "net.so"
        command("build", program, "-o", object, *(["--data", data] if data else []))
        subprocess.run(["cc", "-shared", "-o", library, object, "-lm"], check=True)
        header = object.with_suffix(".h").read_text()
        self.run = ctypes.CDLL(str(library)).net_step
        self.run.restype, self.run.argtypes = ctypes.c_float, [ctypes.c_void_p, ctypes.c_int64]
        size = int(re.search(r"NET_ARENA_BYTES (\d+)", header)[1])
        self.memory = np.zeros(size + 64, np.uint8)
        self.arena = self.memory[-self.memory.ctypes.data % 64:][:size]
        self.data = {}
        for name, axes, type, offset in re.findall(
                r"/\* (\w+)\[(.*?)\]: .*\nstatic inline (\w+)\* net_data_\w+\(void\* arena\) .* \+ (\d+)\)", header):
            shape = [int(axis.split(" = ")[1]) for axis in axes.split(", ")]
            self.data[name] = self.slot(int(offset), {"float": np.float32, "int32_t": np.int32}[type], shape)
        self.tensors = {}
        for name, offset, axes, shape in re.findall(r'\{"([^"]+)", net_(?:parameter|state), (\d+), .*"(.*)", \{(.*)\}\}', header):
            shape = [int(extent) for extent in shape.split(",")] if axes else []
            self.tensors[name] = types.SimpleNamespace(axes=axes.replace(",", " "), values=self.slot(int(offset), np.float32, shape))

    def slot(self, offset, type, shape):
        return self.arena[offset:][:4 * int(np.prod(shape))].view(type).reshape(shape)

    def start_from(self, weights):
        for name, tensor in self.tensors.items():
            tensor.values[...] = weights(name, tensor.axes)

    def __call__(self, step, batch):
        """The loss before the step. `batch` has the data by name, items first, then the axes in the program's order."""
        for name, place in self.data.items():
            place[...] = batch[name].numpy()
        return self.run(self.arena.ctypes.data, step)

"""Trains the same networks by Tenet and by PyTorch, from the same weights on the same batches: losses, and the time of a step.

    compare.py rnn gru                       the loss of each of 100 steps
    compare.py rnn --steps 20000             the losses of the splits after so many steps, too
    compare.py rnn --time                    a step's time, in alternating rounds on one thread, too
    compare.py all --names ../names.txt
"""
import argparse
import pathlib
import re
import statistics
import tempfile
import time

import numpy as np
import torch

import data
import networks
from tenet import Command, OtherProgram, Step

here = pathlib.Path(__file__).resolve().parent
graphs = here.parent.parent / "graphs"
seed = 1  # of `tenet train`, unless another is given

MAKEMORE = """
  split     = 80, 10, 10
  batch     = 32
  steps     = 20_000
  rate      = 5e-4
  optimizer = adamw(beta2 = 0.99, decay = 0.01)
"""
PLAIN = """
  batch = 32
  steps = 1000
  rate  = 0.01
"""
# The program, the network in PyTorch, its data, the recipe that takes the place of the program's (None: its own), and other texts
# that are replaced.
MODELS = {
    "bigram": (graphs / "bigram.tenet", networks.Bigram, "windows", MAKEMORE, {}),
    "mlp": (graphs / "mlp.tenet", networks.Window, "windows", MAKEMORE, {"embed = 10, hidden = 200": "embed = 64, hidden = 64"}),
    "bag": (graphs / "bag.tenet", networks.Bag, "sequences", MAKEMORE, {}),
    "rnn": (graphs / "rnn.tenet", networks.Recurrent, "sequences", MAKEMORE, {}),
    "gru": (graphs / "gru.tenet", networks.Gated, "sequences", MAKEMORE, {}),
    "transformer": (graphs / "transformer.tenet", networks.Transformer, "sequences", MAKEMORE, {}),
    "W2": (here / "mlp.tenet", networks.Layers, "points", None, {}),
    "W3": (here / "gpt.tenet", networks.Transformer, "text", None, {}),
    "W3b": (here / "gpt.tenet", networks.Transformer, "text", None, {"time = 32": "time = 64", "embed = 64": "embed = 128"}),
    "W4-rnn": (graphs / "rnn.tenet", networks.Recurrent, "sequences", PLAIN, {}),
    "W4-gru": (graphs / "gru.tenet", networks.Gated, "sequences", PLAIN, {}),
}


def variant(text, recipe, replaced):
    """The program with another recipe, but for its source."""
    for old, new in replaced.items():
        assert text.count(old) == 1, f"`{old}` does not stand in the program once"
        text = text.replace(old, new)
    if not recipe:
        return text
    return re.sub(r"(train \w+ \{\n *from [^\n]*\n)[^}]*\}", lambda found: found[1] + recipe.lstrip("\n") + "}", text)


def key(text, name, otherwise):
    found = re.search(rf"^ *{name} *= *([^#\n]*)", text[text.index("\ntrain "):], re.M)
    return found[1].strip() if found else otherwise


def optimizer_of(parameters, text):
    """As the recipe has it."""
    call, rate = key(text, "optimizer", "sgd()"), float(key(text, "rate", ""))
    given = {name: float(value) for name, value in re.findall(r"(\w+) = ([\d.e-]+)", call)}
    if call.startswith("sgd"):
        return torch.optim.SGD(parameters, lr=rate, momentum=given.get("momentum", 0))
    return torch.optim.AdamW(parameters, lr=rate, betas=(given.get("beta1", 0.9), given.get("beta2", 0.999)), eps=1e-8,
                             weight_decay=given.get("decay", 0.01), fused=True)


class Comparison:
    def __init__(self, name, command, names, folder):
        program, self.network, kind, recipe, replaced = MODELS[name]
        self.command, self.folder, self.text = command, folder, variant(program.read_text(), recipe, replaced)
        self.program = folder / program.name
        self.program.write_text(self.text)
        parts = [float(part) for part in key(self.text, "split", "1").split(",")]
        size = lambda axis: int(re.search(rf"\b{axis} = (\d+)", self.text)[1])
        self.source = {"points": folder, "text": folder / "text.txt"}.get(kind, names)
        if kind == "windows": self.items, self.splits = data.windows(names, parts, size("context"))
        if kind == "sequences": self.items, self.splits = data.sequences(names, parts)
        if kind == "text": self.items, self.splits = data.text(names, self.source, parts, size("time"))
        if kind == "points": self.items, self.splits = data.points(folder, parts)
        self.initial = command.train(self.program, self.source, 0, folder / "initial")

    def batches(self, steps):
        places = data.draws(seed, steps, len(self.splits[0]), int(key(self.text, "batch", "")))
        return torch.tensor(self.splits[0][places])

    def batch(self, items):
        return {name: values[items] for name, values in self.items.items()}

    def begin(self):
        self.parameters = {name: torch.tensor(value, requires_grad=True) for name, value in self.network.weights(self.initial).items()}
        self.optimizer = optimizer_of(list(self.parameters.values()), self.text)

    def step(self, batch):
        loss = self.network.loss(self.parameters, batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss

    def losses(self, steps):
        """The first and last loss, the greatest difference of one, and that of their mean in the log of `tenet train`, which draws
        by itself."""
        self.begin()
        compiled = Step(self.command, self.program, self.source, self.folder)
        compiled.start_from(self.initial)
        here, there = [], []
        for number, items in enumerate(self.batches(steps)):
            batch = self.batch(items)
            here.append(self.step(batch).item())
            there.append(compiled(number, batch))
        self.command.train(self.program, self.source, steps, self.folder / "first")
        logged = re.findall(r'"loss": ([^,}]*)', (self.folder / "first" / "log.jsonl").read_text())
        return here[0], here[-1], max(abs(a - b) for a, b in zip(here, there)), abs(float(logged[-1]) - statistics.mean(here))

    def trained(self, steps):
        """The splits' losses of both."""
        self.begin()
        self.command.train(self.program, self.source, steps, self.folder / "trained")
        theirs = self.command.evaluate(self.program, self.source, self.folder / "trained")
        for items in self.batches(steps):
            self.step(self.batch(items))
        ours = {}
        for name, split in zip(("train", "validation", "test"), self.splits):
            with torch.no_grad():
                sums = [self.counted(self.batch(torch.tensor(piece))) for piece in np.array_split(split, len(split) // 1000 + 1)]
            ours[name] = sum(loss * count for loss, count in sums) / sum(count for _, count in sums)
        return [(theirs[name], ours[name]) for name in ("validation", "test") if name in ours]

    def counted(self, batch):
        """A loss, and over how many letters or items it is a mean."""
        count = batch["mask"].sum() if "mask" in batch else next(iter(batch.values())).shape[0]
        return self.network.loss(self.parameters, batch).item(), float(count)

    def times(self, rounds):
        """Microseconds of the processor for a step, Tenet's and PyTorch's."""
        self.begin()
        batches = self.batches(2000)

        def spent(steps):
            begin = time.process_time()
            for number in range(steps):
                self.step(self.batch(batches[number % len(batches)]))
            return (time.process_time() - begin) / steps

        spent(3)
        steps = max(3, int(2 / spent(3)))
        theirs, ours = zip(*((self.command.step_seconds(self.program, self.source), spent(steps)) for _ in range(rounds)))
        return statistics.median(theirs) * 1e6, statistics.median(ours) * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL", choices=[*MODELS, "all"], help=", ".join(MODELS) + " or all")
    parser.add_argument("--names", type=pathlib.Path, default=here.parent.parent / "data" / "names.txt", help="a list of names")
    parser.add_argument("--steps", type=int, default=0, help="train for so many steps, and evaluate")
    parser.add_argument("--time", type=int, nargs="?", const=5, default=0, metavar="ROUNDS", help="time a step (5 rounds)")
    parser.add_argument("--tenet", default=here.parent.parent / "tenet", help="the command (default: the project's)")
    options = parser.parse_args()
    if not options.names.exists():
        print(f"SKIPPED: {options.names} is not there")
        return
    torch.set_num_threads(1)
    row = "{:11} {:>7} {:>8} {:>11} {:>9}   {:17} {:17} {:>10} {:>11} {:>6}"
    print(row.format("", "step 0", "step 99", "difference", "of train", "validation", "test", "Tenet us", "PyTorch us", "ratio"))
    for name in MODELS if "all" in options.models else options.models:
        if not MODELS[name][0].exists():
            print(f"{name:11} SKIPPED: {MODELS[name][0].name} is not there")
            continue
        with tempfile.TemporaryDirectory() as folder:
            comparison = Comparison(name, Command(options.tenet), options.names, pathlib.Path(folder))
            try:
                first, last, difference, of_train = comparison.losses(100)
            except OtherProgram as reason:
                print(f"{name:11} SKIPPED: {reason}")
                continue
            cells = [f"{first:.4f}", f"{last:.4f}", f"{difference:.1e}", f"{of_train:.1e}"]
            losses = comparison.trained(options.steps) if options.steps else []
            cells += [f"{a:.4f} / {b:.4f}" for a, b in losses] + [""] * (2 - len(losses))
            if options.time:
                theirs, ours = comparison.times(options.time)
                cells += [f"{theirs:.1f}", f"{ours:.1f}", f"{ours / theirs:.2f}"]
            print(row.format(name, *cells, *[""] * (9 - len(cells))), flush=True)


main()

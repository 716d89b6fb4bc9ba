"""What Tenet trains on, in the order in which it draws it: its random numbers (runtime/random.h), splits and sources in NumPy."""
import numpy as np
import torch

BATCH, SPLIT = 1, 3  # purposes of random numbers


def philox(counter, key):
    """Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011): four words for each counter."""
    low = np.uint64(0xFFFFFFFF)
    a, b, c, d = (np.asarray(word, np.uint64) for word in counter)
    for _ in range(10):
        first, second = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
        a, c = second >> np.uint64(32) ^ b ^ np.uint64(key[0]), first >> np.uint64(32) ^ d ^ np.uint64(key[1])
        b, d = second & low, first & low
        key = (key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF
    return a, b, c, d


def block(seed, purpose, major, minor):
    """Two 64-bit numbers for each place."""
    major = np.asarray(major, np.uint64)
    words = philox((minor, major & np.uint64(0xFFFFFFFF), major >> np.uint64(32), purpose), (seed & 0xFFFFFFFF, seed >> 32))
    return words[1] << np.uint64(32) | words[0], words[3] << np.uint64(32) | words[2]


def below(bits, bound):
    """The upper half of bits * bound, where bound < 2^32."""
    half, bound = np.uint64(32), np.asarray(bound, np.uint64)
    lower = (bits & np.uint64(0xFFFFFFFF)) * bound >> half
    return ((bits >> half) * bound + lower >> half).astype(np.int64)


def draws(seed, steps, count, batch):
    """[steps, batch]: places in a split of `count` items, with replacement."""
    step, pair = np.arange(steps)[:, None], np.arange((batch + 1) // 2)[None, :]
    even, odd = block(seed, BATCH, *np.broadcast_arrays(step, pair))
    return np.stack([below(even, count), below(odd, count)], 2).reshape(steps, -1)[:, :batch]


def shuffled(count, seed):
    order, last = np.arange(count), np.arange(count - 1, 0, -1)
    for i, j in zip(last, below(block(seed, SPLIT, last, 0)[0], last + 1)):
        order[i], order[j] = order[j], order[i]
    return order


def split(count, parts, seed=42):
    """Items of each split. A single one has them in their order."""
    if len(parts) == 1:
        return [np.arange(count)]
    ends = [0] + [int(sum(parts[:i + 1]) / sum(parts) * count * (1 + 1e-12)) for i in range(len(parts))]
    return [shuffled(count, seed)[a:b] for a, b in zip(ends, ends[1:])]


# Sources: data by name, items first, and the items of each split.

def lines(path):
    """The lines as codes of letters; 0 is `.`"""
    text = [line.strip() for line in open(path, encoding="utf-8") if line.strip()]
    code = {letter: i + 1 for i, letter in enumerate(sorted(set("".join(text))))}
    return [[code[letter] for letter in line] for line in text]


def windows(path, parts, context):
    items, rows, first = lines(path), [], [0]
    for item in items:
        padded = [0] * context + item + [0]
        rows += [padded[i:i + context + 1] for i in range(len(item) + 1)]
        first.append(len(rows))
    rows = torch.tensor(rows)
    splits = [np.concatenate([np.arange(first[i], first[i + 1]) for i in part]) for part in split(len(items), parts)]
    return {"X": rows[:, :-1].contiguous(), "Y": rows[:, -1].contiguous()}, splits


def sequences(path, parts):
    items = lines(path)
    rows = np.zeros((len(items), max(map(len, items)) + 2), np.int64)
    for row, item in zip(rows, items):
        row[1:len(item) + 1] = item
    mask = np.arange(rows.shape[1] - 1) <= np.array([[len(item)] for item in items])
    rows = torch.tensor(rows)
    return ({"X": rows[:, :-1].contiguous(), "Y": rows[:, 1:].contiguous(), "mask": torch.tensor(mask, dtype=torch.float32)},
            split(len(items), parts))


def text(path, file, parts, positions):
    """Every tenth line, which is written to the file for Tenet: it evaluates a window for each letter."""
    content = "".join(open(path, encoding="utf-8").readlines()[::10])
    file.write_text(content)
    code = {letter: i for i, letter in enumerate(sorted(set(content)))}
    codes = torch.tensor([code[letter] for letter in content])
    assert len(parts) == 1
    view = codes.unfold(0, positions + 1, 1)
    return {"X": view[:, :-1], "Y": view[:, 1:]}, [np.arange(len(view))]


def points(folder, parts, count=8192, pixels=784, classes=10):
    """Random ones, which are written to the folder for Tenet."""
    random = np.random.default_rng(2)
    x, y = random.standard_normal((count, pixels), np.float32), random.integers(0, classes, count)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    return {"x": torch.tensor(x), "y": torch.tensor(y)}, split(count, parts)

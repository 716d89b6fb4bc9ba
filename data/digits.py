#!/usr/bin/env python3
"""Draws digits-images.idx.gz and digits-labels.idx.gz: 6,000 digits of 16 x 16 pixels, in the format of the MNIST files.

A digit is what a pen does: a few strokes through points of the unit square, x to the right and y down. Each drawing moves the
points, then leans, turns, stretches and shifts the whole, and takes a pen of another width.
"""

import gzip
import math
import pathlib
import random
import struct

IMAGES, SIDE = 6000, 16


def arc(x, y, width, height, start, end):
    """A part of an ellipse around (x, y), from one angle to another in degrees: 0 points right, 90 down."""
    steps = max(2, round(abs(end - start) / 40))
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + width / 2 * math.cos(angle), y + height / 2 * math.sin(angle)) for angle in angles]


# For each digit the ways to write it, each a list of strokes.
DIGITS = [
    [[arc(0.5, 0.5, 0.62, 1, -90, 270)]],
    [[[(0.3, 0.25), (0.55, 0), (0.55, 1)]], [[(0.5, 0), (0.5, 1)]]],
    [[arc(0.5, 0.28, 0.6, 0.56, -170, 40) + [(0.18, 1), (0.85, 1)]]],
    [
        [arc(0.45, 0.26, 0.58, 0.52, -150, 80), arc(0.45, 0.74, 0.66, 0.52, -80, 150)],
        [[(0.2, 0), (0.75, 0), (0.45, 0.4)], arc(0.45, 0.7, 0.66, 0.6, -90, 150)],
    ],
    [
        [[(0.6, 0), (0.12, 0.65), (0.88, 0.65)], [(0.65, 0.35), (0.65, 1)]],
        [[(0.25, 0), (0.2, 0.55), (0.8, 0.55)], [(0.75, 0), (0.7, 1)]],
    ],
    [[[(0.78, 0), (0.3, 0), (0.24, 0.45)] + arc(0.46, 0.69, 0.6, 0.62, -110, 150)]],
    [[[(0.68, 0), (0.35, 0.3)] + arc(0.5, 0.7, 0.56, 0.6, -170, 190)]],
    [[[(0.15, 0), (0.85, 0), (0.4, 1)]], [[(0.15, 0), (0.85, 0), (0.4, 1)], [(0.3, 0.5), (0.8, 0.5)]]],
    [[arc(0.5, 0.25, 0.5, 0.5, 90, 450), arc(0.5, 0.75, 0.62, 0.5, -90, 270)]],
    [[arc(0.5, 0.3, 0.56, 0.6, 10, 370) + [(0.76, 0.6), (0.62, 1)]]],
]

generator = random.Random(1)


def handwritten(strokes):
    """The strokes as a hand would do them, in pixels."""
    wide, high = SIDE * generator.uniform(0.38, 0.6), SIDE * generator.uniform(0.5, 0.75)
    lean, turn = generator.gauss(0, 0.2), generator.gauss(0, 0.12)
    right, down = (SIDE / 2 + generator.uniform(-1.5, 1.5) for _ in range(2))
    placed = []
    for stroke in strokes:
        points = []
        for x, y in stroke:
            y = high * (y - 0.5 + generator.gauss(0, 0.03))
            x = wide * (x - 0.5 + generator.gauss(0, 0.03)) - lean * y
            points.append((right + x * math.cos(turn) - y * math.sin(turn), down + x * math.sin(turn) + y * math.cos(turn)))
        placed.append(points)
    return placed


def drawn(strokes):
    """Pixels from 0 to 255: dark where the pen was, fading over one pixel beside it, on noisy paper."""
    pen = generator.uniform(0.3, 0.9)
    ink = [0.0] * (SIDE * SIDE)
    for stroke in strokes:
        for (x0, y0), (x1, y1) in zip(stroke, stroke[1:]):
            dx, dy = x1 - x0, y1 - y0
            length2 = dx * dx + dy * dy + 1e-9
            columns = range(max(0, int(min(x0, x1) - pen)), min(SIDE, int(max(x0, x1) + pen) + 1))
            for row in range(max(0, int(min(y0, y1) - pen)), min(SIDE, int(max(y0, y1) + pen) + 1)):
                y = row + 0.5 - y0
                for column in columns:
                    x = column + 0.5 - x0
                    along = min(1.0, max(0.0, (x * dx + y * dy) / length2))
                    shade = pen + 0.5 - math.hypot(x - along * dx, y - along * dy)
                    if shade > ink[row * SIDE + column]:
                        ink[row * SIDE + column] = min(1.0, shade)
    return bytes(int(225 * value + 0.12 * grain) for value, grain in zip(ink, generator.randbytes(SIDE * SIDE)))


def write(name, shape, values):
    head = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)  # 8: unsigned bytes
    with open(pathlib.Path(__file__).with_name(name), "wb") as file:
        file.write(gzip.compress(head + values, 6, mtime=0))


labels = [index % 10 for index in range(IMAGES)]
images = [drawn(handwritten(generator.choice(DIGITS[digit]))) for digit in labels]
write("digits-images.idx.gz", (IMAGES, SIDE, SIDE), b"".join(images))
write("digits-labels.idx.gz", (IMAGES,), bytes(labels))

#!/usr/bin/env python3
"""Draws flowers.csv: 240 flowers of three invented kinds, each measured in four places in centimetres, and whether a bee came.

A kind's measurements are normally distributed. They vary together, since a plant that is large is so everywhere, and in the same
way in all kinds: so the logarithm of the odds between two kinds is linear in the measurements, as softmax regression has it.
That of the odds of a bee is linear in two of them, as logistic regression has it.
"""

import csv
import math
import pathlib
import random

MEASURES = ["petal_length", "petal_width", "stem_height", "leaf_length"]
MEANS = {0: [2.4, 0.9, 18.0, 6.0], 1: [3.2, 1.1, 21.0, 7.4], 2: [3.6, 1.5, 23.0, 6.0]}  # of each kind
BY_SIZE = [0.40, 0.15, 2.5, 1.0]  # what a plant larger by one standard deviation has more
ALONE = [0.40, 0.18, 2.0, 0.7]  # the standard deviation of what a measurement has by itself
FLOWERS = 80  # of each kind

generator = random.Random(1)


def flower(kind):
    size = generator.gauss(0, 1)
    sources = zip(MEANS[kind], BY_SIZE, ALONE)
    measures = [mean + by_size * size + alone * generator.gauss(0, 1) for mean, by_size, alone in sources]
    odds = math.exp(3 * (measures[0] - 3) + 4 * (measures[1] - 1.1))
    return [f"{measure:.2f}" for measure in measures] + [kind, int(generator.random() < odds / (1 + odds))]


flowers = [flower(kind) for kind in MEANS for _ in range(FLOWERS)]
with open(pathlib.Path(__file__).with_suffix(".csv"), "w", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows([[*MEASURES, "kind", "bee"], *flowers])

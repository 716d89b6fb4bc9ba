#!/usr/bin/env python3
"""Draws rings.csv: 300 points of a ring in a plane that lies slantwise in six dimensions, with a little noise in each of them."""

import csv
import math
import pathlib
import random

POINTS, DIMENSIONS = 300, 6

generator = random.Random(5)


def point():
    angle = generator.uniform(0, 2 * math.pi)
    radius = generator.gauss(2, 0.1)
    return [f"{radius * math.cos(angle - k * math.pi / 6) + generator.gauss(0, 0.1):.4f}" for k in range(DIMENSIONS)]


with open(pathlib.Path(__file__).with_suffix(".csv"), "w", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows(["abcdef", *(point() for _ in range(POINTS))])

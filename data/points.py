#!/usr/bin/env python3
"""Draws points.csv: 300 points of the plane, from three normal distributions of different width, which have different shares."""

import csv
import pathlib
import random

# The share of a distribution, its mean, and its standard deviation along x and y.
DISTRIBUTIONS = [(0.5, (-1.5, -0.5), (0.9, 0.4)), (0.3, (1.5, 1.0), (0.4, 0.9)), (0.2, (1.0, -1.5), (0.3, 0.3))]
POINTS = 300

generator = random.Random(1)


def point():
    (_, means, deviations), = generator.choices(DISTRIBUTIONS, [share for share, _, _ in DISTRIBUTIONS])
    return [f"{generator.gauss(mean, deviation):.3f}" for mean, deviation in zip(means, deviations)]


with open(pathlib.Path(__file__).with_suffix(".csv"), "w", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows([["x", "y"], *(point() for _ in range(POINTS))])

#!/usr/bin/env python3
"""Draws ratings.csv: 3,000 ratings, from 1 to 5 in halves, by 100 invented users of 60 invented films.

Behind a rating stand how kind the user is, how good the film, how far the user's three tastes meet what the film has of them, and
chance. Each user rates the films that they happen to see.
"""

import csv
import pathlib
import random

USERS, FILMS, TASTES, RATINGS = 100, 60, 3, 3000

generator = random.Random(1)


def normal(deviation, count):
    return [generator.gauss(0, deviation) for _ in range(count)]


kindness, quality = normal(0.4, USERS), normal(0.5, FILMS)
wanted, offered = [normal(0.7, TASTES) for _ in range(USERS)], [normal(0.7, TASTES) for _ in range(FILMS)]


def rating(user, film):
    match = sum(a * b for a, b in zip(wanted[user], offered[film]))
    value = 3.2 + kindness[user] + quality[film] + match + generator.gauss(0, 0.3)
    return min(5, max(1, round(2 * value) / 2))


seen = sorted(generator.sample([(user, film) for user in range(USERS) for film in range(FILMS)], RATINGS))
with open(pathlib.Path(__file__).with_suffix(".csv"), "w", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows([["user", "film", "rating"], *([*pair, rating(*pair)] for pair in seen)])

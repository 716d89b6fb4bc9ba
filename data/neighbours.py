#!/usr/bin/env python3
"""Writes neighbours.csv: pairs of words that stand near each other in 1,500 sentences of an invented small language.

The language has six kinds of words, five of each: words 0 to 4 are of the first kind, 5 to 9 of the second, and so on. A sentence
has a pattern, and for each kind that the pattern names any word of it. So words of one kind have the same neighbours.
"""

import csv
import pathlib
import random

WORDS = 5  # of each kind
PEOPLE, ANIMALS, FOODS, TOOLS, EATING, MAKING = range(6)
PATTERNS = [
    [PEOPLE, EATING, FOODS],
    [ANIMALS, EATING, FOODS],
    [ANIMALS, EATING, ANIMALS],
    [PEOPLE, MAKING, TOOLS],
    [PEOPLE, MAKING, FOODS, TOOLS],
]
SENTENCES = 1500
REACH = 2  # the words near one are those at most so many places before or behind it

generator = random.Random(1)


def sentence():
    return [WORDS * kind + generator.randrange(WORDS) for kind in generator.choice(PATTERNS)]


def pairs(words):
    return [(word, near) for i, word in enumerate(words) for j, near in enumerate(words) if 0 < abs(i - j) <= REACH]


near = [pair for _ in range(SENTENCES) for pair in pairs(sentence())]
with open(pathlib.Path(__file__).with_suffix(".csv"), "w", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows([["word", "near"], *near])

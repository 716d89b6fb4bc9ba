#!/usr/bin/env python3
"""Writes tales.txt: 130 little tales from an invented grammar, one a line, for networks that read a text letter by letter.

A tale keeps to its animals and its thing: who reads on has to remember names, `she` or `he`, and what was lost.
"""

import pathlib
import random

TALES = 130

HEROES = {"Mira": "she", "Odo": "he", "Tilda": "she", "Bram": "he", "Suri": "she", "Pek": "he", "Lumi": "she", "Jorn": "he"}
ANIMALS = ["fox", "hare", "badger", "heron", "otter", "mole", "wren", "toad"]
HOMES = ["under an old oak", "by the mill", "behind the hill", "in a hollow log", "near the sea", "at the edge of the wood"]
COLOURS = ["red", "blue", "golden", "grey", "green"]
THINGS = ["key", "lamp", "drum", "shell", "kite", "bell"]
TIMES = ["One day", "One night", "In spring", "After the rain", "When the snow fell"]
WAYS = ["over the bridge", "down the river", "through the fields", "up the hill"]
PLACES = ["under the stone", "in the well", "on the roof", "among the reeds", "behind the door"]
ENDS = ["They danced until morning.", "They shared some bread.", "They sang all the way home.", "They are friends to this day."]

generator = random.Random(7)


def tale():
    one_of = generator.choice
    hero, friend = generator.sample(sorted(HEROES), 2)
    kind, other = generator.sample(ANIMALS, 2)
    elsewhere, place = generator.sample(PLACES, 2)
    pronoun, thing = HEROES[hero], f"{one_of(COLOURS)} {one_of(THINGS)}"
    lines = [f"{hero} the {kind} lived {one_of(HOMES)} and had a {thing}.", f"{one_of(TIMES)} the {thing} was gone."]
    lines += one_of(
        [
            [f"{hero} went {one_of(WAYS)} and met {friend} the {other}."],
            [f"So {pronoun} asked {friend} the {other}."],
            [f"{friend} the {other} came by.", f"{hero} was glad to see the {other}."],
        ]
    )
    lines.append(f'"Have you seen my {thing}?" asked {hero}.')
    if generator.random() < 0.3:
        lines.append(f'"No," said {friend}, "but I will help you, {hero}."')
        lines.append(f"{friend} and {hero} looked {elsewhere}, then {place}.")
    else:
        lines.append(f'"Look {place}, {hero}," said {friend}.')
    lines.append(f"There {pronoun} found the {thing} {place}.")
    lines.append(one_of(ENDS))
    return " ".join(lines) + "\n"


with open(pathlib.Path(__file__).with_suffix(".txt"), "w", newline="") as file:
    file.writelines(tale() for _ in range(TALES))

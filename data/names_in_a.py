#!/usr/bin/env python3
"""Writes names_in_a.txt: those names of names.txt that end in a."""

import pathlib

names = pathlib.Path(__file__).with_name("names.txt").read_text().split()
pathlib.Path(__file__).with_suffix(".txt").write_text("".join(name + "\n" for name in names if name.endswith("a")))

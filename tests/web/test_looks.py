"""One language of colour for the console, the provider's pages and the sandbox."""

import re
from itertools import combinations
from pathlib import Path

import pytest

BOT = Path(__file__).parents[2] / "bot"
SHEETS = {name: (BOT / path).read_text() for name, path in (("console", "web/static/console.css"), ("portal", "web/static/portal.css"))}
SHEETS["sandbox"] = (BOT / "sandbox/static/chat.css").read_text()


def colours(sheet):
    root = sheet.partition(":root {")[2].partition("\n}")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,8});", root))


@pytest.mark.parametrize(("one", "other"), list(combinations(SHEETS, 2)))
def test_a_colour_of_one_name_is_one_colour(one, other):
    first, second = colours(SHEETS[one]), colours(SHEETS[other])
    shared = first.keys() & second.keys()
    assert {"ink", "ink-2", "ink-3", "line", "paper", "ground", "blue", "blue-deep", "green", "amber", "red"} <= shared
    assert {name: first[name] for name in shared} == {name: second[name] for name in shared}


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("ink", "under"),
    [
        ("ink-3", "ground"),
        ("blue-deep", "ground"),
        ("green", "green-wash"),
        ("amber", "amber-wash"),
        ("red", "red-wash"),
        ("ink-2", "grey"),
    ],
)
def test_words_stand_out_from_what_is_under_them(ink, under):
    found = colours(SHEETS["console"])
    assert contrast(found[ink], found[under]) >= 4.5


def test_edges_of_fields_and_the_ring_of_what_has_the_focus_can_be_seen():
    found = colours(SHEETS["console"])
    assert min(contrast(found["edge"], found["paper"]), contrast(found["blue"], found["ground"])) >= 3

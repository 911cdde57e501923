"""What every page promises to the eye: ink that can be read, and nothing that the content policy would stop."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "moderation" / "web" / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted(STATIC.glob("*.css"))

WORDS = [
    *((ink, ground) for ink in ("ink", "soft", "accent") for ground in ("paper", "raised", "sunk")),
    *(
        (word, ground)
        for word in ("held", "spam", "rejected", "approved")
        for ground in ("paper", f"{word}-wash")
    ),
    *(("ink", ground) for ground in ("accent-wash", "held-wash", "spam-wash")),
    ("accent-strong", "paper"),
    ("soft", "accent-wash"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
]
EDGES = [
    (edge, ground) for edge in ("edge", "accent", "held", "spam") for ground in ("paper", "raised", "sunk")
]


def tokens(scheme):
    """The colours of one scheme by name: dark ones stand in the media query behind the light ones."""
    light, dark = (STATIC / "base.css").read_text().split("@media (prefers-color-scheme: dark)", 1)
    found = light if scheme == "light" else dark.split("*, ::before", 1)[0]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", found))


def luminance(colour):
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_what_it_is_known_to_be():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_schemes_name_the_same_colours(scheme):
    assert tokens(scheme).keys() == tokens("light").keys() != set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), WORDS)
def test_ada_can_read_every_word(scheme, ink, ground):
    colours = tokens(scheme)
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_ada_sees_where_a_field_or_a_sign_begins(scheme, edge, ground):
    colours = tokens(scheme)
    assert contrast(colours[edge], colours[ground]) >= 3


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_page_holds_no_style_and_no_script_of_its_own(path):
    page = path.read_text()
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_style_sheet_loads_nothing_and_has_no_left_or_right(path):
    style = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    assert "@import" not in style
    assert "url(" not in style
    assert not re.search(r"(?:margin|padding|border|inset)-(?:left|right)|\b(?:left|right)\s*:", style)
    assert not re.search(r"text-align:\s*(?:left|right)|float:", style)


def test_every_asset_that_a_page_asks_for_is_there():
    asked = set(re.findall(r"[\"']([a-z-]+\.(?:css|js|svg))[\"']", " ".join(map(Path.read_text, TEMPLATES))))
    assert asked == {path.name for path in STATIC.iterdir()}


def test_headings_grow_by_one_scale():
    base = (STATIC / "base.css").read_text()
    sizes = [
        float(size) for size in re.findall(r"--(?:small|body|large|larger|title|display): ([\d.]+)rem", base)
    ]
    assert all(larger / smaller == pytest.approx(1.2, abs=0.001) for smaller, larger in pairwise(sizes))


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_no_words_are_hidden_by_colourless_ink(path):
    """Forced colours give every word the ink of the system."""
    assert not re.findall(r"[{;]\s*color:\s*transparent", path.read_text())

"""The page on the classifier tells of the artefact that is shipped, and of every command there is."""

import json
import re
from importlib import resources
from pathlib import Path

import moderation
from moderation.cli.spam import spam

PAGE = (Path(moderation.__file__).parent.parent / "docs" / "classifier.md").read_text()
CARD = json.loads(resources.files("moderation.spam").joinpath("base.json").read_text())


def test_the_page_names_the_shipped_classifier_and_its_thresholds():
    assert f"`{CARD['version']}`" in PAGE
    assert f"hold from {CARD['thresholds']['hold']:.4f}, spam from {CARD['thresholds']['spam']:.4f}" in PAGE


def test_the_figures_of_the_page_are_those_of_the_card():
    told = dict(re.findall(r"^\| ([a-z][^|]*?) \| ([\d.]+|none) \|$", PAGE, re.MULTILINE))
    figures = {
        name.replace("_", " "): value
        for name, value in CARD["figures"].items()
        if not isinstance(value, dict)
    }
    assert told == {name: "none" if value is None else f"{value:.4f}" for name, value in figures.items()}


def test_every_command_is_on_the_page():
    for command in spam.commands:
        assert f"flask spam {command}" in PAGE

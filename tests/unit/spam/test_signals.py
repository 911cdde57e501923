"""The named signals: facts that a person would see as well, and nothing where there is nothing to see."""

import pytest

from moderation.spam.features import FIRST_COLUMN, row
from moderation.spam.reading import Candidate, read
from moderation.spam.signals import SIGNALS, Measuring

NUMBER = {signal.name: number for number, signal in enumerate(SIGNALS)}


def measured(name, text, author=None, url=None):
    columns, values = row(read(Candidate(text, author, url))[0])
    return values[columns == FIRST_COLUMN[-1] + NUMBER[name]][0]


SHOWN = [
    ("name-everyday", ("Nice.", "cheap hotel rooms")),
    ("name-everyday", ("Nice.", "insurance")),
    ("reach", ("You can reach her on telegram",)),
    ("reach", ("text him via WhatsApp now",)),
    ("wallet", ("send it to bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh",)),
    ("website-praise", ("Great post, thanks!", "Ada", "https://lucky.example")),
    ("link-own", ("see https://lucky.example/a", None, "https://lucky.example")),
    ("bbcode", ("[url=http://lucky.example]x[/url]",)),
    ("template", ("{Great|Nice} post",)),
    ("titled-person", ("I owe it to coach Hanna",)),
    ("phone", ("call +1 555 0100 0199",)),
    ("link-trade", ("http://cheap-loans.example",)),
]
ABSENT = [
    ("name-everyday", ("Nice.", "Ada Novak")),
    ("name-everyday", ("Nice.", "rose")),
    ("name-everyday", ("Nice.",)),
    ("reach", ("Telegram was down this morning",)),
    ("reach", ("I told her about the bus",)),
    ("website-praise", ("Great post, thanks!", "Ada")),
    ("link-own", ("see https://lucky.example/a", None, "https://ada.example")),
    ("template", ("a | b",)),
]


@pytest.mark.parametrize(("name", "given"), SHOWN)
def test_a_signal_shows_what_there_is(name, given):
    assert 0 < measured(name, *given) <= 1


@pytest.mark.parametrize(("name", "given"), ABSENT)
def test_a_signal_is_silent_where_there_is_nothing(name, given):
    assert measured(name, *given) == 0


def test_every_signal_has_a_name_and_a_meaning_of_its_own():
    assert (
        len({signal.name for signal in SIGNALS})
        == len({signal.meaning for signal in SIGNALS})
        == len(SIGNALS)
    )


def test_a_variant_of_a_text_is_measured_as_if_alone():
    text = "Great post, thanks! Earn 500 dollars at http://lucky.example"
    readings = [
        read(Candidate(text, name, url))[0]
        for name, url in ((None, None), ("cheap pills", "http://a-b.example"))
    ]
    shared = Measuring()
    readings[1].shown, readings[1].normal = readings[0].shown, readings[0].normal
    words = readings[0].normal.split()
    together = [shared.measure(reading, words) for reading in readings]
    for reading, values in zip(readings, together, strict=True):
        assert (Measuring().measure(reading, words) == values).all()

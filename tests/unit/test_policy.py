"""The policy: what each check finds, and what the strongest of them makes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.policy import (
    CHECKS,
    Arrival,
    Listed,
    Rules,
    again,
    folded,
    found_word,
    sentence,
    topic,
    verdict,
)
from moderation.settings import Settings
from moderation.vocabulary import Action, Mode, Reason, ReasonCode, Score, Thresholds

RULES = Rules(Thresholds(hold=0.6, spam=0.9))
FINE = Arrival(
    name="Ada",
    website="",
    text="The lamp is out.",
    canonical="the lamp is out.",
    disguises=(),
    links=0,
    score=Score(-4.0, 0.0, "base-test"),
    mode=Mode.OPEN,
    form_age=40.0,
    honeypot=False,
    recent=0,
    is_known_reader=False,
)


def scored(chance: float) -> Score:
    from math import log

    return Score(log(chance / (1 - chance)), 0.0, "base-test")


def codes(arrival: Arrival, rules: Rules = RULES) -> list[ReasonCode]:
    return [reason.code for reason in verdict(arrival, rules).reasons]


@pytest.mark.parametrize(
    ("chance", "codes", "action"),
    [
        (0.1, (), Action.APPROVE),
        (0.1, (ReasonCode.LOOKS_LIKE_SPAM,), Action.APPROVE),
        (0.1, (ReasonCode.LINKS,), Action.HOLD),
        (0.1, (ReasonCode.HOST_SPAM,), Action.SPAM),
        (0.7, (), Action.HOLD),
        (0.95, (ReasonCode.LINKS,), Action.SPAM),
    ],
)
def test_what_would_be_done_under_other_thresholds_follows_from_score_and_reasons(
    chance: float, codes: tuple[ReasonCode, ...], action: Action
) -> None:
    assert again(chance, codes, RULES.thresholds) is action


def test_a_trusted_browser_is_spared_guesses_and_its_spam_waits_for_a_person() -> None:
    trusted = replace(FINE, listed=Listed(is_trusted=True))
    assert (
        verdict(replace(trusted, disguises=("accents",), score=scored(0.7)), RULES).action is Action.APPROVE
    )
    assert verdict(replace(trusted, score=scored(0.95)), RULES).action is Action.HOLD


def test_a_reason_has_a_topic_and_one_of_tomorrow_is_named_by_its_code() -> None:
    assert topic("links") == "It has … links."
    assert topic("of-tomorrow") == "of-tomorrow"
    assert sentence(Reason(ReasonCode.LINKS, "")) == "It has … links."


def test_nothing_found_is_approved() -> None:
    assert verdict(FINE, RULES).action is Action.APPROVE
    assert codes(FINE) == []


@pytest.mark.parametrize(
    ("change", "code", "action"),
    [
        ({"mode": Mode.HOLDING}, ReasonCode.ARTICLE_HOLDS, Action.HOLD),
        ({"score": None}, ReasonCode.NOT_SCORED, Action.HOLD),
        ({"score": scored(0.61)}, ReasonCode.LOOKS_LIKE_SPAM, Action.HOLD),
        ({"score": scored(0.91)}, ReasonCode.LOOKS_LIKE_SPAM, Action.SPAM),
        ({"honeypot": True}, ReasonCode.HONEYPOT, Action.HOLD),
        ({"disguises": ("invisible characters",)}, ReasonCode.DISGUISED, Action.HOLD),
        ({"links": 2}, ReasonCode.LINKS, Action.HOLD),
        ({"form_age": None}, ReasonCode.FORM_TOKEN_MISSING, Action.HOLD),
        ({"form_age": 25 * 3600.0}, ReasonCode.FORM_TOKEN_OLD, Action.HOLD),
        ({"form_age": 0.5}, ReasonCode.FORM_TOKEN_FRESH, Action.HOLD),
        ({"recent": 60}, ReasonCode.BUSY_ARTICLE, Action.HOLD),
    ],
)
def test_each_check_finds_its_own(change: dict[str, object], code: ReasonCode, action: Action) -> None:
    arrival = replace(FINE, **change)  # type: ignore[arg-type]
    assert codes(arrival) == [code]
    assert verdict(arrival, RULES).action is action


def test_a_score_that_is_no_number_is_never_published() -> None:
    assert verdict(replace(FINE, score=Score(float("nan"), 0.0, "broken")), RULES).action is Action.HOLD


def test_spam_goes_before_hold_and_every_reason_is_told() -> None:
    arrival = replace(FINE, score=scored(0.95), links=5, honeypot=True)
    assert verdict(arrival, RULES).action is Action.SPAM
    assert codes(arrival) == [ReasonCode.LOOKS_LIKE_SPAM, ReasonCode.HONEYPOT, ReasonCode.LINKS]


def test_a_known_reader_is_spared_circumstances_and_nothing_else() -> None:
    known = replace(FINE, is_known_reader=True, form_age=None, recent=99)
    assert codes(known, replace(RULES, hold_first_time=True)) == []
    assert codes(replace(known, links=5)) == [ReasonCode.LINKS]
    assert codes(replace(known, score=scored(0.7))) == [ReasonCode.LOOKS_LIKE_SPAM]
    assert codes(replace(known, text="a zeppelin"), replace(RULES, words_that_hold=("zeppelin",))) == [
        ReasonCode.WORD_HOLDS
    ]


@pytest.mark.parametrize(
    ("word", "text", "is_found"),
    [
        ("dress", "Andressa sends her regards", False),
        ("dress", "that DRESS!", True),
        ("c++", "I like C++, truly", True),
        ("a.b", "axb", False),
        (".*", "anything", False),
        ("straße", "In der STRASSE", True),
        ("赌场", "最好的赌场在这里", True),
        ("казино", "Лучшее казино.", True),
        ("казино", "казиношный", False),
        ("free money", "Free  money", False),
        ("free money", "get free money now", True),
        ("", "anything", False),
    ],
)
def test_words_are_whole_words_and_never_patterns(word: str, text: str, is_found: bool) -> None:
    assert bool(found_word(replace(FINE, text=text, canonical=text), (word,))) is is_found


@given(st.text(), st.text())
def test_no_word_and_no_text_breaks_the_search(word: str, text: str) -> None:
    assert found_word(replace(FINE, text=text, canonical=text), (word,)) in {"", word}


def test_stacked_marks_do_not_slow_the_search() -> None:
    hostile = "a" + "\u0301\u0316" * 32_000
    assert len(folded(hostile)) < 20
    assert found_word(replace(FINE, text=hostile + " zeppelin"), ("zeppelin",)) == "zeppelin"


def test_every_reason_has_a_sentence() -> None:
    for code in ReasonCode:
        said = sentence(Reason(code, "7"))
        assert said.endswith(".")
        assert "{" not in said
    assert sentence(Reason(ReasonCode.LINKS, "1")) == "It has a link."


def test_the_thresholds_of_the_settings_win_and_keep_their_order() -> None:
    chosen = Rules.of(Settings(hold_threshold=0.97, spam_threshold=0.9), Thresholds(0.1, 0.2))
    assert (chosen.thresholds.hold, chosen.thresholds.spam) == (0.9, 0.9)
    assert Rules.of(Settings(), Thresholds(0.1, 0.2)).thresholds == Thresholds(0.1, 0.2)


def test_rules_are_named_by_what_they_say() -> None:
    assert RULES.digest == replace(RULES).digest
    assert RULES.digest != replace(RULES, links_that_hold=3).digest


def test_the_policy_is_one_list_and_no_check_stands_twice() -> None:
    assert len(set(CHECKS)) == len(CHECKS)

"""The classifier as readers and moderators meet it: it scores anything, and can say why."""

import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.spam import Candidate, base, in_words
from moderation.spam.reading import read, windows_with_origins

MALLORY = Candidate(
    "Great post! Visit <a href='http://cheap-pills.example'>cheap pills online</a> and win a casino bonus now",
    "best casino bonus",
    "http://casino-bonus.example",
)
ADA = Candidate(
    "The council promised new lamps in March. My street is still dark, and nobody answers letters.", "Ada"
)

ANYTHING = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("aAоеа013@$ .-_&#;<>/:\u200b\u202e\u0301\ud800ｃ𝐜")),
    max_size=80,
)
CANDIDATES = st.builds(
    Candidate,
    ANYTHING,
    st.none() | ANYTHING,
    st.none() | ANYTHING | st.just("http://x.example"),
    st.none() | ANYTHING,
)
HARD = [
    "",
    " ",
    "a",
    "\x00\x01\x02",
    "\ud800\udfff",
    "😀" * 500,
    "http://a.example " * 200,
    "a" * 65536,
    "a\u0301" * 30000,
    "\u0301" * 70000,
    "[url=" * 8000,
    "<" * 60000,
    "1 2 3 4 5 6 7 8 " * 2000,
    "水" * 20000,
]


def test_mallory_scores_higher_than_ada():
    assert base().score(MALLORY).probability > 0.9
    assert base().score(ADA).probability < base().thresholds.hold


def test_scoring_needs_no_scikit_learn():
    code = (
        "import sys; from moderation.spam import Candidate, base; judge = base();"
        " judge.score(Candidate('hello')); judge.explain(Candidate('hello'));"
        " print(sorted({'sklearn', 'scipy', 'flask', 'sqlalchemy'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
def test_any_text_has_a_score_and_an_explanation(text):
    explanation = base().explain(Candidate(text, text[:300], text[:300]))
    assert math.isfinite(explanation.score.log_odds)
    assert 0 <= explanation.score.probability <= 1
    assert in_words(explanation).endswith(".")


@given(CANDIDATES)
@settings(max_examples=60, deadline=None)
def test_contributions_add_up_to_the_log_odds(candidate):
    explanation = base().explain(candidate)
    total = explanation.bias + math.fsum(each.log_odds for each in explanation.contributions)
    assert total == pytest.approx(base().score(candidate).log_odds, abs=1e-9)
    assert explanation.score == base().score(candidate)


@given(CANDIDATES)
@settings(max_examples=60, deadline=None)
def test_spans_lie_in_the_text_as_typed(candidate):
    for each in base().explain(candidate).contributions:
        for start, end in each.spans:
            assert 0 <= start < end <= len(candidate.text)


_PIECES = (
    "<a href='http://a@b.example/c'>|http://x.example/y|</a>|ada@example.org|[...]|@ada|[LINK]|<b>"
    "|+1 (555) 010-0199|soooo|  |\n|İ|www.|&#64;|c a s i n o|\u200b|x|.|a\u0301"
)
MARKED = st.lists(st.sampled_from(_PIECES.split("|")), max_size=12).map("".join)


@given(MARKED)
@settings(deadline=None)
def test_explaining_reads_what_scoring_reads(text):
    scored = [window.normal for window in read(Candidate(text))]
    explained = windows_with_origins(text)
    assert [normal for normal, _ in explained] == scored
    assert all(len(origins) == len(normal) + 1 for normal, origins in explained)


def test_the_words_that_weigh_are_found_in_the_text_as_typed():
    typed = "I say: win at the c\u0430si\u200bno today"
    by_name = {each.name: each for each in base().explain(Candidate(typed)).contributions}
    start, end = by_name["c\u0430si\u200bno"].spans[0]
    assert typed[start:end] == "c\u0430si\u200bno"


def test_each_word_of_reversed_text_weighs_where_it_stands():
    typed = "the river \u202eonisac sunob\u202c and lamps"
    read_straight = {
        each.name: each.log_odds for each in base().explain(Candidate("bonus casino")).contributions
    }
    reversed_ = {
        each.name.strip("\ufffd"): each.log_odds for each in base().explain(Candidate(typed)).contributions
    }
    assert read_straight["bonus"] > read_straight["casino"]
    assert reversed_["sunob"] > reversed_["onisac"]


def test_unknown_is_unknown_however_it_is_written():
    text = "A short remark on the bridge."
    assert base().score(Candidate(text, "", "")) == base().score(Candidate(text, None, None))


def test_a_long_text_cannot_hide_what_stands_in_its_middle():
    calm = "The bridge is old and the river is slow, and we walk there on Sundays with the dog. " * 60
    hidden = calm + MALLORY.text * 12 + calm
    assert base().score(Candidate(hidden)).log_odds > base().score(Candidate(calm + calm)).log_odds + 1


def test_the_prior_moves_the_probability_and_not_the_log_odds():
    rare, common = base().score(MALLORY, prior=0.01), base().score(MALLORY, prior=0.5)
    assert rare.log_odds == common.log_odds
    assert common.shift == 0
    assert rare.probability < common.probability


def test_speaking_of_the_article_can_only_help():
    about = "Lamps in the council's street stay dark; the council wants letters."
    near = base().score(Candidate(ADA.text, article=about))
    assert near.log_odds < base().score(Candidate(ADA.text)).log_odds
    assert (
        base().score(Candidate(ADA.text, article="Pasta recipes")).log_odds
        == base().score(Candidate(ADA.text)).log_odds
    )
    assert base().score(Candidate(MALLORY.text, article=MALLORY.text)).log_odds == pytest.approx(
        base().score(Candidate(MALLORY.text)).log_odds
    )


def test_threads_share_one_classifier():
    candidates = [
        Candidate(f"{word} and {word} again, number {n}") for n in range(50) for word in ("lamp", "casino")
    ]
    alone = base().score_many(candidates)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(base().score, candidates)) == alone


def test_the_reason_is_one_plain_sentence():
    sentence = in_words(base().explain(MALLORY))
    assert sentence.startswith("It has ")
    assert sentence.count(". ") == 0
    assert "<" not in sentence


@pytest.mark.parametrize("text", ["\ud800casino x", "\x1b[2Jcasino\x07 bonus", "\u202ebonus\u2066x \x9b31m"])
def test_what_is_named_can_be_shown_anywhere(text):
    explanation = base().explain(Candidate(text))
    said = "".join(each.name for each in explanation.contributions) + in_words(explanation, is_held=True)
    assert said.encode("utf-8")
    assert not set(said) & set("\x1b\x07\x9b\u202e\u2066")


def test_a_held_comment_is_never_said_to_have_nothing_against_it():
    held = Candidate("Terima kasih infonya, sangat membantu tugas kuliah saya.", "Rizky")
    explanation = base().explain(held)
    assert in_words(explanation, is_held=True).startswith(("It has ", "Its wording"))
    assert in_words(base().explain(ADA)) == "Nothing in it weighs towards spam."


def test_an_address_in_a_text_is_only_ever_an_address():
    scores = {
        base().score(Candidate(f"Write to {who} about the lamps")).log_odds
        for who in ("ada@example.org", "xyz.q@example.com")
    }
    assert len(scores) == 1


@pytest.mark.parametrize(
    "address",
    ["casino@example.org", "Casino＠example.org", "mailto:casino@example.org!", "<casino@example.org>"],
)
def test_an_explanation_never_repeats_an_address(address):
    explanation = base().explain(
        Candidate(f"Win a casino bonus, write to {address} now", address, "http://casino.example")
    )
    assert not any("example.org" in each.name for each in explanation.contributions)
    assert "example.org" not in in_words(explanation)

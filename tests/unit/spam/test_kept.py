"""Rows outlive their words: what is kept is enough to learn from, and nothing else is believed."""

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.spam import Candidate
from moderation.spam.features import COLUMNS, FIRST_COLUMN, row, rows
from moderation.spam.kept import BadRow, Kept
from moderation.spam.reading import read


def dense(found):
    columns, values = found
    whole = np.zeros(COLUMNS)
    whole[columns] = values
    return whole


@given(st.text(max_size=200), st.none() | st.text(max_size=30), st.none() | st.just("https://a-b.example/c"))
@settings(max_examples=60, deadline=None)
def test_a_kept_row_is_the_row_but_for_the_rounding_of_signals(text, name, url):
    fresh = row(read(Candidate(text, name, url))[0])
    again = Kept.from_bytes(Kept.of([fresh]).to_bytes()).rows()[0]
    assert np.abs(dense(fresh) - dense(again)).max() <= 0.5 / 255 + 1e-9
    assert np.allclose(dense(fresh)[: FIRST_COLUMN[-1]], dense(again)[: FIRST_COLUMN[-1]])


@given(st.lists(st.text(max_size=80), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_rows_made_together_are_the_rows_made_alone(texts):
    readings = [read(Candidate(text, "Ada", "https://ada.example.org"))[0] for text in texts]
    for together, reading in zip(rows(readings), readings, strict=True):
        assert np.allclose(dense(together), dense(row(reading)))


def test_many_kept_rows_are_a_matrix_and_can_be_chosen_from():
    fresh = [row(read(Candidate(text))[0]) for text in ("the lamp", "casino bonus", "")]
    kept = Kept.joined([Kept.of([each]) for each in fresh])
    assert kept.matrix().shape == (3, COLUMNS)
    chosen = kept.chosen(np.array([False, True, True]))
    assert np.allclose(chosen.matrix().toarray()[0], kept.matrix().toarray()[1])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no deflate",
        zlib.compress(b"short"),
        zlib.compress(b"\0" * 81),
        zlib.compress(b"\0" * 80 + b"\xff\xff\xff\xff"),
        zlib.compress(b"\0" * 80 + b"\xff\xff\xff\x7f" * 3),
        zlib.compress(b"\0" * (2 << 20)),
    ],
)
def test_bytes_that_are_no_row_are_refused(content):
    with pytest.raises(BadRow):
        Kept.from_bytes(content)


@given(st.lists(st.text(max_size=60), max_size=7), st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_products_are_those_of_the_rows_one_by_one_however_many_at_a_time(texts, at_once):
    all_of_them = Kept.of(rows([read(Candidate(text, "Ada"))[0] for text in texts]))
    weights = np.random.default_rng(3).normal(size=COLUMNS)
    one_by_one = [weights[columns] @ values for columns, values in all_of_them.rows()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moderation.spam.kept._AT_ONCE", at_once)
        assert np.allclose(all_of_them.products(weights), one_by_one)
        assert np.allclose(all_of_them.matrix() @ weights, one_by_one)


def test_rows_can_be_put_into_another_order():
    kept = Kept.of(
        rows([read(Candidate(text, "Ada"))[0] for text in ("one", "two words", "", "four of them here")])
    )
    order = np.array([3, 1, 0, 2])
    again = kept.ordered(order).rows()
    for place, at in enumerate(order):
        assert np.array_equal(dense(again[place]), dense(kept.rows()[at]))

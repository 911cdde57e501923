"""max finds what was said, by whom, where, and who decided; whatever he types, and addresses never."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from models import Comment, CommentText, Figure, Likeness, db, writing
from moderation import articles, indexing, rights, search
from moderation.search import Document, Wish, index
from moderation.search.words import folded_words
from moderation.sweeps import sweep
from moderation.vocabulary import Role, Status
from tests.conftest import NOON, signed_in
from tests.people import Person, number_in

SAID = (
    "The ferry was late again this morning.",
    "Late or not, the coffee on board is good.",
    "Das Café am Anleger öffnet um sieben, sagt Jürgen.",
    "Спасибо, ёжик тоже ездит на пароме.",
    "渡し船は今日も遅れました。",
    "See https://www.timetable-club.example/winter for the boats, under_scored and co-operative.",
)


@pytest.fixture
def said(app: Flask, article, ada: Person) -> list[int]:
    """ada has said all of it, signed with different names."""
    names = ("Ada", "Berta", "Çelik", "Дарья", "恵子", "O'Hara")
    return [number_in(ada.comment(text, author=name)) for text, name in zip(SAID, names, strict=True)]


def found(person: Person, q: str, **more: str) -> list[int]:
    page = person.get("/desk/search", query_string={"q": q, **more})
    assert page.status_code == 200
    return [int(number) for number in re.findall(r'id="entry-(\d+)"', page.text)]


@pytest.mark.parametrize(
    ("q", "numbers"),
    [
        ("late", [1, 0]),
        ("LATE morning", [0]),
        ('"late again"', [0]),
        ('"again late"', []),
        ("lat*", [1, 0]),
        ("late -morning", [1]),
        ("-morning", []),
        ("cafe", [2]),
        ("CAFÉ", [2]),
        ("jurgen", [2]),
        ("ежик", [3]),
        ("渡し船", [4]),
        ("timetable-club.example", [5]),
        ("host:example", [5]),
        ("host:late", []),
        ("name:berta", [1]),
        ("text:berta", []),
        ("name:o'hara", [5]),
        ("name:çelik", [2]),
        ("article:ferry", [5, 4, 3, 2, 1, 0]),
        ("article:the-ferry late", [1, 0]),
        ("under_scored", [5]),
        ("co-operative", [5]),
        ("l\u0430te", [1, 0]),  # typed with a Cyrillic letter
        ("nothing:of", []),
    ],
)
def test_max_finds_it(said: list[int], max_: Person, q: str, numbers: list[int]) -> None:
    assert found(max_, q) == [said[n] for n in numbers]


def test_max_finds_by_status_and_by_who_decided(said, max_: Person, app: Flask) -> None:
    version = max_.get(f"/desk/comments/{said[0]}").text
    target = re.search(rf'value="({said[0]}:\d+)"', version)[1]  # type: ignore[index]
    max_.post("/desk/decisions", {"action": "spam", "comment": target})

    assert found(max_, "late", status="spam") == [said[0]]
    assert found(max_, "late status:spam") == [said[0]]
    assert found(max_, "by:max") == found(max_, "", by="Max") == [said[0]]
    assert found(max_, "late by:policy") == [said[1]]
    assert found(max_, "by:nobody") == []
    eve = signed_in(app, "Eva B", Role.MODERATOR)
    eve.post("/desk/decisions", {"action": "approve", "comment": f"{said[0]}:2"})
    assert found(max_, "by:max") == []
    assert found(max_, 'by:"eva b"') == [said[0]]


@pytest.mark.parametrize(
    "q",
    [
        '"',
        '""',
        "'",
        "''''",
        "\\",
        "a\\'b",
        "*",
        "-",
        "- -",
        "(",
        ")(",
        "AND OR NOT",
        "NEAR(a b)",
        "a:b:c",
        "name:",
        'name:"',
        "^late",
        "{text}:late",
        "late | !ferry & <->",
        "%",
        "_",
        "\u0000",
        "\u202elate",
        "\ud83d",
        "😀",
        "x" * 5000,
        " ".join(["late"] * 400),
        "; DROP TABLE comment",
        ":wanted",
        "late:*A",
        "status:burnt",
        "by:",
        "\u0301\u0301",
        "ﷺ" * 60,
    ],
)
def test_whatever_is_typed_gets_a_page(said, max_: Person, q: str) -> None:
    q = q.encode("utf-8", "replace").decode()
    assert max_.get("/desk/search", query_string={"q": q}).status_code == 200
    assert (
        max_.get("/desk/search", query_string={"q": q, "before": q, "by": q, "status": q}).status_code == 200
    )


def test_an_address_is_neither_found_nor_repeated(app: Flask, article, ada: Person, max_: Person) -> None:
    ada.comment("Write to someone@canary.example, or to ada at canary dot example.", author="Ada")
    ada.email = "ada@canary.example"
    ada.comment("The canary sings.")

    page = max_.get("/desk/search", query_string={"q": "ada@canary.example"}).text
    assert "cannot be searched for" in page
    assert "canary" not in page
    for field in ("by", "status"):
        asked = {"q": "sings", field: "ada@canary.example"}
        assert "canary" not in max_.get("/desk/search", query_string=asked).text
    assert found(max_, "someone") == []
    assert len(found(max_, "canary sings")) == 1
    with app.app_context():
        rows = "SELECT * FROM comment_search"
        kept = " ".join(str(tuple(row)) for row in db.session.execute(text(rows)))
    assert "someone" not in kept
    assert "sings" in kept


def test_what_is_held_is_found_and_what_is_erased_is_not(said, app: Flask, max_: Person) -> None:
    with app.app_context(), writing() as session:
        session.execute(update(Comment).where(Comment.id == said[1]).values(status=Status.HELD))
        session.execute(update(Comment).where(Comment.id == said[0]).values(status=Status.ERASED))

    assert found(max_, "late") == [said[1]]


def test_what_was_edited_is_found_by_its_new_words(said, app: Flask, max_: Person) -> None:
    with app.app_context(), writing() as session:
        row = session.get_one(CommentText, (said[0], 1))
        session.add(CommentText(comment_id=said[0], n=2, text="It was punctual.", written_at=row.written_at))
        session.execute(update(Comment).where(Comment.id == said[0]).values(text_n=2))
        search.follow([said[0]])

    assert found(max_, "again") == []
    assert found(max_, "punctual") == [said[0]]


def test_an_article_of_another_name_is_found_by_it(said, app: Flask, max_: Person) -> None:
    with app.app_context():
        articles.edit("the-ferry", title="A bridge at last")
    assert found(max_, "bridge") == list(reversed(said))


def test_what_was_forgotten_is_found_no_more(said, app: Flask, max_: Person) -> None:
    with app.app_context(), writing():
        search.forget([said[0], 999])
    assert found(max_, "late") == [said[1]]


@pytest.mark.sqlite
def test_what_was_forgotten_has_left_the_file_after_a_sweep(
    app: Flask, article, ada: Person, tmp_path: Path
) -> None:
    number = number_in(ada.comment("The zanzibarian quokkas sing."))
    for n in range(30):
        ada.comment(f"Something else number {n}.")
    with app.app_context():
        with writing() as session:
            session.execute(update(CommentText).where(CommentText.comment_id == number).values(text=""))
            search.forget([number])
        sweep(datetime.now(UTC), "here")
        db.session.rollback()
        db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.session.rollback()
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("gatepost.sqlite3*"))
    assert b"quokkas" not in raw


def test_older_ones_are_a_page_further(app: Flask, article, ada: Person, max_: Person) -> None:
    numbers = [number_in(ada.comment(f"Boat number {n} is late.")) for n in range(53)]
    first = max_.get("/desk/search?q=late").text
    link = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")  # type: ignore[index]
    assert found(max_, "late") == list(reversed(numbers))[:50]
    assert [int(n) for n in re.findall(r'id="entry-(\d+)"', max_.get(link).text)] == list(reversed(numbers))[
        50:
    ]


def test_the_page_asks_as_many_questions_for_one_as_for_many(app: Flask, article, ada, max_, counted) -> None:
    ada.comment("The boat is late.")
    few = counted(lambda: max_.get("/desk/search?q=late"))
    for n in range(20):
        ada.comment(f"Boat number {n} is late.")
    assert counted(lambda: max_.get("/desk/search?q=late")) == few


def test_eve_may_not_search(article, eve: Person) -> None:
    assert eve.get("/desk/search?q=late").status_code == 303


def test_what_came_before_an_upgrade_is_found_after_some_sweeps(said, app: Flask, max_: Person) -> None:
    with app.app_context():
        with writing() as session:
            session.execute(text("DELETE FROM comment_search"))
            session.query(Likeness).delete()
            session.add(Figure(name=indexing.NAME, value={"after": 0, "last": max(said)}, made_at=NOON))
        assert indexing.catch_up(NOON, batch=4) == 4
        assert found(max_, "late") == [said[1], said[0]]
        sweep(NOON + timedelta(days=1), "here")
        assert db.session.get(Figure, indexing.NAME) is None
        assert set(db.session.scalars(select(Likeness.comment_id))) == set(said)
    assert found(max_, "timetable") == [said[5]]


@pytest.mark.postgresql
def test_two_processes_that_catch_up_at_once_take_turns_and_what_is_erased_meanwhile_stays_gone(
    said, app: Flask, monkeypatch
) -> None:
    entered, goes_on = threading.Event(), threading.Event()
    follow = search.follow

    def waits(ids) -> None:
        entered.set()
        assert goes_on.wait(10)
        follow(ids)

    def in_a_process_of_its_own(do: Callable[[], object]) -> Future[object]:
        def work() -> object:
            with app.app_context():
                return do()

        return pool.submit(work)

    with app.app_context(), writing() as session:
        session.execute(text("DELETE FROM comment_search"))
        session.query(Likeness).delete()
        session.add(Figure(name=indexing.NAME, value={"after": 0, "last": max(said)}, made_at=NOON))
    monkeypatch.setattr(search, "follow", waits)
    with ThreadPoolExecutor(3) as pool:
        first = in_a_process_of_its_own(lambda: indexing.catch_up(NOON, batch=4))
        assert entered.wait(10)
        second = in_a_process_of_its_own(lambda: indexing.catch_up(NOON, batch=4))
        erasing = in_a_process_of_its_own(lambda: rights.erase(said[:1], NOON, "asked by comment"))
        with app.app_context():
            until_waiting(2)
        goes_on.set()
        assert first.result(10) == 4
        assert second.result(10) == len(said) - 4
        erasing.result(10)
    with app.app_context():
        indexed = set(db.session.scalars(text("SELECT comment_id FROM comment_search")))
        assert indexed == set(said) - {said[0]}


def until_waiting(count: int) -> None:
    """Until so many sessions wait for a lock of another."""
    asked = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(10_000):
        if db.session.scalar(asked) >= count:
            return
        db.session.rollback()
    raise AssertionError("Nobody waits.")


def test_a_wish_is_read_once_and_bounded() -> None:
    wish = Wish.read("a " * 500)
    assert len(wish.terms) <= 12
    assert Wish.read("x@y.example").has_address
    assert Wish.read("").is_empty


def test_a_page_looks_through_a_window_and_says_where_to_look_further(
    monkeypatch: pytest.MonkeyPatch, app: Flask, said: list[int], max_: Person
) -> None:
    """Of many comments that have the words, few may be of the status: no page goes through all of them."""
    monkeypatch.setattr("moderation.search.finding.WINDOW", 3)
    with app.app_context():
        with writing() as session:
            session.execute(update(Comment).where(Comment.id == said[0]).values(status=Status.REJECTED))
        wish = Wish.read("article:ferry", status="rejected")
        first = search.find(wish, limit=1)
        assert (first.ids, first.before) == ((), said[3])
        assert search.find(wish, first.before, limit=1).ids == (said[0],)

    page = max_.get("/desk/search", query_string={"q": "article:ferry", "status": "rejected"}).text
    assert f'id="entry-{said[0]}"' in page  # a whole page is as wide as it has to be


@pytest.mark.parametrize("typed", ["ferry", "article:ferry", "by:policy", "by:policy ferry", "by:max"])
def test_nothing_is_passed_over_from_one_step_through_a_window_to_the_next(
    monkeypatch: pytest.MonkeyPatch, app: Flask, said: list[int], typed: str
) -> None:
    with app.app_context():
        for status in ("", "held", "approved"):
            at_once = search.find(wish := Wish.read(typed, status=status))
            with monkeypatch.context() as in_steps:
                in_steps.setattr("moderation.search.finding._FIRST_STEP", 1)
                assert search.find(wish) == at_once


def test_nothing_found_so_far_leads_further(
    monkeypatch: pytest.MonkeyPatch, said: list[int], max_: Person
) -> None:
    monkeypatch.setattr("moderation.search.finding.WINDOW", 3)
    monkeypatch.setattr(search.find, "__defaults__", (None, 1))
    page = max_.get("/desk/search", query_string={"q": "article:ferry", "status": "spam"}).text
    assert "Nothing found so far." in page
    assert f"before={said[3]}" in page


def test_accents_written_as_entities_are_found_without_them() -> None:
    assert folded_words("caf&eacute; in the M&uuml;hle") == ["cafe", "in", "the", "muhle"]


@pytest.mark.sqlite
@pytest.mark.parametrize("is_one_already", [False, True])
@pytest.mark.parametrize("arriving", [0, 1, 2, 3, 7])
def test_a_forgotten_word_is_merged_away_in_the_end_however_many_comments_arrive_meanwhile(
    app: Flask, said: list[int], monkeypatch: pytest.MonkeyPatch, arriving: int, is_one_already: bool
) -> None:
    numbers = itertools.count(1000)

    def arrives() -> None:
        number = next(numbers)
        words = " ".join(f"word{number}x{n}" for n in range(60))
        with writing():
            search.add(Document(number, words, "Ada", (), "The ferry"))

    def segments_hold(word: bytes) -> bool:
        return any(
            word in block for block in db.session.scalars(text("SELECT block FROM comment_search_data"))
        )

    monkeypatch.setattr("moderation.search.index._PAGES", 2)
    with app.app_context():
        for _ in range(80):
            arrives()
        with writing():
            if is_one_already:
                search.rewrite()
            search.forget(said[:1])
        assert segments_hold(b"morning")
        steps = 0
        while search.scrub(NOON):
            steps += 1
            for _ in range(arriving):
                arrives()
            assert steps < 100
        assert steps > 1
        assert not segments_hold(b"morning")


@pytest.mark.sqlite
def test_what_is_forgotten_while_words_are_merged_away_goes_as_well(
    app: Flask, said: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.search.index._PAGES", 1)
    with app.app_context():
        with writing():
            for number in range(1000, 1080):
                words = " ".join(f"word{number}x{n}" for n in range(60))
                search.add(Document(number, words, "Ada", (), "The ferry"))
        with writing():
            search.forget(said[:1])
        assert search.scrub(NOON) == 1
        with writing():
            search.forget(said[1:2])
        while search.scrub(NOON):
            pass
        blocks = b"".join(db.session.scalars(text("SELECT block FROM comment_search_data")))
        assert b"morning" not in blocks
        assert b"coffee" not in blocks


@pytest.mark.sqlite
def test_erasing_day_after_day_never_breaks_the_index(
    app: Flask, said: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """FTS5 adds levels at every merging of all, and at 2,000 of them refuses every comment."""
    most = 20
    monkeypatch.setattr("moderation.search.index._MOST_LEVELS", most)
    numbers = itertools.count(1000)

    def arrives() -> int:
        number = next(numbers)
        words = " ".join(f"word{number}x{n}" for n in range(60))
        with writing():
            search.add(Document(number, words, "Ada", (), "The ferry"))
        return number

    with app.app_context():
        for _ in range(80):
            arrives()
        levels = []
        for day in range(24):
            gone = arrives()
            arrives()
            with writing():
                search.forget([gone])
                if day % 3 == 0:
                    search.rewrite()
            while search.scrub(NOON):
                pass
            levels.append(len(index._merging()))
            blocks = b"".join(db.session.scalars(text("SELECT block FROM comment_search_data")))
            assert f"word{gone}x".encode() not in blocks
        assert most < max(levels) <= most + 4
        assert min(levels[10:]) < most
        db.session.execute(text("INSERT INTO comment_search(comment_search) VALUES ('integrity-check')"))


def test_a_host_that_was_taken_out_of_a_text_is_found_no_more(said: list[int], max_: Person) -> None:
    assert found(max_, "host:timetable-club.example") == [said[5]]
    mended = {"words": "See the timetable for the boats.", "version": "1"}
    assert max_.post(f"/desk/comments/{said[5]}/text", mended).status_code == 303
    assert found(max_, "host:timetable-club.example") == []
    assert found(max_, "timetable boats") == [said[5]]

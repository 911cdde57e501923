"""Readers report what is wrong, one answer for all; site and article can be paused; house rules can be read."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import literal, select

from models import Article, Event, ReaderReport, db
from moderation import articles, sweeps
from moderation.parts import parts
from moderation.sweeps import sweep
from tests.conftest import NOON, PASSWORD, add_article
from tests.people import Person, number_in
from tests.test_campaigns import says
from tests.test_rules import status_of


def report(app: Flask, number: int, network: int, complaint: str = "insult", words: str = "", who=None):
    """Somebody on another network reports a comment."""
    person = who or Person(app, "Ada", "ada@example.org")
    visitor = {"REMOTE_ADDR": f"198.19.{network}.7"}
    fields = {"complaint": complaint, "words": words}
    return person.post(f"/comments/{number}/report", fields, environ_base=visitor)


@pytest.fixture
def public(app: Flask, article, clock) -> int:
    """A public comment."""
    return says(app, "You are all fools, says my aunt.", "Mallory")


def test_three_networks_bring_a_comment_back_to_the_queue_with_their_reasons(
    app, public, max_: Person
) -> None:
    assert f'href="/comments/{public}/report"' in max_.get("/articles/the-ferry").text
    for network, complaint in enumerate(("insult", "insult", "private")):
        assert status_of(max_, public) == "approved"
        report(app, public, network, complaint, "She means my village.")

    assert status_of(max_, public) == "held"
    page = max_.get(f"/desk/comments/{public}").text
    assert "Readers reported it: insults somebody (2 times)." in page
    assert "Readers reported it: tells something private." in page
    assert "my aunt" not in max_.get("/articles/the-ferry").text


def test_one_network_counts_once_however_often_it_reports(app, public, max_: Person) -> None:
    for _ in range(5):
        report(app, public, 1)
    assert status_of(max_, public) == "approved"


def test_a_known_reader_counts_for_two(app, public, max_: Person) -> None:
    ada = Person(app, "Ada", "ada@example.org")
    ada.comment("I was on that boat.", **{"wp-comment-cookies-consent": "yes"})
    report(app, public, 1, who=ada)
    assert status_of(max_, public) == "approved"
    report(app, public, 2)
    assert status_of(max_, public) == "held"


def test_what_a_person_approved_again_needs_new_reports_of_new_networks(clock, app, public, max_) -> None:
    for network in range(3):
        report(app, public, network)
    clock.shift(timedelta(minutes=1))
    max_.post("/desk/decisions", {"action": "approve", "comment": f"{public}:2"})
    clock.shift(timedelta(minutes=1))
    for network in (0, 1, 2, 3, 4):
        report(app, public, network)
        assert status_of(max_, public) == "approved"
    report(app, public, 5)
    assert status_of(max_, public) == "held"


def test_everybody_gets_the_same_answer(app, public, max_: Person) -> None:
    held = says(app, "A casino, http://a.example http://b.example http://c.example", "Mallory", network=8)
    answers = [
        report(app, public, 1),
        report(app, public, 1),
        report(app, held, 1),
        report(app, 9_999, 1),
        report(app, 2**40, 1),
        report(app, public, 1, complaint="burn"),
        *(report(app, public, 7) for _ in range(8)),
    ]
    told = {
        (answer.status_code, answer.location, answer.data, str(sorted(answer.headers))) for answer in answers
    }
    assert len(told) == 1
    assert answers[0].location == "/reported"
    assert max_.get("/reported").status_code == 200


def test_a_network_that_reports_too_much_is_not_counted_and_not_told(make_app) -> None:
    from moderation.vocabulary import Role
    from tests.conftest import signed_in

    app = make_app(limit_reports="2 per hour", reports_that_hold=1)
    add_article(app)
    max_ = signed_in(app, "max", Role.MODERATOR)
    numbers = [says(app, f"Remark number {n} on the boat.") for n in range(3)]
    answers = [report(app, number, 1) for number in numbers]
    assert {answer.status_code for answer in answers} == {303}
    assert [status_of(max_, number) for number in numbers] == ["held", "held", "approved"]


def test_a_network_has_had_its_say_also_under_a_former_key(app, public, runner) -> None:
    report(app, public, 1)
    assert runner.invoke(args=["privacy", "rotate-keys"]).exit_code == 0
    report(app, public, 1)
    report(app, public, 2)
    with app.app_context():
        assert len(db.session.scalars(select(ReaderReport)).all()) == 2


def test_an_address_in_a_report_is_masked_and_its_network_forgotten(clock, app, public) -> None:
    report(app, public, 1, words=f"Write to eve@canary.example {'x' * 900}")
    with app.app_context():
        row = db.session.get_one(ReaderReport, 1)
        assert "canary" not in row.words
        assert len(row.words) <= 500
        assert row.network_fingerprint
        kept = sweeps.retention(parts().settings)
        assert sweep(NOON + timedelta(days=30), "here", more=kept)["networks of reports forgotten"] == 1
        db.session.expire_all()
        assert db.session.get_one(ReaderReport, 1).network_fingerprint is None


def test_the_form_shows_public_comments_alone(app, public, ada: Person) -> None:
    page = ada.get(f"/comments/{public}/report")
    assert "says my aunt" in page.text
    for number in (0, 999, 2**31, 10**20):
        assert ada.get(f"/comments/{number}/report").status_code == 404


def test_reports_can_be_switched_off(make_app) -> None:
    from moderation.vocabulary import Role
    from tests.conftest import signed_in

    app = make_app(reports_that_hold=0)
    add_article(app)
    number = says(app, "A remark on the boat.")
    for network in range(5):
        report(app, number, network)
    assert status_of(signed_in(app, "max", Role.MODERATOR), number) == "approved"


# Pauses


def test_a_paused_site_holds_everything_until_the_day_has_passed(clock, app, article, selma: Person) -> None:
    answer = selma.post("/desk/pause", {"until": "2026-03-15", "reason": "Election night"})
    page = selma.get(answer.location).text
    assert "Every comment waits until" in page
    assert "Election night" in page
    held = says(app, "A walk along the pier.")
    assert status_of(selma, held) == "held"
    assert "The site is paused until 2026-03-16." in selma.get(f"/desk/comments/{held}").text
    clock.move_to(NOON + timedelta(days=1, hours=12))
    later = says(app, "A second walk along the pier.")
    selma.post("/desk/sign-in", {"name": "selma", "password": PASSWORD})
    assert status_of(selma, later) == "approved"
    assert status_of(selma, held) == "held"


def test_a_pause_is_ended_by_hand(clock, app, article, selma: Person) -> None:
    selma.post("/desk/pause", {"until": "2026-04-15", "reason": ""})
    selma.post("/desk/pause/end")
    assert status_of(selma, says(app, "A walk along the pier.")) == "approved"


def test_every_page_of_the_desk_says_that_the_site_is_paused(clock, article, selma: Person) -> None:
    assert "The site is paused:" not in selma.get("/desk/").text
    selma.post("/desk/pause", {"until": "2026-03-15", "reason": ""})
    assert "The site is paused: every new comment waits until" in selma.get("/desk/").text
    assert "The site is paused: every new comment waits until" in selma.get("/desk/rules").text
    clock.move_to(NOON + timedelta(days=2))
    selma.post("/desk/sign-in", {"name": "selma", "password": PASSWORD})
    assert "The site is paused:" not in selma.get("/desk/").text


def test_an_article_of_any_age_can_be_held_and_is_listed(clock, app, article, selma: Person) -> None:
    with app.app_context():
        for number in range(60):
            articles.add(f"later-{number}", f"Later {number}", NOON + timedelta(minutes=number + 1))
    first = selma.get("/desk/pause").text
    assert "/desk/articles/the-ferry/pause" not in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    assert "/desk/articles/the-ferry/pause" in selma.get(older[1]).text
    selma.post("/desk/articles/the-ferry/pause", {"until": "2026-03-20"})
    assert "waits until <time" in selma.get("/desk/pause").text


@pytest.mark.parametrize("until", ["", "yesterday", "2026-03-13", "9999-12-31", "2026-02-30", "\u0000"])
def test_a_pause_needs_a_day_to_come(clock, article, selma: Person, until: str) -> None:
    assert selma.post("/desk/pause", {"until": until, "reason": "so"}).status_code == 422
    assert selma.post("/desk/articles/the-ferry/pause", {"until": until}).status_code == 422
    assert "Every comment waits until" not in selma.get("/desk/pause").text


def test_an_article_holds_until_its_day_and_is_open_again(clock, app, article, selma: Person) -> None:
    selma.post("/desk/articles/the-ferry/pause", {"until": "2026-03-14"})
    assert status_of(selma, says(app, "A walk along the pier.")) == "held"
    clock.move_to(NOON + timedelta(hours=12))
    selma.post("/desk/sign-in", {"name": "selma", "password": PASSWORD})
    assert status_of(selma, says(app, "A second walk along the pier.")) == "approved"
    with app.app_context():
        assert sweep(NOON + timedelta(hours=12), "here")["articles opened again"] == 1
        assert sweep(NOON + timedelta(hours=13), "here")["articles opened again"] == 0
    assert "waits until <time" not in selma.get("/desk/pause").text
    assert selma.post("/desk/articles/nowhere/pause", {"until": "2027-01-01"}).status_code == 404


def test_opening_an_article_by_hand_forgets_its_day(clock, app, article, selma: Person) -> None:
    selma.post("/desk/articles/the-ferry/pause", {"until": "2026-03-20"})
    selma.post("/desk/articles/the-ferry/mode", {"mode": "open"})
    selma.post("/desk/articles/the-ferry/mode", {"mode": "holding"})
    with app.app_context():
        assert sweep(NOON + timedelta(days=30), "here")["articles opened again"] == 0


# House rules


def test_max_holds_an_article_and_does_not_pause_the_site(article, selma: Person, max_: Person) -> None:
    page = max_.get("/desk/pause").text
    assert "A senior can pause the site." in page
    assert 'action="/desk/pause"' not in page
    assert max_.post("/desk/pause", {"until": "2099-01-01"}).status_code == 403
    selma.post("/desk/pause", {"until": "2099-01-01", "reason": "Election night"})
    page = max_.get("/desk/pause").text
    assert "Election night" in page
    assert "/desk/pause/end" not in page
    assert max_.post("/desk/pause/end").status_code == 403
    assert max_.post("/desk/articles/the-ferry/pause", {"until": "2099-01-01"}).status_code == 303


def test_selma_sets_the_house_rules_and_the_form_links_to_them(article, ada: Person, selma: Person) -> None:
    assert 'href="/house-rules"' in ada.get("/articles/the-ferry").text
    first = ada.get("/house-rules")
    assert "Be welcome" in first.text
    assert ada.get("/house-rules", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304

    selma.post(
        "/desk/house-rules", {"text": "Be <b>kind</b>.\r\n\r\n<script>x</script> Write to a@b.example."}
    )
    page = ada.get("/house-rules").text
    assert "<p>Be <b>kind</b>.</p>" in page
    assert "<script>x" not in page
    assert "a@b.example" not in page

    selma.post("/desk/house-rules/back", {"version": "1"})
    assert "Be welcome" in ada.get("/house-rules").text
    assert selma.post("/desk/house-rules/back", {"version": "1"}).status_code == 403
    for text in ("", " \n", "x" * 20_001):
        assert selma.post("/desk/house-rules", {"text": text}).status_code == 422


def test_two_who_set_the_rules_at_one_moment_are_told_so(article, selma: Person, monkeypatch) -> None:
    selma.post("/desk/house-rules", {"text": "Be kind."})
    monkeypatch.setattr("moderation.versioned.func.max", lambda _column: literal(0))
    late = selma.post("/desk/house-rules", {"text": "Be brief."})
    assert late.status_code == 409
    assert "Other house rules were set since you opened these" in late.text
    assert "Be brief." in late.text
    assert "Be kind." in selma.get("/house-rules").text


def test_house_rules_written_over_somebody_elses_are_kept_and_asked_about(
    article, selma: Person, root: Person
) -> None:
    def seen(person: Person) -> str:
        return re.search(r'name="version" value="(\d+)"', person.get("/desk/house-rules").text)[1]  # type: ignore[index]

    mine, theirs = seen(selma), seen(root)
    assert root.post("/desk/house-rules", {"text": "Be brief.", "version": theirs}).status_code == 303
    late = selma.post("/desk/house-rules", {"text": "Be kind & calm.", "version": mine})
    assert late.status_code == 409
    assert "Other house rules were set since you opened these" in late.text
    assert "Be kind &amp; calm." in late.text
    assert "Be brief." in selma.get("/house-rules").text
    again = re.search(r'name="version" value="(\d+)"', late.text)[1]  # type: ignore[index]
    assert selma.post("/desk/house-rules", {"text": "Be kind & calm.", "version": again}).status_code == 303
    assert "Be kind &amp; calm." in selma.get("/house-rules").text


def test_max_reads_the_house_rules_and_does_not_set_them(article, max_: Person) -> None:
    assert "Be welcome" in max_.get("/desk/house-rules").text
    assert max_.post("/desk/house-rules", {"text": "Anything goes."}).status_code == 403


def test_the_comments_own_number_is_in_the_link(app, article, ada: Person) -> None:
    number = number_in(ada.comment("A remark."))
    assert re.search(
        rf'class="comment-report" href="/comments/{number}/report"', ada.get("/articles/the-ferry").text
    )


def test_a_closed_article_is_not_opened_by_holding_it(app, article, max_: Person) -> None:
    max_.post("/desk/articles/the-ferry/mode", {"mode": "closed"})
    assert "/desk/articles/the-ferry/pause" not in max_.get("/desk/pause").text
    assert max_.post("/desk/articles/the-ferry/pause", {"until": "2099-01-01"}).status_code == 403
    with app.app_context():
        assert db.session.get_one(Article, article.id).mode == "closed"
        closed = db.session.scalars(select(Event).where(Event.kind == "article mode set")).one()
        assert closed.detail == {"article": article.id, "mode": "closed"}
        assert closed.moderator_id is not None


def test_what_readers_reported_is_not_offered_as_fine(app, article, max_: Person) -> None:
    number = says(app, "A walk along the pier.")
    for network in (3, 4, 5):
        report(app, number, network)
    assert status_of(max_, number) == "held"
    assert f'value="{number}:' not in max_.get("/desk/fine").text

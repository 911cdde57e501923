"""selma acts on readers and links: each rule has a reason, a day, a preview, a way back; never by a typed address."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from models import Rule, db
from moderation import rights, sweeps
from moderation.parts import parts
from moderation.sweeps import sweep
from moderation.vocabulary import Role
from tests.conftest import NOON, PASSWORD, add_article, signed_in
from tests.people import Person, number_in
from tests.test_campaigns import says

WHY = {"reason": "A shop that floods us", "days": "30"}


@pytest.fixture
def remembered(app: Flask, article, clock) -> Person:
    """mallory, whose browser asked to be remembered."""
    mallory = Person(app, "Mallory", "mallory@example.net")
    mallory.comment("The pier is nice.", **{"wp-comment-cookies-consent": "yes"})
    return mallory


def status_of(person: Person, number: int) -> str:
    return re.search(r"status-([a-z]+)", person.get(f"/desk/comments/{number}").text)[1]  # type: ignore[index]


def make(selma: Person, kind: str, **fields: object) -> int:
    answer = selma.post("/desk/rules", {"kind": kind, **WHY, **fields})
    assert answer.status_code == 303, answer.text
    return int(re.search(r"Rule (\d+) stands\.", selma.get(answer.location).text)[1])  # type: ignore[index]


def test_a_browser_is_held_and_let_go(app, remembered: Person, selma: Person) -> None:
    first = number_in(remembered.comment("One more thing about the pier."))
    assert status_of(selma, first) == "approved"
    rule = make(selma, "hold-reader", comment_id=first)

    held = number_in(remembered.comment("And a third thing about it."))
    assert status_of(selma, held) == "held"
    assert f"Comments from this browser wait, by rule {rule}." in selma.get(f"/desk/comments/{held}").text
    other = Person(app, "Ada", "mallory@example.net")
    assert status_of(selma, number_in(other.comment("The same address, another browser."))) == "approved"

    selma.post(f"/desk/rules/{rule}/end")
    assert status_of(selma, number_in(remembered.comment("Now it goes at once."))) == "approved"
    selma.post(f"/desk/rules/{rule}/resume")
    assert status_of(selma, number_in(remembered.comment("And now it waits again."))) == "held"


def test_a_rule_ends_by_itself_on_its_day(clock, app, remembered: Person, selma: Person) -> None:
    first = number_in(remembered.comment("One more thing about the pier."))
    make(selma, "hold-reader", comment_id=first, days="1")
    clock.shift(timedelta(hours=23))
    selma.post("/desk/sign-in", {"name": "selma", "password": PASSWORD})
    assert status_of(selma, number_in(remembered.comment("Within the day, this waits."))) == "held"
    clock.shift(timedelta(hours=1))
    after = remembered.comment("After the day, this does not.")
    with app.app_context():
        kept = sweeps.retention(parts().settings)
        done = sweep(NOON + timedelta(days=1), "here", more=kept)
        assert done["readers of rules forgotten"] == 1
        assert db.session.get_one(Rule, 1).fingerprint is None
    selma.post("/desk/sign-in", {"name": "selma", "password": PASSWORD})
    assert status_of(selma, number_in(after)) == "approved"


def test_a_network_is_held_whoever_comes_from_it(app, article, selma: Person) -> None:
    first = says(app, "The pier is nice.", "Mallory", network=3)
    make(selma, "hold-network", comment_id=first)
    assert status_of(selma, says(app, "The harbour is nice as well.", "Ada", network=3)) == "held"
    assert status_of(selma, says(app, "The harbour is quiet today.", "Ada", network=4)) == "approved"


@pytest.mark.parametrize(("kind", "status"), [("hold-host", "held"), ("spam-host", "spam")])
def test_a_link_host_is_held_or_sent_to_spam_with_all_below_it(app, article, selma, kind, status) -> None:
    make(selma, kind, subject="https://www.Shop.example/cheap")
    for link in ("http://shop.example", "https://eu.shop.example/x", "www.shop.example/y"):
        number = says(app, f"I bought my lamp at {link} last year.", network=1)
        assert status_of(selma, number) == status, link
    assert status_of(selma, says(app, "A fine walk along the pier.", url="http://shop.example")) == status
    other = says(app, "Mine is made by https://othershop.example here.")
    assert "It links to" not in selma.get(f"/desk/comments/{other}").text


def test_a_word_holds(app, article, selma: Person) -> None:
    make(selma, "hold-word", subject="Quokka")
    assert status_of(selma, says(app, "My quokka likes the ferry.")) == "held"
    assert status_of(selma, says(app, "My quokkas like the ferry.")) == "approved"


def test_a_trusted_browser_is_spared_what_only_guesses(make_app) -> None:
    from moderation.vocabulary import Role
    from tests.conftest import signed_in

    app = make_app(links_that_hold=1, words_that_hold=("casino",))
    add_article(app)
    selma, ada = signed_in(app, "selma", Role.SENIOR), Person(app, "Ada", "ada@example.org")
    first = number_in(ada.comment("The pier is nice.", **{"wp-comment-cookies-consent": "yes"}))
    linked = number_in(ada.comment("See https://pier.example for the history."))
    assert status_of(selma, linked) == "held"
    preview = selma.get(
        "/desk/rules/preview", query_string={"kind": "trust-reader", "comment_id": first, **WHY}
    )
    assert f'value="{linked}:1" id="move-{linked}" checked' in preview.text

    make(selma, "trust-reader", comment_id=first, comment=f"{linked}:1")

    assert status_of(selma, linked) == "approved"
    assert status_of(selma, number_in(ada.comment("And https://harbour.example too."))) == "approved"
    assert status_of(selma, number_in(ada.comment("The casino on the pier is closed."))) == "held"


def test_a_preview_changes_nothing_and_what_is_ticked_moves(app, article, selma: Person) -> None:
    numbers = [
        says(app, f"Bought at http://shop.example/{n} and http://x{n}.example", network=n) for n in range(3)
    ]
    assert [status_of(selma, number) for number in numbers] == ["held"] * 3

    page = selma.get(
        "/desk/rules/preview", query_string={"kind": "spam-host", "subject": "shop.example", **WHY}
    )
    listed = re.findall(r'name="comment" value="([^"]+)"[^>]* checked', page.text)
    assert listed == [f"{number}:1" for number in reversed(numbers)]
    assert "3 that wait would be called spam." in page.text
    assert [status_of(selma, number) for number in numbers] == ["held"] * 3

    make(selma, "spam-host", subject="shop.example", comment=listed[:2])
    assert [status_of(selma, number) for number in numbers] == ["held", "spam", "spam"]
    assert "Rule 1: A shop that floods us" in selma.get(f"/desk/comments/{numbers[1]}").text


def test_a_rule_that_holds_lists_what_is_public_and_moves_only_what_is_ticked(app, article, selma) -> None:
    number = says(app, "My quokka likes the ferry.")
    asked = {"kind": "hold-word", "subject": "quokka", **WHY}
    page = selma.get("/desk/rules/preview", query_string=asked).text
    assert f'value="{number}:1" id="move-{number}">' in page
    make(selma, "hold-word", subject="quokka")
    assert status_of(selma, number) == "approved"


def test_the_comment_shows_what_stands_and_what_could_be_done(app, remembered: Person, selma: Person) -> None:
    number = number_in(remembered.comment("At https://www.shop.example they have lamps."))
    page = selma.get(f"/desk/comments/{number}/rules").text
    for kind in ("trust-reader", "hold-reader", "hold-network", "hold-host", "spam-host"):
        assert f'name="kind" value="{kind}"' in page
    assert 'name="subject" value="shop.example"' in page
    make(selma, "hold-host", subject="shop.example")
    make(selma, "hold-word", subject="lamps")
    make(selma, "hold-word", subject="boats")
    page = selma.get(f"/desk/comments/{number}/rules").text
    assert page.count('action="/desk/rules/') == 2 + 5  # two rules to take back, five forms of new ones
    assert "A shop that floods us" in page


def test_a_new_rule_for_the_same_takes_the_place_of_the_old(app, article, selma: Person) -> None:
    one, two = (make(selma, "hold-word", subject="lamp") for _ in range(2))
    page = selma.get("/desk/rules").text
    assert f'action="/desk/rules/{two}/end"' in page
    assert f'action="/desk/rules/{one}/end"' not in page
    assert f'action="/desk/rules/{one}/resume"' in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "hold-word", "subject": "ada@example.org", **WHY}, "never made of an email address"),
        ({"kind": "hold-host", "subject": "mailto:ada@example.org", **WHY}, "never made of an email address"),
        ({"kind": "hold-host", "subject": "shop", **WHY}, "such as shop.example"),
        ({"kind": "hold-host", "subject": "a b.c", **WHY}, "such as shop.example"),
        ({"kind": "hold-word", "subject": " \u0000 ", **WHY}, "Please give a word."),
        ({"kind": "hold-word", "subject": "x" * 61, **WHY}, "60 characters"),
        ({"kind": "hold-word", "subject": "lamp", "days": "30"}, "Please say why"),
        ({"kind": "hold-word", "subject": "lamp", "reason": "from ada@example.org", "days": "1"}, "without"),
        ({"kind": "hold-word", "subject": "lamp", "reason": "so", "days": "99999"}, "on which day"),
        ({"kind": "hold-word", "subject": "lamp", "reason": "so", "days": "x"}, "on which day"),
    ],
)
def test_what_cannot_be_a_rule_is_said_and_an_address_not_repeated(article, selma, fields, said) -> None:
    for answer in (selma.post("/desk/rules", fields), selma.get("/desk/rules/preview", query_string=fields)):
        assert answer.status_code in {422, 400}
        if answer.status_code == 422:
            assert said in answer.text
        assert "ada@example.org" not in answer.text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"kind": "burn", **WHY}, 400),
        ({"kind": "hold-reader", **WHY}, 404),
        ({"kind": "hold-reader", "comment_id": "99", **WHY}, 404),
        ({"kind": "hold-network", "comment_id": "9" * 30, **WHY}, 404),
        ({"kind": "hold-word", "subject": "lamp", "comment": "x", **WHY}, 400),
        ({"kind": "hold-word", "subject": "lamp", "comment": [f"{n}:1" for n in range(1, 203)], **WHY}, 400),
        ({"kind": "hold-word", "subject": "lamp", "comment": "77:1", **WHY}, 303),
    ],
)
def test_odd_rules_get_clear_answers(article, selma: Person, fields, status) -> None:
    answer = selma.post("/desk/rules", fields)
    assert answer.status_code == status
    if status != 303:
        assert "No rule stands." in selma.get("/desk/rules").text


def test_ending_twice_and_unknown_rules(article, selma: Person) -> None:
    rule = make(selma, "hold-word", subject="lamp")
    assert selma.post(f"/desk/rules/{rule}/resume").status_code == 403
    assert selma.post(f"/desk/rules/{rule}/end").status_code == 303
    assert selma.post(f"/desk/rules/{rule}/end").status_code == 403
    for number in (99, 10**12):
        assert selma.post(f"/desk/rules/{number}/end").status_code == 404
        assert selma.get(f"/desk/comments/{number}/rules").status_code == 404


def test_max_sees_what_stands_and_makes_no_rules(app, article, selma: Person, max_: Person) -> None:
    number = says(app, "My lamp came from https://shop.example.")
    rule = make(selma, "hold-host", subject="shop.example")
    for page in ("/desk/rules", f"/desk/comments/{number}/rules", f"/desk/comments/{number}"):
        seen = max_.get(page)
        assert f"rule {rule}, until" in seen.text, page
        assert "/desk/rules/preview" not in seen.text, page
        assert f"/desk/rules/{rule}/end" not in seen.text, page
    assert "A senior makes rules" in max_.get("/desk/rules").text
    refused = max_.post("/desk/rules", {"kind": "hold-word", "subject": "lamp", **WHY})
    assert (refused.status_code, max_.post(f"/desk/rules/{rule}/end").status_code) == (403, 403)


def test_an_arrival_asks_as_many_questions_with_many_rules_as_with_one(app, article, selma, counted) -> None:
    make(selma, "hold-word", subject="quokka")
    few = counted(lambda: says(app, "A walk along the pier."))
    for n in range(10):
        make(selma, "hold-host", subject=f"shop{n}.example")
    assert counted(lambda: says(app, "Another walk along the pier.")) == few


def test_the_page_asks_as_many_questions_for_one_as_for_many(article, selma: Person, counted) -> None:
    make(selma, "hold-word", subject="quokka")
    few = counted(lambda: selma.get("/desk/rules"))
    for n in range(10):
        make(selma, "hold-host", subject=f"shop{n}.example")
    assert counted(lambda: selma.get("/desk/rules")) == few


def test_eve_may_do_none_of_it(article, eve: Person) -> None:
    assert eve.get("/desk/rules").status_code == 303
    assert eve.post("/desk/rules", {"kind": "hold-word", "subject": "lamp", **WHY}).status_code == 401


def test_a_rule_about_a_reader_outlives_a_new_root_key(app, article, runner, selma: Person) -> None:
    first = says(app, "The pier is nice.", "Mallory", network=3)
    make(selma, "hold-network", comment_id=first)
    assert runner.invoke(args=["privacy", "rotate-keys"]).exit_code == 0
    assert status_of(selma, says(app, "The harbour is nice as well.", "Ada", network=3)) == "held"
    assert status_of(selma, says(app, "The harbour is quiet today.", "Ada", network=4)) == "approved"
    page = selma.get("/desk/rules/preview", query_string={**WHY, "kind": "hold-network", "comment_id": "2"})
    assert "The pier is nice." in page.text
    assert "What stands already" in selma.get("/desk/comments/2/rules").text
    with app.app_context():
        until = db.session.get_one(Rule, 1).until
        assert rights.recognised_until(parts().vault) >= until


def test_nobody_makes_a_rule_of_an_ending_that_everybody_shares(article, selma: Person) -> None:
    for ending in ("co.uk", "github.io", "https://www.co.uk/"):
        answer = selma.post("/desk/rules", {"kind": "spam-host", "subject": ending, **WHY})
        assert answer.status_code == 422, ending
        assert "anybody may have a site" in answer.text


def test_a_preview_lists_no_comment_whose_link_was_taken_out(make_app) -> None:
    app = make_app(hold_everything=True)
    add_article(app)
    selma = signed_in(app, "selma", Role.SENIOR)
    mended = says(app, "A fair word about the pier http://shop-of-lamps.example/x", network=1)
    linked = says(app, "Lamps are at http://shop-of-lamps.example/y", network=2)
    words = {"words": "A fair word about the pier", "version": "1"}
    assert selma.post(f"/desk/comments/{mended}/text", words).status_code == 303
    asked = {"kind": "spam-host", "subject": "shop-of-lamps.example", "reason": "x", "days": "7"}
    page = selma.get("/desk/rules/preview", query_string=asked).text
    assert f'value="{linked}:1"' in page
    assert f'value="{mended}:2"' not in page

"""Every page, in light and dark, with the checks of axe."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from moderation import moderators
from moderation.vocabulary import Mode, Role
from tests.campaign_stories import ADVERTS, spun
from tests.conftest import PASSWORD, add_article, signed_in
from tests.e2e.steps import press, sign_in
from tests.people import Person, number_in

pytestmark = pytest.mark.e2e

PITCH = "Best online casino bonus!!! Cheap pills, visit http://win.example.net now, earn $5000 a week"


def test_axe_finds_nothing_on_the_readers_pages(scripted: Page, app: Flask) -> None:
    ada = Person(app, "Ada", "ada@example.org")
    add_article(app)
    add_article(app, key="the-bread", title="The bread", mode=Mode.HOLDING)
    add_article(app, key="the-past", title="The past", mode=Mode.CLOSED)
    first = number_in(ada.comment("Does the seven o'clock boat take bicycles?"))
    ada.comment("It does.", comment_parent=first)
    held = ada.comment("And the eight o'clock one?", article="the-bread").location
    for path in (
        "/",
        "/articles/the-ferry",
        f"/articles/the-ferry?replytocom={first}",
        "/articles/the-past",
        "/privacy",
        "/yours",
        held,
        "/nope",
    ):
        scripted.goto(path)
        assert violations(scripted) == [], path
    scripted.goto("/articles/the-ferry")
    scripted.get_by_role("button", name="Post Comment").click()
    scripted.get_by_role("alert").wait_for()
    assert violations(scripted) == [], "the form with faults"


def test_axe_finds_nothing_at_the_desk(scripted: Page, app: Flask, make_app: Callable[..., Flask]) -> None:
    ada = Person(app, "Ada", "ada@example.org")
    add_article(app, mode=Mode.HOLDING)
    first = number_in(ada.comment("Does the seven o'clock boat take bicycles? <b>Ours</b> did."))
    ada.comment(PITCH, url="http://win.example.net")
    scripted.goto("/desk/")
    assert violations(scripted) == [], "sign-in"
    with app.app_context():
        moderators.add("max", Role.MODERATOR, PASSWORD, datetime.now(UTC))
    sign_in(scripted, password="not the password")
    assert violations(scripted) == [], "sign-in refused"
    sign_in(scripted)
    expect(scripted.get_by_role("button", name="Sign out", exact=True)).to_be_attached()
    for path in (
        "/desk/",
        "/desk/?view=spam",
        "/desk/?view=rejected",
        "/desk/?view=all",
        f"/desk/comments/{first}",
        "/desk/articles",
        "/desk/account",
        "/desk/nope",
    ):
        scripted.goto(path)
        assert violations(scripted) == [], path


AXE = Axe()
BY_SCHEME = ["color-contrast", "link-in-text-block"]


def violations(page: Page) -> list[str]:
    """What axe finds, in the light and then in the dark; there it looks at what the dark changes."""
    page.emulate_media(
        color_scheme="light", reduced_motion="reduce"
    )  # a colour that fades in is not there yet
    found = AXE.run(page).response["violations"]
    page.emulate_media(color_scheme="dark")
    found += page.evaluate("async only => (await axe.run({runOnly: only})).violations", BY_SCHEME)
    page.emulate_media(color_scheme="light")
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


def test_axe_finds_nothing_where_things_are_found(scripted: Page, app: Flask) -> None:
    add_article(app, mode=Mode.HOLDING)
    add_article(app, key="the-bread", title="The bread")
    said = number_in(Person(app, "Ada", "ada@example.org").comment("A fine loaf.", article="the-bread"))
    chance = random.Random(1)
    for n in range(4):
        mallory = Person(app, f"Mallory {n}", "mallory@example.net")
        mallory.comment(spun(ADVERTS[0], chance), **{"wp-comment-cookies-consent": "yes"})
    selma = signed_in(app, "selma", Role.SENIOR)
    rule = {"kind": "hold-word", "subject": "quokka", "reason": "A thread that boiled over", "days": "7"}
    selma.post("/desk/rules", rule)
    sign_in(scripted, "selma")
    expect(scripted.get_by_role("button", name="Sign out", exact=True)).to_be_attached()
    for path in (
        "/desk/campaigns/",
        "/desk/campaigns/1",
        "/desk/campaigns/1?part=out",
        "/desk/search",
        "/desk/search?q=clock",
        "/desk/search?q=nothing",
        "/desk/rules",
        f"/desk/comments/{said + 1}/rules",
        "/desk/rules/preview?kind=hold-word&subject=loaf&reason=so&days=7",
        "/desk/rules/preview?kind=hold-host&subject=x&reason=&days=7",
        "/desk/pause",
        "/desk/house-rules",
        "/desk/reports",
        "/house-rules",
        f"/comments/{said}/report",
        "/reported",
    ):
        scripted.goto(path)
        assert violations(scripted) == [], path
        is_too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not scripted.evaluate(is_too_wide), path


def test_the_focus_stands_at_what_needs_mending(scripted: Page, app: Flask) -> None:
    add_article(app)
    signed_in(app, "selma", Role.SENIOR)
    sign_in(scripted, "selma")
    for path, field, typed, button in (
        ("/desk/house-rules", "The rules", " ", "Set the house rules"),
        ("/desk/pause", "Why, for colleagues", "Ask ada@example.org", "Let every comment wait"),
        ("/desk/rules", "Host or word", "", "See what it would move"),
    ):
        scripted.goto(path)
        scripted.get_by_label(field).fill(typed)
        press(scripted, button)
        expect(scripted.get_by_label(field)).to_be_focused()

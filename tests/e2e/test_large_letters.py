"""Letters twice as large on a phone: everything is still there, and no page is wider than the window."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page

from moderation import learning, moderators
from moderation.parts import parts
from moderation.vocabulary import Mode, Role
from tests.campaign_stories import ADVERTS, spun
from tests.conftest import PASSWORD, add_article, signed_in
from tests.e2e.steps import press, sign_in
from tests.learned import CAMPAIGN, KINDLY, House
from tests.people import Person, number_in

pytestmark = pytest.mark.e2e

LONG = "Wilhelmine Rechtsschutzversicherungsgesellschaft"
ENLARGE = """
  document.documentElement.style.fontSize = '200%';
  document.querySelectorAll('details').forEach((each) => { each.open = true; });
"""
TOO_WIDE = """() => {
  const most = document.documentElement.clientWidth;
  const isWide = (each) => each.getBoundingClientRect().right > most && !each.closest('.desk-nav, .wide');
  if (document.documentElement.scrollWidth <= most) return [];
  return [...document.querySelectorAll('main *')].filter(isWide).map((each) => each.outerHTML.slice(0, 80));
}"""


@pytest.fixture
def house(app: Flask) -> Flask:
    """A house where something of each kind has happened."""
    article = add_article(app)
    with app.app_context():
        root = moderators.add("root", Role.ADMIN, PASSWORD, datetime.now(UTC))
        moderators.add("moritz", Role.MODERATOR, PASSWORD, datetime.now(UTC))
        moderators.disable("moritz", datetime.now(UTC))
        home = House(app, article.id)
        home.now = datetime.now(UTC) - timedelta(days=1)
        home.teaches(root, CAMPAIGN, KINDLY)
        learning.learn(home.now, by=root)
        learning.keep_figures(parts().scorer, datetime.now(UTC))
    add_article(app, key="the-bread", title="The bread", mode=Mode.HOLDING)
    add_article(app, key="the-past", title="The past", mode=Mode.CLOSED)
    chance = random.Random(1)
    for n in range(4):
        mallory = Person(app, f"Mallory {n}", "mallory@example.net")
        mallory.comment(spun(ADVERTS[0], chance), **{"wp-comment-cookies-consent": "yes"})
    selma = signed_in(app, LONG, Role.SENIOR)
    rule = {"kind": "hold-word", "subject": "quokka", "reason": "A thread that boiled over", "days": "7"}
    selma.post("/desk/rules", rule)
    selma.post("/desk/house-rules", {"text": "Be kind."})
    return app


def test_no_page_is_wider_than_a_phone_with_letters_twice_as_large(scripted: Page, house: Flask) -> None:
    scripted.set_viewport_size({"width": 360, "height": 740})
    ada = Person(house, LONG, "ada@example.org")
    said = number_in(ada.comment("A fine loaf.", article="the-bread", url="http://a-long-name.example.org/x"))
    max_ = signed_in(house, "max", Role.MODERATOR)
    max_.post("/desk/decisions", {"action": "approve", "comment": f"{said}:1"})
    for path in (
        "/",
        "/articles/the-ferry",
        f"/articles/the-bread?replytocom={said}",
        "/articles/the-past",
        "/privacy",
        "/yours",
        "/house-rules",
        f"/comments/{said}/report",
        "/desk/sign-in",
    ):
        scripted.goto(path)
        assert too_wide(scripted) == [], path
    sign_in(scripted, "root")
    for path in (
        "/desk/",
        "/desk/?view=check",
        f"/desk/?focus={said}&view=approved",
        "/desk/fine",
        "/desk/spam/empty",
        "/desk/search?q=clock",
        f"/desk/comments/{said}",
        f"/desk/comments/{said}/rules",
        f"/desk/comments/{said}/address",
        "/desk/campaigns/",
        "/desk/campaigns/1?part=out",
        "/desk/reports",
        "/desk/rules",
        "/desk/rules/preview?kind=hold-word&subject=loaf&reason=so&days=7",
        "/desk/pause",
        "/desk/house-rules",
        "/desk/classifier",
        "/desk/classifier/thresholds?published_spam=10&held_ham=1&lost_ham=7&look=0.5",
        "/desk/classifier/thresholds?published_spam=much",
        "/desk/articles",
        "/desk/people",
        "/desk/people/1",
        "/desk/people/2",
        "/desk/people/3",
        "/desk/audit",
        "/desk/account",
    ):
        scripted.goto(path)
        assert too_wide(scripted) == [], path
    scripted.locator("#factors_current").fill(PASSWORD)
    press(scripted, "Set up an authenticator app")
    assert too_wide(scripted) == [], "setting up an authenticator"


def too_wide(page: Page) -> list[str]:
    page.evaluate(ENLARGE)
    return page.evaluate(TOO_WIDE)


def test_a_long_name_in_the_trail_can_be_read_on_a_phone(scripted: Page, house: Flask) -> None:
    scripted.set_viewport_size({"width": 360, "height": 740})
    sign_in(scripted, "root")
    scripted.goto("/desk/audit")
    who = scripted.locator(".trail-who").filter(has_text=LONG).first
    assert who.evaluate("(cell) => cell.scrollWidth <= cell.clientWidth")

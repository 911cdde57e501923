"""The classifier's pages in a real browser: with and without script, on a phone, in light and dark."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from moderation import learning, moderators
from moderation.parts import parts
from moderation.vocabulary import Role
from tests.conftest import PASSWORD, add_article
from tests.e2e.steps import sign_in
from tests.e2e.test_accessibility import violations
from tests.learned import CAMPAIGN, KINDLY, House

pytestmark = pytest.mark.e2e


@pytest.fixture
def taught(app: Flask) -> Flask:
    """Two dozen of either were decided on, and a version was learned from them."""
    article = add_article(app)
    with app.app_context():
        root = moderators.add("root", Role.ADMIN, PASSWORD, datetime.now(UTC))
        home = House(app, article.id)
        home.now = datetime.now(UTC) - timedelta(days=1)
        home.teaches(root, CAMPAIGN, KINDLY)
        learning.learn(home.now, by=root)
        learning.keep_figures(parts().scorer, datetime.now(UTC))
    return app


def test_root_sees_what_costs_would_do_saves_them_and_takes_them_back(page: Page, taught: Flask) -> None:
    sign_in(page, "root", at="/desk/")
    page.goto("/desk/classifier")
    page.get_by_role("link", name="Costs and thresholds").click()
    page.locator("#published_spam").fill("10")
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_role("heading", name="What it would do")).to_be_visible()
    page.get_by_role("button", name="Save these costs").click()
    expect(page.get_by_text("Saved. Comments wait from a score of 9.5 % on")).to_be_visible()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("The costs before are in force again.")).to_be_visible()


def test_root_goes_back_one_version_and_forth(page: Page, taught: Flask) -> None:
    sign_in(page, "root", at="/desk/")
    page.goto("/desk/classifier")
    page.get_by_role("button", name="Go back to the version before").click()
    expect(page.get_by_text("The base works alone now.")).to_be_visible()
    page.get_by_role("button", name="Use this one").click()
    expect(page.get_by_text("is in use now.")).to_be_visible()


def test_a_slider_and_its_number_follow_each_other(scripted: Page, taught: Flask) -> None:
    sign_in(scripted, "root", at="/desk/")
    scripted.goto("/desk/classifier/thresholds")
    slider = scripted.get_by_role("slider", name="Spam on the page")
    before = slider.input_value()
    scripted.locator("#published_spam").fill("1000")
    assert slider.input_value() > before
    slider.press("Home")
    expect(scripted.locator("#published_spam")).to_have_value("0.01")
    slider.press("End")
    expect(scripted.locator("#published_spam")).to_have_value("1000")


def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(scripted: Page, taught: Flask) -> None:
    sign_in(scripted, "root", at="/desk/")
    for width in (360, 1280):
        scripted.set_viewport_size({"width": width, "height": 800})
        for path in (
            "/desk/classifier",
            "/desk/classifier/thresholds",
            "/desk/classifier/thresholds?published_spam=10&held_ham=1&lost_ham=7&look=0.5",
            "/desk/classifier/thresholds?published_spam=much",
            "/desk/?view=check",
            "/desk/?view=again",
        ):
            scripted.goto(path)
            scripted.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            assert violations(scripted) == [], path
            page_is_wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            assert not scripted.evaluate(page_is_wider), path

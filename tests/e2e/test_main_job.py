"""The main job in a real browser: ada posts, max decides, everybody reads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from models import Article
from moderation import moderators
from moderation.vocabulary import Mode, Role
from tests.conftest import PASSWORD, add_article
from tests.e2e.steps import sign_in
from tests.people import Person, number_in

pytestmark = pytest.mark.e2e

WORDS = "The lamp on the second pier has been out since Tuesday."


def write(page: Page, words: str, name: str = "Ada", email: str = "ada@example.org") -> None:
    page.locator("#comment").fill(words)
    page.locator("#author").fill(name)
    page.locator("#email").fill(email)
    page.get_by_role("button", name="Post Comment").click()


def employed(app: Flask) -> None:
    with app.app_context():
        moderators.add("max", Role.MODERATOR, PASSWORD, datetime.now(UTC))


def test_ada_posts_max_approves_and_everybody_reads(page: Page, app: Flask) -> None:
    add_article(app, mode=Mode.HOLDING)
    page.goto("/articles/the-ferry")
    write(page, WORDS)
    expect(page.get_by_text("Your comment is awaiting moderation")).to_be_visible()
    expect(page.get_by_text(WORDS)).to_be_visible()
    page.goto("/articles/the-ferry")
    expect(page.get_by_text(WORDS)).to_have_count(0)

    employed(app)
    sign_in(page, at="/desk/")
    in_focus = page.locator("#bench .entry-said")
    expect(in_focus).to_contain_text(WORDS)
    page.locator("#bench").get_by_role("button", name="Approve").click()
    expect(in_focus).to_have_count(0)
    expect(page.get_by_text("1 comment approved.")).to_be_visible()

    page.goto("/articles/the-ferry")
    expect(page.get_by_text(WORDS)).to_be_visible()
    expect(page.get_by_role("heading", name="1 comment")).to_be_visible()


def test_faults_come_back_with_everything_typed(page: Page, article: Article) -> None:
    page.goto("/articles/the-ferry")
    write(page, WORDS, email="ada at home")
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("not a complete email address")
    expect(page.locator("#comment")).to_have_value(WORDS)
    expect(page.locator("#email")).to_have_value("ada at home")
    expect(page.locator("#email")).to_have_attribute("aria-invalid", "true")
    page.locator("#email").fill("ada@example.org")
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator("li.comment")).to_contain_text(WORDS)


@pytest.mark.parametrize("keys", ["", "Control+Enter"], ids=["by click", "by key"])
def test_after_a_refused_form_ada_stands_at_what_needs_mending(
    scripted: Page, article: Article, keys: str
) -> None:
    scripted.goto("/articles/the-ferry")
    with scripted.expect_navigation():
        if keys:
            scripted.locator("#comment").press(keys)
        else:
            scripted.get_by_role("button", name="Post Comment").click()
    scripted.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    expect(scripted.locator("#faults")).to_be_focused()


def test_ada_answers_another_comment(page: Page, ada: Person, article: Article) -> None:
    first = number_in(ada.comment("Does the seven o'clock boat take bicycles?"))
    page.goto("/articles/the-ferry")
    page.locator(f"#comment-{first}").get_by_role("link", name="Reply").click()
    expect(page.get_by_role("heading", name="Leave a Reply to Ada")).to_be_visible()
    write(page, "It does, on the lower deck.", name="Grace")
    expect(page.locator(f"#comment-{first} li.comment")).to_contain_text("lower deck")


def test_a_reply_can_be_cancelled_and_keeps_what_was_typed(
    scripted: Page, ada: Person, article: Article
) -> None:
    first = number_in(ada.comment("Does the seven o'clock boat take bicycles?"))
    scripted.goto("/articles/the-ferry")
    scripted.locator("#comment").fill("Half a thought")
    scripted.locator(f"#comment-{first}").get_by_role("link", name="Reply").click()
    expect(scripted.locator("#comment_parent")).to_have_value(str(first))
    scripted.locator("#cancel-comment-reply-link").click()
    expect(scripted.locator("#comment_parent")).to_have_value("0")
    expect(scripted.locator("#comment")).to_have_value("Half a thought")


def test_a_draft_survives_a_reload_and_goes_when_it_was_posted(scripted: Page, article: Article) -> None:
    scripted.goto("/articles/the-ferry")
    scripted.locator("#comment").fill(WORDS)
    scripted.reload()
    expect(scripted.locator("#comment")).to_have_value(WORDS)
    write(scripted, WORDS)
    expect(scripted.locator("li.comment")).to_contain_text(WORDS)
    expect(scripted.locator("#comment")).to_have_value("")
    scripted.reload()
    expect(scripted.locator("#comment")).to_have_value("")


def test_only_the_box_keeps_a_name_and_never_an_address(scripted: Page, article: Article) -> None:
    scripted.goto("/articles/the-ferry")
    write(scripted, WORDS)
    scripted.goto("/articles/the-ferry")
    expect(scripted.locator("#author")).to_have_value("")
    scripted.locator("#wp-comment-cookies-consent").check()
    write(scripted, "A second thought about the lamp.")
    scripted.goto("/articles/the-ferry")
    expect(scripted.locator("#author")).to_have_value("Ada")
    expect(scripted.locator("#email")).to_have_value("")
    kept = scripted.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "example.org" not in kept


def test_a_wrong_decision_is_taken_back_where_it_was_made(page: Page, app: Flask) -> None:
    add_article(app, mode=Mode.HOLDING)
    Person(app, "Ada", "ada@example.org").comment(WORDS)
    employed(app)
    sign_in(page, at="/desk/")
    in_focus = page.locator("#bench .entry-said")
    page.locator("#bench").get_by_role("button", name="Spam").click()
    expect(in_focus).to_have_count(0)
    page.get_by_role("button", name="Undo").first.click()
    expect(in_focus).to_contain_text(WORDS)

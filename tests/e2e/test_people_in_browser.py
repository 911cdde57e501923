"""Getting in and looking after who may, in a real browser: a passkey, an authenticator, an invitation, the trail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Browser, CDPSession, Page, expect
from sqlalchemy import update

from models import Session, writing
from moderation import moderators
from moderation.vocabulary import Mode, Role
from tests.conftest import PASSWORD, add_article
from tests.e2e.conftest import _watched
from tests.e2e.steps import press, sign_in
from tests.e2e.test_accessibility import violations
from tests.people import Person

pytestmark = pytest.mark.e2e

WORDS = "The lamp on the second pier has been out since Tuesday."


@pytest.fixture
def app(make_app: Any) -> Flask:
    return make_app(limit_sign_ins="1000 per minute", limit_sign_ins_per_account="1000 per minute")


@pytest.fixture
def named(browser: Browser, site: str) -> Iterator[Page]:
    """A page at a host that has a name: passkeys are bound to names, never to numbers."""
    yield from _watched(browser, site.replace("127.0.0.1", "localhost"), java_script_enabled=True)


@pytest.fixture
def phone(named: Page) -> CDPSession:
    """A phone that keeps passkeys, and whose owner lifts a finger whenever asked."""
    wire = named.context.new_cdp_session(named)
    wire.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    wire.authenticator = wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})[
        "authenticatorId"
    ]  # type: ignore[attr-defined]
    return wire


def account(app: Flask, name: str = "max", role: Role = Role.MODERATOR) -> None:
    with app.app_context():
        moderators.add(name, role, PASSWORD, datetime.now(UTC))


def add_passkey(page: Page) -> None:
    page.goto("/desk/account")
    page.locator("#factors_current").fill(PASSWORD)
    page.get_by_label("Name of a new passkey").fill("Kitchen phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()


def test_max_adds_a_passkey_and_signs_in_by_it_alone(app: Flask, named: Page, phone: CDPSession) -> None:
    account(app)
    sign_in(named)
    add_passkey(named)
    expect(named.get_by_text("Kitchen phone").first).to_be_visible()
    named.get_by_role("button", name="Sign out", exact=True).click()
    named.get_by_role("button", name="Sign in with a passkey").click()
    expect(named.get_by_role("heading", name="Held comments")).to_be_visible()
    named.goto("/desk/account")
    expect(named.get_by_text("by passkey")).to_be_visible()


def test_a_passkey_is_the_second_step_of_a_password(app: Flask, named: Page, phone: CDPSession) -> None:
    account(app)
    sign_in(named)
    add_passkey(named)
    named.get_by_role("button", name="Sign out", exact=True).click()
    sign_in(named)
    expect(named.get_by_role("heading", name="One more step")).to_be_visible()
    assert violations(named) == []
    named.get_by_role("button", name="Use a passkey").click()
    expect(named.get_by_role("heading", name="Held comments")).to_be_visible()


def test_a_passkey_that_was_removed_or_whose_owner_is_disabled_opens_nothing(
    app: Flask, named: Page, phone: CDPSession
) -> None:
    account(app)
    sign_in(named)
    add_passkey(named)
    with app.app_context():
        moderators.disable("max", datetime.now(UTC))
    named.goto("/desk/")
    named.get_by_role("button", name="Sign in with a passkey").click()
    expect(named.get_by_role("alert")).to_contain_text("This passkey is not known here")
    account(app)  # brought back; the passkey still is theirs
    named.get_by_role("button", name="Sign in with a passkey").click()
    expect(named.get_by_role("heading", name="Held comments")).to_be_visible()
    named.goto("/desk/account")
    named.locator("#factors_current").fill(PASSWORD)
    named.get_by_role("button", name="Remove Kitchen phone").click()
    named.get_by_role("button", name="Sign out", exact=True).click()
    named.get_by_role("button", name="Sign in with a passkey").click()
    expect(named.get_by_role("alert")).to_contain_text("This passkey is not known here")


def test_a_passkey_of_a_wrong_finger_is_told_in_place(app: Flask, named: Page, phone: CDPSession) -> None:
    account(app)
    sign_in(named)
    add_passkey(named)
    named.get_by_role("button", name="Sign out", exact=True).click()
    phone.send(
        "WebAuthn.setUserVerified",
        {"authenticatorId": phone.authenticator, "isUserVerified": False},  # type: ignore[attr-defined]
    )
    named.get_by_role("button", name="Sign in with a passkey").click()
    expect(named.get_by_role("status").filter(has_text="No passkey was used")).to_be_visible()
    expect(named.get_by_label("Password")).to_be_visible()


def test_what_a_passkey_signed_counts_once(app: Flask, named: Page, phone: CDPSession) -> None:
    account(app)
    sign_in(named)
    add_passkey(named)
    named.get_by_role("button", name="Sign out", exact=True).click()
    sent: list[str] = []
    named.on(
        "request",
        lambda asked: sent.append(asked.post_data or "") if "sign-in/passkey" in asked.url else None,
    )
    named.get_by_role("button", name="Sign in with a passkey").click()
    expect(named.get_by_role("heading", name="Held comments")).to_be_visible()
    from urllib.parse import parse_qs

    signed = {name: values[0] for name, values in parse_qs(sent[0]).items()}
    again = Person(app, "Eve", "").post(
        "/desk/sign-in/passkey",
        signed,
        base_url=re.match(r"http://[^/]+", named.url)[0],  # type: ignore[index]
    )
    assert again.status_code == 401


def test_an_authenticator_is_set_up_and_used(page: Page, app: Flask) -> None:
    account(app)
    sign_in(page)
    page.goto("/desk/account")
    page.locator("#factors_current").fill(PASSWORD)
    page.get_by_role("button", name="Set up an authenticator app").click()
    expect(page.locator("svg.qr")).to_be_visible()
    box = page.locator("svg.qr").bounding_box()
    assert box
    assert box["width"] == box["height"] > 200
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("Type the six digits").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Put it to use").click()
    code = page.locator(".codes code").first.inner_text()
    page.get_by_role("button", name="Sign out", exact=True).click()
    sign_in(page)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Held comments")).to_be_visible()


def test_enter_at_the_present_password_removes_nothing(page: Page, app: Flask) -> None:
    account(app)
    sign_in(page)
    page.goto("/desk/account")
    page.locator("#factors_current").fill(PASSWORD)
    page.locator("#factors_current").press("Enter")
    expect(page.get_by_role("heading", name="Set up an authenticator")).to_be_visible()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("Type the six digits").fill(pyotp.TOTP(secret).now())
    page.get_by_label("Type the six digits").press("Enter")
    page.goto("/desk/account")
    page.locator("#factors_current").fill(PASSWORD)
    page.locator("#factors_current").press("Enter")
    expect(page.get_by_role("heading", name="Set up an authenticator")).to_be_visible()
    page.goto("/desk/account")
    expect(page.get_by_text("10 recovery codes left")).to_be_visible()


def test_root_lets_leyla_in_and_out_again(page: Page, app: Flask, browser: Browser, site: str) -> None:
    account(app, "root", Role.ADMIN)
    sign_in(page, "root")
    page.get_by_role("link", name="People").click()
    page.get_by_label("Name").fill("Leyla")
    page.get_by_label("Role").select_option("senior")
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_label("The link").input_value()
    theirs = browser.new_context(base_url=site, java_script_enabled=False).new_page()
    theirs.goto(link)
    theirs.get_by_label("Password").fill("seven lanterns by the sea")
    theirs.get_by_role("button", name="Choose it").click()
    expect(theirs.get_by_role("heading", name="Held comments")).to_be_visible()
    page.get_by_role("link", name="People").click()
    page.get_by_role("link", name="Leyla").click()
    page.get_by_role("button", name="Disable this account").click()
    expect(page.get_by_role("status")).to_contain_text("signed out everywhere")
    theirs.reload()
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()
    theirs.context.close()


def test_a_session_that_is_lost_in_the_middle_of_a_decision_loses_nothing(page: Page, app: Flask) -> None:
    add_article(app, mode=Mode.HOLDING)
    Person(app, "Ada", "ada@example.org").comment(WORDS)
    account(app)
    sign_in(page)
    page.goto("/desk/comments/1")
    with app.app_context(), writing() as session:
        session.execute(update(Session).values(ended_at=datetime.now(UTC)))
    page.get_by_role("button", name="Approve", exact=True).last.click()
    expect(page.get_by_text("nothing was changed")).to_be_visible()
    page.get_by_label("Name").fill("max")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Approve 1 comment.")).to_be_visible()
    page.get_by_role("button", name="Do it now").click()
    page.goto("/articles/the-ferry")
    expect(page.get_by_text(WORDS)).to_be_visible()


def test_axe_finds_nothing_and_nothing_is_wider_than_a_small_phone(scripted: Page, app: Flask) -> None:
    scripted.set_viewport_size({"width": 320, "height": 640})
    add_article(app)
    Person(app, "Ada", "ada@example.org").comment(WORDS)
    account(app, "root", Role.ADMIN)
    account(app, "Wilhelmine Rechtsschutzversicherungsgesellschaft Hohenstein")
    account(app, "moritz")
    with app.app_context():
        moderators.disable("moritz", datetime.now(UTC))
    sign_in(scripted, "root")
    for path in (
        "/desk/people",
        "/desk/people/1",
        "/desk/people/2",
        "/desk/people/3",
        "/desk/audit",
        "/desk/audit?what=by-people",
        "/desk/account",
        "/desk/comments/1/address",
    ):
        scripted.goto(path)
        looked_at(scripted, path)
    scripted.get_by_label("Why").fill("no")
    press(scripted, "Show the address")
    looked_at(scripted, "no reason")
    scripted.get_by_label("Why").fill("Ada asked us by letter to erase it.")
    press(scripted, "Show the address")
    looked_at(scripted, "an address")
    scripted.goto("/desk/account")
    scripted.locator("#factors_current").fill(PASSWORD)
    press(scripted, "Set up an authenticator app")
    looked_at(scripted, "setting up")
    secret = scripted.locator(".secret").inner_text().replace(" ", "")
    scripted.get_by_label("Type the six digits").fill(pyotp.TOTP(secret).now())
    press(scripted, "Put it to use")
    looked_at(scripted, "recovery codes")
    scripted.goto("/desk/account")
    looked_at(scripted, "an account with a second step")
    scripted.goto("/desk/people")
    scripted.get_by_label("Name").fill("Leyla")
    press(scripted, "Make the link")
    looked_at(scripted, "a link")
    link = scripted.get_by_label("The link").input_value()
    scripted.goto("/desk/people")
    looked_at(scripted, "people with a link")
    press(scripted, "Sign out")
    scripted.goto(link)
    looked_at(scripted, "an invitation")
    sign_in(scripted, "root")
    looked_at(scripted, "the second step")


def looked_at(page: Page, where: str) -> None:
    assert violations(page) == [], where
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, where

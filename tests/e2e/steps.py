"""What people do in several of the stories."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.conftest import PASSWORD


def press(page: Page, button: str) -> None:
    """Press it, and wait for the page that comes of it: who looks at once may still see the one before."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def sign_in(page: Page, name: str = "max", at: str = "/desk/sign-in", password: str = PASSWORD) -> None:
    """Go there, be asked who one is, and say it."""
    page.goto(at)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    press(page, "Sign in")

"""A real server and a real browser."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from werkzeug.serving import make_server

PATIENCE = 30_000
"""Milliseconds that a page may take: a busy machine is no fault of the page's."""

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all stories."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, headless=True, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """Where the app of this test answers."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Page]:
    """A phone-sized page, once with script and once without; whatever the browser complains of fails the test."""
    yield from _watched(browser, site, java_script_enabled=request.param)


@pytest.fixture
def scripted(browser: Browser, site: str) -> Iterator[Page]:
    """A page with script, for what script alone does."""
    yield from _watched(browser, site, java_script_enabled=True)


def _watched(browser: Browser, site: str, *, java_script_enabled: bool) -> Iterator[Page]:
    context = browser.new_context(
        base_url=site, java_script_enabled=java_script_enabled, viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    outside: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: outside.append(asked.url) if not asked.url.startswith(site) else None)
    yield page
    context.close()
    assert complaints == []
    assert outside == []


def _is_complaint(said: ConsoleMessage) -> bool:
    """An answer of 4xx is a console error too, and none of ours."""
    return said.type in {"error", "warning"} and "Failed to load resource" not in said.text

"""Five hundred hostile strings in a real browser: none runs, nothing leaves the host, the policy reports nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import Page

from models import Comment, db
from moderation import moderators
from moderation.errors import GatepostError
from moderation.intake import Circumstances
from moderation.parts import parts
from moderation.review import Target
from moderation.vocabulary import Action, Role
from tests.conftest import PASSWORD, add_article
from tests.hostile import HOSTILE, WEBSITES

pytestmark = pytest.mark.e2e

_WATCHED = """
window.ran = [];
window.boom = () => window.ran.push("boom");
window.alert = window.boom;
document.addEventListener("securitypolicyviolation", (event) => window.ran.push(event.violatedDirective));
"""


@pytest.fixture
def posted(app: Flask) -> int:
    """All of them as text, name and link, half of them public; returns how many were taken in."""
    article = add_article(app)
    now, taken = datetime.now(UTC), {}
    with app.app_context():
        moderators.add("root", Role.ADMIN, PASSWORD, now)
        for n, hostile in enumerate(HOSTILE):
            fields = {
                "comment": f"{hostile}\n{n}",
                "author": HOSTILE[-n][:200] or "x",
                "email": f"reader{n}@example.org",
                "url": WEBSITES[n % len(WEBSITES)] if n % 3 == 0 else "",
            }
            for each in (fields, {**fields, "url": ""}, {**fields, "url": "", "author": f"Reader {n}"}):
                try:
                    receipt = parts().intake.submit(article.id, each, Circumstances("192.0.2.0/24"), now)
                except GatepostError:
                    continue
                taken[receipt.comment_id] = Action.APPROVE if n % 2 else Action.HOLD
                break
        for action in (Action.APPROVE, Action.HOLD):  # together: after each, all would be learned from anew
            numbers = [number for number, wanted in taken.items() if wanted is action]
            seen = [Target(number, db.session.get_one(Comment, number).version) for number in numbers]
            parts().review.decide(1, action, seen, now, batch=action.ljust(32, "-"))
    return len(taken)


def test_p13_no_hostile_string_runs_on_any_page(app: Flask, posted: int, scripted: Page) -> None:
    assert posted >= 500
    scripted.add_init_script(_WATCHED)
    ran: list[str] = []

    def look(path: str) -> None:
        scripted.goto(path)
        for handle in scripted.query_selector_all("main a, main button, main summary")[:40]:
            handle.dispatch_event("mouseover")
            handle.dispatch_event("focus")
        ran.extend(scripted.evaluate("window.ran"))

    further = "/articles/the-ferry"
    for _ in range(8):
        look(further)
        following = scripted.query_selector('a[rel="next"]')
        if following is None:
            break
        further = following.get_attribute("href") or "/"
    look("/articles/the-ferry?replytocom=2")
    look("/comments/2/report")
    scripted.goto("/desk/sign-in")
    scripted.fill("[name=name]", "root")
    scripted.fill("[name=password]", PASSWORD)
    scripted.click("main form button[type=submit], main form button")
    scripted.wait_for_url("**/desk/**")
    for path in (
        "/desk/?view=held",
        "/desk/?view=approved",
        "/desk/?view=all&sort=age",
        "/desk/search?q=script",
        "/desk/search?q=%3Cscript%3Eboom()%3C/script%3E",
        "/desk/campaigns/",
        "/desk/comments/1",
        "/desk/comments/2",
        "/desk/comments/40",
        "/desk/audit",
        "/desk/rules",
    ):
        look(path)
    assert ran == []

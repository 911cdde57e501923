"""The story that the audit plays: readers post, err and come back, moderators decide, everybody looks around.

Each reader leaves an address of their own, so that a find tells what its owner had done. What should happen
and does not is noted: an audit of comments that nobody took in would always be clean.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from models import Campaign, Comment, Decision, Moderator, Note, Rule, Session, db, writing
from moderation import articles, moderators
from moderation.audit.canaries import Canary
from moderation.audit.stage import BROKEN, SCRAPER, Stage
from moderation.audit.tour import look_around
from moderation.vocabulary import Action, Mode, Role, Status

ARTICLES = {
    "audit-open": Mode.OPEN,
    "audit-holding": Mode.HOLDING,
    "audit-closed": Mode.CLOSED,
    "audit-unpublished": Mode.OPEN,
}
SENDER = "answers to the sender"
CROWDED = "/articles/audit-open/comments"
KIND = "The ferry was late again this morning, and the new timetable does not mention it."


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody of a crowd says, signed with a name, and a website or none."""

    text: str
    name: str
    website: str = ""


def tell(set_up: Stage, crowd: Sequence[Words] = ()) -> None:
    """Play the story on this stage, from the first article to the last look around; first comes a crowd, if any."""
    story = Story(set_up)
    story.readers_post()
    story.crowd_posts(crowd)
    story.max_decides()
    story.root_makes_rules()
    story.max_writes()
    story.readers_report()
    story.readers_err()
    story.others_probe()
    story.root_reveals()
    client = set_up.app.test_client
    for name, browser in {
        "anybody": client(),
        "a remembered reader": story.remembered,
        "a moderator": story.signed_in("max", Role.MODERATOR),
        "a senior": story.signed_in("selma", Role.SENIOR),
        "an admin": story.root,
    }.items():
        look_around(set_up, name, browser, story.values())
    scraped = client().get("/metrics", headers={"Authorization": f"Bearer {SCRAPER}"})
    set_up.keep("metrics to a scraper", "GET /metrics", scraped)
    held = [*story.held_links, *story.own_pages()]
    look_around(set_up, "the author of a waiting comment", client(), {}, also=held)


@dataclass(frozen=True)
class Reply:
    """What one reader sends, and the status of the answer to expect; `{address}` stands for the reader's own."""

    deed: str
    expected: int = 303
    fields: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    article: str = "audit-open"
    url: str = ""
    method: str = "POST"
    as_json: bool = False
    has_junk: bool = False
    ip: str = ""

    def filled(self, address: str, hidden: dict[str, str]) -> dict[str, Any]:
        """What the test client has to be told."""
        typed = {
            "comment": KIND,
            "author": self.deed,
            "email": "{address}",
            "url": "",
            **hidden,
            **self.fields,
        }
        fields = {name: value.replace("{address}", address) for name, value in typed.items()}
        headers = {name: value.replace("{address}", address) for name, value in self.headers.items()}
        sent: dict[str, Any] = {"json" if self.as_json else "data": fields}
        if self.has_junk:
            junk = f"email={address}&comment=%ff".encode()
            sent = {"data": junk, "content_type": "application/x-www-form-urlencoded"}
        return {"method": self.method, "headers": {"Sec-Fetch-Site": "same-origin", **headers}, **sent}


FATES = {
    "has a comment approved": Action.APPROVE,
    "has a comment held": Action.HOLD,
    "has a comment called spam": Action.SPAM,
    "has a comment rejected": Action.REJECT,
}
ALSO_APPROVED = ("types the address into the text", "comes from a known network", "answers a comment")
REVEALED = "has a comment approved"
LOOKED_AT = (*FATES, *ALSO_APPROVED)
"""Whose comments are opened one by one; the others are seen in their threads and in the queue."""
WELCOME = (
    *map(Reply, FATES),
    Reply("asks to be remembered", fields={"wp-comment-cookies-consent": "yes"}),
    Reply("comes by the route of other forms", url="/wp-comments-post.php"),
    Reply("sends JSON", as_json=True),
    Reply("fills in what nobody sees", fields={"subject": "x"}),
    Reply("has to wait", article="audit-holding"),
    Reply("asks to go elsewhere", fields={"redirect_to": "/?email={address}"}),
    Reply(
        "names the address as browser and referrer",
        headers={"User-Agent": "{address}", "Referer": "{address}"},
    ),
    Reply("types the address into the text", fields={"comment": f"{KIND} Write to {{address}}, please."}),
    Reply("says something twice", fields={"author": "Twice"}),
    Reply("says something twice", fields={"author": "Twice"}),
)
UNWELCOME = (
    Reply("repeats a comment of yesterday", 409, {"author": "Twice"}),
    Reply("gives no name", 422, {"author": ""}),
    Reply("writes nothing", 422, {"comment": ""}),
    Reply("gives the address as name", 422, {"author": "{address}"}),
    Reply("gives the address as website", 422, {"url": "mailto:{address}"}),
    Reply("mistypes the address", 422, {"email": "{address},"}),
    Reply("answers nobody", 403, {"comment_parent": "99999"}),
    Reply("comes after closing", 403, article="audit-closed"),
    Reply("names an article that is not public", 404, article="audit-unpublished"),
    Reply("names no article", 404, {"comment_post_ID": "99999"}, url="/wp-comments-post.php"),
    Reply("errs in JSON", 422, {"author": ""}, {"Accept": "application/json"}, as_json=True),
    Reply("sends far too much", 413, {"comment": "x" * 1_100_000}),
    Reply("sends junk", 400, has_junk=True),
    Reply("comes from another site", 403, headers={"Sec-Fetch-Site": "cross-site"}),
    Reply("uses another kind of request", 405, method="PUT"),
)


class Story:
    """Who has done what so far."""

    def __init__(self, set_up: Stage) -> None:
        self.set_up = set_up
        self.comments: dict[str, int] = {}
        self.held_links: list[str] = []
        self.remembered = set_up.app.test_client()
        self.password = secrets.token_urlsafe(24)
        self.networks = 0
        with set_up.app.app_context():
            for key, mode in ARTICLES.items():
                articles.add(key, f"About {key}", datetime.now(UTC), body="<p>Words.</p>", mode=mode)
            articles.unpublish("audit-unpublished")
        self.maxine = self.signed_in("maxine", Role.MODERATOR)
        self.root = self.signed_in("root", Role.ADMIN)
        self.signed_in("moritz", Role.MODERATOR)  # whose account the others' empty forms are about

    def values(self) -> dict[str, list[Any]]:
        """What the variable parts of routes may be."""
        with self.set_up.app.app_context():
            decisions = list(db.session.scalars(select(Decision.id).order_by(Decision.id.desc()).limit(2)))
            moritz = db.session.scalars(select(Moderator.id).where(Moderator.name == "moritz")).one()
            sessions = list(db.session.scalars(select(Session.id).where(Session.moderator_id == moritz)))
            campaigns = [self._campaign()]
            rules = list(db.session.scalars(select(Rule.id)))
            notes = list(db.session.scalars(select(Note.id)))
        return {
            "key": list(ARTICLES),
            "comment_id": [self.comments[deed] for deed in LOOKED_AT],
            "decision_id": decisions,
            "moderator_id": [moritz],
            "session_id": sessions,
            "credential_id": [1],
            "invitation_id": [1],
            "campaign_id": campaigns,
            "rule_id": rules,
            "note_id": notes,
        }

    def _campaign(self) -> int:
        """A campaign to look at; comments by one hand are another story."""
        found = db.session.scalar(select(Campaign.id).limit(1))
        if found is None:
            with writing() as session:
                row = Campaign(found_at=datetime.now(UTC), latest_at=datetime.now(UTC))
                session.add(row)
                session.flush()
                found = row.id
        return found

    def signed_in(self, name: str, role: Role) -> FlaskClient:
        """A browser in which this person is signed in at the desk."""
        with self.set_up.app.app_context():
            moderators.add(name, role, self.password, datetime.now(UTC))
        client = self.set_up.app.test_client()
        answer = self._change(client, "/desk/sign-in", {"name": name, "password": self.password})
        self.set_up.expect(f"{name} signs in", 303, answer.status_code)
        return client

    def readers_post(self) -> None:
        """Comments come in by every way in; of one reader the network's address is looked for as well."""
        for reply in WELCOME:
            self._post(reply, self.remembered if "remembered" in reply.deed else None)
        known = Canary("an address of a network", self._ip(secrets.randbelow(250) + 1))
        self.set_up.canaries.append(known)
        self._post(Reply("comes from a known network", ip=known.text))

    def crowd_posts(self, crowd: Sequence[Words]) -> None:
        """Many more comments, each with an address of its own; what the form refuses is sent in a plainer way."""
        stored, page = 0, self.set_up.app.test_client().get("/articles/audit-open").text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)"[^>]* value="([^"]*)"', page))
        for n, words in enumerate(crowd):
            canary = self.set_up.canary(f"is number {n} of the crowd")
            typed = {"comment": words.text, "author": words.name, "url": words.website, "email": canary.text}
            typed |= hidden
            plainer = {**typed, "author": f"Reader {n}", "url": ""}
            for fields in (typed, plainer):
                visitor = {"REMOTE_ADDR": self._ip(7)}
                headers = {"Sec-Fetch-Site": "same-origin"}
                client = self.set_up.app.test_client()
                answer = client.post(CROWDED, data=fields, headers=headers, environ_base=visitor)
                self.set_up.keep("answers to the crowd", f"{CROWDED}: {n}", answer, canary)
                if answer.status_code != 422:
                    break
            stored += answer.status_code == 303
        self.set_up.expect("comments of the crowd that were stored", True, stored >= 0.9 * len(crowd))

    def own_pages(self) -> list[str]:
        """The pages on which authors see, by their links, what is kept of them."""
        tokens = [link.partition("held=")[2].partition("&")[0] for link in self.held_links]
        return [f"/yours{kind}?by={token}" for token in tokens for kind in ("", ".json")]

    def max_decides(self) -> None:
        """Comments get to every status, one of them by undoing; then somebody answers one."""
        for deed, action in FATES.items():
            self._decide(deed, action)
        for deed in ALSO_APPROVED[:2]:
            self._decide(deed, Action.APPROVE)
        self._decide("sends JSON", Action.REJECT)
        with self.set_up.app.app_context():
            newest = db.session.scalar(select(Decision.id).order_by(Decision.id.desc()).limit(1))
        self._change(self.maxine, f"/desk/decisions/{newest}/undo", {})
        parent = str(self.comments["has a comment approved"])
        self._post(Reply("answers a comment", fields={"comment_parent": parent}))
        self._decide("answers a comment", Action.APPROVE)
        with self.set_up.app.app_context():
            found = {status.value for status in db.session.scalars(select(Comment.status).distinct())}
        wanted = {status.value for status in Status} - {Status.ERASED.value}
        self.set_up.expect("statuses of comments", sorted(wanted), sorted(found & wanted))
        public = self.set_up.app.test_client().get("/articles/audit-open").text
        for deed, action in FATES.items():
            self.set_up.expect(
                f"the comment of who {deed} is public", action is Action.APPROVE, deed in public
            )
            view = self.maxine.get(f"/desk/comments/{self.comments[deed]}").text
            self.set_up.expect(f"the comment of who {deed} is at the desk", True, deed in view)

    def root_makes_rules(self) -> None:
        """Somebody is held by network, a word and a host are; an address is typed where a word belongs."""
        number = str(self.comments["comes from a known network"])
        for kind, fields in {
            "hold-network": {"comment_id": number},
            "hold-word": {"subject": "quokka"},
            "hold-host": {"subject": "shop.example"},
        }.items():
            asked = {"kind": kind, "reason": "as a trial", "days": "1", **fields}
            answer = self._change(self.root, "/desk/rules", asked)
            self.set_up.expect(f"the rule {kind}", 303, answer.status_code)
        typed = self.set_up.canary("has the address typed as a word that holds")
        asked = {"kind": "hold-word", "subject": typed.text, "reason": typed.text, "days": "1"}
        answer = self._change(self.root, "/desk/rules", asked)
        self.set_up.expect(typed.name, 422, answer.status_code)
        for place in ("q", "by"):
            answer = self.maxine.get("/desk/search", query_string={place: typed.text})
            self.set_up.keep("answers at the desk", f"GET /desk/search, address as {place}", answer)
            self.set_up.expect(f"a search with an address as {place}", 200, answer.status_code)

    def max_writes(self) -> None:
        """An answer, another text and a note, each with an address typed into it."""
        number = self.comments["types the address into the text"]
        with self.set_up.app.app_context():
            version = str(db.session.get_one(Comment, number).version)
        for what in ("notes", "answer", "text"):
            typed = self.set_up.canary(f"has the address typed by a moderator: {what}")
            sent = {"words": f"{KIND} Write to {typed.text}, please.", "version": version}
            answer = self._change(self.maxine, f"/desk/comments/{number}/{what}", sent)
            self.set_up.expect(typed.name, 303, answer.status_code)

    def readers_report(self) -> None:
        """Three networks report a comment, with an address in their words: it waits again."""
        number = self.comments["types the address into the text"]
        for _ in range(3):
            typed = self.set_up.canary("types the address into a report")
            answer = self.set_up.app.test_client().post(
                f"/comments/{number}/report",
                data={"complaint": "insult", "words": f"Write to {typed.text}."},
                headers={"Sec-Fetch-Site": "same-origin"},
                environ_base={"REMOTE_ADDR": self._ip(7)},
            )
            self.set_up.keep(SENDER, f"POST /comments/{number}/report", answer)
            self.set_up.expect(typed.name, 303, answer.status_code)
        with self.set_up.app.app_context():
            status = db.session.get_one(Comment, number).status
        self.set_up.expect("a comment that three readers reported", Status.HELD, status)

    def readers_err(self) -> None:
        """Every refusal there is, each with an address in the form."""
        with self.set_up.app.app_context(), writing() as session:
            session.execute(update(Comment).values(arrived_at=datetime.now(UTC) - timedelta(days=1)))
        for reply in UNWELCOME:
            self._post(reply)
        hasty = Reply("is too fast", 422, {"author": ""}, ip=self._ip(9))
        for expected in (*[422] * 12, 429):
            self._post(replace(hasty, expected=expected))
        typed = self.set_up.canary("signs in with the address for a name")
        answer = self._change(self.set_up.app.test_client(), "/desk/sign-in", {"name": typed.text}, typed)
        self.set_up.expect(typed.name, True, answer.status_code >= 400)

    def others_probe(self) -> None:
        """Requests with an address where none belongs, and faults of the program that quote one."""
        client, probe = self.set_up.app.test_client(), self.set_up.canary("is asked for in an address bar")
        for path, expected in {
            f"/{probe.text}": 404,
            f"/articles/{probe.text}": 404,
            f"/comments/{probe.text}": 404,
            f"/articles/audit-open?held={probe.text}": 404,
            f"/articles/audit-open?after={probe.text}": 404,
            f"/articles/audit-open?email={probe.text}&fields=email": 200,
            f"/?q={probe.text}&sort=email": 200,
            "/?q=%ff": 400,
            BROKEN["raises"]: 500,
            BROKEN["away"]: 503,
        }.items():
            for kind in ("text/html", "application/problem+json"):
                answer = client.get(path, headers={"Accept": kind, "User-Agent": probe.text})
                where = f"GET {path.replace(probe.text, 'ADDRESS')}, {kind}"
                self.set_up.keep("error pages and odd requests", where, answer)
                self.set_up.expect(where, expected, answer.status_code)

    def root_reveals(self) -> None:
        """One address is shown, to an admin who says why, on a page that no cache keeps; nobody else gets it."""
        canary = next(each for each in self.set_up.canaries if each.name == REVEALED)
        url = f"/desk/comments/{self.comments[REVEALED]}/address"
        asked = {"reason": "The owner of the address asked to have it erased."}
        answer = self.root.post(url, data=asked, headers={"Sec-Fetch-Site": "same-origin"})
        self.set_up.expect("an address is revealed to an admin", True, canary.text in answer.text)
        self.set_up.expect("the page of it is for no cache", "no-store", answer.headers.get("Cache-Control"))
        self._change(self.maxine, url, asked)
        self._change(self.root, url, {"reason": f"Write to {canary.text}, please."}, canary)

    def _post(self, reply: Reply, client: FlaskClient | None = None) -> None:
        """One reader opens the article, fills the form in and sends it."""
        client = client or self.set_up.app.test_client()
        canary = self.set_up.canary(reply.deed)
        page = client.get(f"/articles/{reply.article}").text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)"[^>]* value="([^"]*)"', page))
        url = reply.url or f"/articles/{reply.article}/comments"
        visitor = {"REMOTE_ADDR": reply.ip or self._ip(7)}
        answer = client.open(url, environ_base=visitor, **reply.filled(canary.text, hidden))
        self.set_up.keep(SENDER, f"{url}: {reply.deed}", answer, canary)
        self.set_up.expect(reply.deed, reply.expected, answer.status_code)
        self._remember(reply.deed, answer)

    def _remember(self, deed: str, answer: TestResponse) -> None:
        """Note the comment that an answer leads to, and the link that shows it while it waits."""
        place, _, number = (answer.location or "").rpartition("#comment-")
        if number:
            self.comments[deed] = int(number)
            self.held_links += [place] if "held=" in place else []

    def _decide(self, deed: str, action: Action) -> None:
        with self.set_up.app.app_context():
            comment = db.session.get_one(Comment, self.comments[deed])
            chosen, status = f"{comment.id}:{comment.version}", comment.status
        if status is not action.status:
            answer = self._change(self.maxine, "/desk/decisions", {"action": action.value, "comment": chosen})
            self.set_up.expect(f"decision on who {deed}", 303, answer.status_code)

    def _change(
        self, client: FlaskClient, url: str, fields: dict[str, str], typed: Canary | None = None
    ) -> TestResponse:
        answer = client.post(url, data=fields, headers={"Sec-Fetch-Site": "same-origin"})
        self.set_up.keep("answers at the desk", f"POST {url}", answer, typed)
        return answer

    def _ip(self, host: int) -> str:
        """An address in a network that nobody used before, so that nobody pays for others' haste."""
        self.networks += 1
        return f"10.{self.networks // 256}.{self.networks % 256}.{host}"

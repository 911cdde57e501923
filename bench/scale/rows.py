"""The rows of comments that came in over two years, as the intake, the desk and retention would have left them.

Most are public, some wait, some were refused; a person has decided on one in eight. What is forgotten with time is
forgotten: networks, sketches, addresses and old spam. Only what nobody can tell apart is drawn by chance instead of
reckoned: marks, fingerprints of networks, what a classifier said, and the features of labels, which are those of a
few hundred texts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.scale.words import Said, Words
from moderation.campaigns.meeting import SLOTS
from moderation.privacy import Vault
from moderation.settings import Settings
from moderation.spam.features import MAP_VERSION
from moderation.threads.thread import STEP
from moderation.vocabulary import probability

YEARS = 2
CAMPAIGNS = 10
HELD, SPAM, REJECTED = 0.12, 0.08, 0.04
"""Shares of what arrives; the rest is approved."""

REPLIES = 0.25
RARE = 7
"""Comments that say the rare word."""

KNOWN_READERS = 20
"""Comments that came with the token of the one reader who is known by it."""

INSERTS = {
    "comment": "id, article_id, parent_id, root_id, depth, path, name, website, status, version, text_n, script,"
    " language, risk, arrived_at, changed_at, mark, check_chance, judged_under, is_ours",
    "comment_text": "comment_id, n, text, written_at",
    "contact": "comment_id, sealed_address, key_id, address_fingerprint, network_fingerprint, token_fingerprint,"
    " address_until, network_until, token_until",
    "scoring": "comment_id, text_n, classifier_version, log_odds, scored_at",
    "decision": "id, comment_id, text_n, version, from_status, to_status, action, moderator_id, decided_at, note,"
    " policy",
    "reason": "decision_id, position, code, detail",
    "label": "decision_id, comment_id, label, feature_map, features, labelled_at",
    "link": "comment_id, text_n, host, domain",
    "likeness": "comment_id, campaign_id, waits, taken_out, sketch",
    "likeness_place": "place, slot, comment_id",
    "comment_search": "rowid, text, name, host, article",
}
"""Tables in the order in which they are filled, and their columns."""

_ACTIONS = {"approved": "approve", "held": "hold", "spam": "spam", "rejected": "reject"}
_RISKS = {"approved": -5.0, "held": 0.0, "spam": 4.5, "rejected": -1.0}
_LABELS = {"approved": "ham", "spam": "spam"}


@dataclass(frozen=True, slots=True)
class House:
    """What the rows name: who decides, what was in use, how things are sealed, and how long what is kept.

    Attributes
    ----------
    articles
        Ids and titles with keys, as the search has them. The first one is the busiest.
    decisions
        Ids of decisions begin behind this one.
    features
        Features that labels are given in turn.
    """

    now: datetime
    vault: Vault
    settings: Settings
    articles: Sequence[tuple[int, str]]
    moderators: Sequence[int]
    decisions: int
    version: str
    under: str
    policy: str
    token: bytes
    features: Sequence[bytes]


Rows = dict[str, list[tuple[Any, ...]]]
"""By table."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One comment: the how many-th, when it came, what was said of it, and where it links to.

    Attributes
    ----------
    verdict
        The status that the policy gave; `person` decided after it, if anybody did.
    is_erased
        Whether it was spam for so long that retention has emptied it.
    """

    number: int
    nth: int
    at: datetime
    moment: str
    said: Said
    status: str
    verdict: str
    person: int | None
    log_odds: float
    is_erased: bool
    name: str
    host: str
    has_website: bool
    has_link: bool


class Writer:
    """Writes down comments, the oldest first."""

    def __init__(self, house: House, first: int, size: int, chance: np.random.Generator) -> None:
        self.house, self.first, self.size, self.chance = house, first, size, chance
        self._words = Words(chance)
        self._article_of = _spread(len(house.articles), size, chance)
        self._public: dict[int, list[tuple[int, int, int, str]]] = defaultdict(list)
        self._decision, self._held = house.decisions, 0
        keep, days = house.settings, timedelta(days=1)
        self._since = {
            "network": house.now - days * keep.keep_network_days,
            "unwelcome": house.now - days * keep.keep_unwelcome_days,
            "address": house.now - days * keep.keep_address_days,
            "spam": house.now - days * keep.keep_spam_text_days,
            "sketch": house.now - days * keep.keep_sketches_days,
        }

    def batches(self, size: int = 10_000) -> Iterator[Rows]:
        """The rows of all comments, so many at a time."""
        every = max(1, self.size // RARE)
        for start in range(0, self.size, size):
            nths = np.arange(start, min(start + size, self.size))
            rows: Rows = defaultdict(list)
            texts = self._words.texts(len(nths), nths % every == every // 2)
            drawn = self.chance.random((len(nths), 6)).tolist()
            risks = self.chance.normal(0.0, 1.2, len(nths)).tolist()
            for nth, said, chances, risk in zip(nths.tolist(), texts, drawn, risks, strict=True):
                self._write(rows, self._case(nth, said, chances, risk), chances)
            yield dict(rows)

    def _case(self, nth: int, said: Said, chances: Sequence[float], risk: float) -> _Case:
        at = self.house.now - timedelta(days=365 * YEARS) * ((self.size - nth) / self.size)
        status, verdict, person = self._judged(chances[0], chances[1])
        return _Case(
            number=self.first + nth,
            nth=nth,
            at=at,
            moment=_written(at),
            said=said,
            status=status,
            verdict=verdict,
            person=person,
            log_odds=round(_RISKS[status] + risk, 6),
            is_erased=status == "spam" and at <= self._since["spam"],
            name=self._words.names[nth * 7 % len(self._words.names)],
            host=self._words.hosts[int(chances[3] * 1e6) % len(self._words.hosts)],
            has_website=chances[3] < 0.1,
            has_link=chances[4] < (0.7 if status == "spam" else 0.08),
        )

    def _write(self, rows: Rows, case: _Case, chances: Sequence[float]) -> None:
        article_id, of_article = self.house.articles[self._article_of[case.nth]]
        place = self._place(article_id, case, chances[2])
        rows["comment"].append(self._comment(case, article_id, place, chances[5]))
        link = f" https://{case.host}/offer" if case.has_link else ""
        text = "" if case.is_erased else case.said.typed + link
        rows["comment_text"].append((case.number, 1, text, case.moment))
        rows["scoring"].append((case.number, 1, self.house.version, case.log_odds, case.moment))
        self._decided(rows, case)
        self._likeness(rows, case)
        if case.is_erased:
            return
        rows["contact"].append(self._contact(case))
        rows["link"] += [(case.number, 1, case.host, case.host)] * case.has_link
        rows["link"] += [(case.number, 0, case.host, case.host)] * case.has_website
        host = case.host.replace(".", " ")
        folded = f"{case.said.folded} https {host} offer" if case.has_link else case.said.folded
        hosts = " ".join([host] * (case.has_link + case.has_website))
        rows["comment_search"].append((case.number, folded, case.name.lower(), hosts, of_article))

    def _judged(self, chance: float, other: float) -> tuple[str, str, int | None]:
        """The status, what the policy had said, and who decided after it, None if nobody did."""
        person = self.house.moderators[int(other * 1e6) % len(self.house.moderators)]
        if chance < HELD:
            return "held", "held", None
        if chance < HELD + SPAM:
            return ("spam", "held", person) if other < 0.3 else ("spam", "spam", None)
        if chance < HELD + SPAM + REJECTED:
            return "rejected", "held" if other < 0.5 else "approved", person
        return ("approved", "held", person) if other < 0.08 else ("approved", "approved", None)

    def _place(self, article_id: int, case: _Case, chance: float) -> tuple[int | None, int, int, str]:
        """Parent, root, depth and path; a quarter answers one of the latest public comments of its article."""
        public, number = self._public[article_id], case.number
        own = f"{number:0{STEP}d}"
        parent: int | None = None
        root, depth, path = number, 1, own
        if public and chance < REPLIES:
            parent, root, above, path_above = public[int(chance * 1e6) % len(public)]
            depth = min(above + 1, self.house.settings.depth)
            path = path_above[: (depth - 1) * STEP] + own
        if case.status == "approved":
            public.append((number, root, depth, path))
            del public[:-4]
        return parent, root, depth, path

    def _comment(
        self, case: _Case, article_id: int, place: tuple[int | None, int, int, str], chance: float
    ) -> tuple[Any, ...]:
        version = 1 + (case.person is not None)
        if case.is_erased:
            emptied = (
                "",
                "",
                "erased",
                version + 1,
                1,
                "",
                "",
                0.0,
                case.moment,
                case.moment,
                None,
                None,
                "",
                0,
            )
            return (case.number, article_id, *place, *emptied)
        is_drawn = chance < 0.002 and case.status in {"approved", "spam"} and case.person is None
        return (
            case.number,
            article_id,
            *place,
            case.name,
            f"https://{case.host}/" if case.has_website else "",
            case.status,
            version,
            1,
            "Latin",
            "en",
            case.log_odds,
            case.moment,
            case.moment,
            self.chance.bytes(32),
            0.02 if is_drawn else None,
            self.house.under,
            0,
        )

    def _decided(self, rows: Rows, case: _Case) -> None:
        self._decision += 1
        made: tuple[Any, ...] = (
            self._decision,
            case.number,
            1,
            1,
            None,
            case.verdict,
            _ACTIONS[case.verdict],
            None,
        )
        rows["decision"].append((*made, case.moment, "", self.house.policy))
        if case.verdict != "approved":
            detail = f"{probability(case.log_odds):.2f}"
            rows["reason"].append((self._decision, 0, "looks-like-spam", detail))
            rows["reason"] += [(self._decision, 1, "links", "2")] * (case.number % 5 == 0)
        if case.person is None:
            return
        self._decision += 1
        made = (
            self._decision,
            case.number,
            1,
            2,
            case.verdict,
            case.status,
            _ACTIONS[case.status],
            case.person,
        )
        rows["decision"].append((*made, case.moment, "", ""))
        if label := _LABELS.get(case.status):
            features = self.house.features[case.number % len(self.house.features)]
            rows["label"].append((self._decision, case.number, label, MAP_VERSION, features, case.moment))

    def _likeness(self, rows: Rows, case: _Case) -> None:
        """A third of what waits is in one of a few campaigns."""
        waits, campaign = case.status == "held", None
        if waits:
            self._held += 1
            campaign = None if self._held % 3 else 1 + self._held // 3 % CAMPAIGNS
        sketch = self._words.sketch(case.said) if case.at > self._since["sketch"] else None
        rows["likeness"].append((case.number, campaign, waits, 0, sketch.to_bytes() if sketch else None))
        if sketch:
            rows["likeness_place"] += [(at, case.number % SLOTS, case.number) for at in sketch.places]

    def _contact(self, case: _Case) -> tuple[Any, ...]:
        house, keep, day = self.house, self.house.settings, timedelta(days=1)
        is_unwelcome = case.status in {"spam", "rejected"}
        sealed = fingerprint = until = None
        if case.at > self._since["unwelcome" if is_unwelcome else "address"]:
            address = f"reader{case.nth % max(1, self.size // 8)}@example.org"
            sealed = house.vault.seal(address, f"comment:{case.number}")
            fingerprint = house.vault.fingerprint_address(address)
            kept_for = keep.keep_unwelcome_days if is_unwelcome else keep.keep_address_days
            until = _written(case.at + day * kept_for)
        has_network = case.at > self._since["network"]
        is_known = case.status == "approved" and case.nth % max(1, self.size // KNOWN_READERS) < 2
        return (
            case.number,
            sealed.data if sealed else None,
            sealed.key_id if sealed else None,
            fingerprint,
            _network(case.nth) if has_network else None,
            house.token if is_known else None,
            until,
            _written(case.at + day * keep.keep_network_days) if has_network else None,
            _written(house.now + day * keep.keep_token_days) if is_known else None,
        )


def _spread(articles: int, size: int, chance: np.random.Generator) -> NDArray[np.int64]:
    """Which article each comment belongs to: one in fifty to the first, but 200 at least; the rest evenly."""
    busiest = min(size // 2, max(200, size // 50))
    others = 1 + np.arange(size - busiest) % (articles - 1)
    return chance.permutation(np.concatenate([np.zeros(busiest, dtype=np.int64), others]))


def _network(nth: int) -> bytes:
    """One of many networks, each with about eight comments of late."""
    return (nth // 8).to_bytes(32, "big")


def _written(at: datetime) -> str:
    """A moment as SQLite has it."""
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")

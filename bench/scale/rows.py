"""The rows of comments that came in over two years, as the intake, the desk and retention would have left them.

Most are public, some wait, some were refused; a person has decided on one in eight. What is forgotten with time is
forgotten: networks, sketches, addresses and old spam. Only what nobody can tell apart is drawn by chance instead of
reckoned: marks, fingerprints of networks, what a classifier said, and the features of labels, which are those of a few
hundred texts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Batch:
    """Rows by table."""

    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))


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

    def batches(self, size: int = 10_000) -> Iterator[Batch]:
        """All comments, so many at a time."""
        for start in range(0, self.size, size):
            count = min(size, self.size - start)
            batch = Batch()
            numbers = range(self.first + start, self.first + start + count)
            every = max(1, self.size // RARE)
            rare = (np.arange(start, start + count) % every == every // 2).astype(bool)
            drawn = self.chance.random((count, 6)).tolist()
            risks = self.chance.normal(0.0, 1.2, count).tolist()
            for number, said, chances, risk in zip(
                numbers, self._words.texts(count, rare), drawn, risks, strict=True
            ):
                self._comment(batch.rows, number, said, chances, risk)
            yield batch

    def _comment(
        self,
        rows: dict[str, list[tuple[Any, ...]]],
        number: int,
        said: Said,
        chances: Sequence[float],
        risk: float,
    ) -> None:
        house, nth = self.house, number - self.first
        at = house.now - timedelta(days=365 * YEARS) * ((self.size - nth) / self.size)
        moment = _written(at)
        status, verdict, person = self._judged(chances[0], chances[1])
        log_odds = round(_RISKS[verdict if status == "rejected" else status] + risk, 6)
        is_erased = status == "spam" and at <= self._since["spam"]
        article_id, of_article = house.articles[self._article_of[nth]]
        parent, root, depth, path = self._place(article_id, number, chances[2], status)
        name = self._words.names[nth * 7 % len(self._words.names)]
        host = self._words.hosts[int(chances[3] * 1e6) % len(self._words.hosts)]
        has_website, has_link = chances[3] < 0.1, chances[4] < (0.7 if status == "spam" else 0.08)
        is_emptied = {"name": "", "website": "", "script": "", "language": "", "under": "", "risk": 0.0}
        shown = (
            is_emptied
            if is_erased
            else {
                "name": name,
                "website": f"https://{host}/" if has_website else "",
                "script": "Latin",
                "language": "en",
                "under": house.under,
                "risk": log_odds,
            }
        )
        rows["comment"].append(
            (
                number,
                article_id,
                parent,
                root,
                depth,
                path,
                shown["name"],
                shown["website"],
                "erased" if is_erased else status,
                1 + (person is not None) + is_erased,
                1,
                shown["script"],
                shown["language"],
                shown["risk"],
                moment,
                moment,
                None if is_erased else self.chance.bytes(32),
                None if is_erased or status in {"held", "rejected"} or chances[5] > 0.002 else 0.02,
                shown["under"],
                0,
            )
        )
        text = f"{said.typed} https://{host}/offer" if has_link else said.typed
        rows["comment_text"].append((number, 1, "" if is_erased else text, moment))
        rows["scoring"].append((number, 1, house.version, log_odds, moment))
        self._decided(rows, number, moment, status, verdict, person, log_odds)
        campaign = self._campaign() if status == "held" else None
        is_sketched = at > self._since["sketch"]
        sketch = self._words.sketch(said) if is_sketched else None
        rows["likeness"].append(
            (number, campaign, status == "held", 0, sketch.to_bytes() if sketch else None)
        )
        if sketch:
            rows["likeness_place"] += [(place, number % SLOTS, number) for place in sketch.places]
        if is_erased:
            return
        self._contact(rows, number, nth, at, status)
        if has_link:
            rows["link"].append((number, 1, host, host))
        if has_website:
            rows["link"].append((number, 0, host, host))
        folded = f"{said.folded} https {host.replace('.', ' ')} offer" if has_link else said.folded
        hosts = " ".join([host.replace(".", " ")] * (has_link + has_website))
        rows["comment_search"].append((number, folded, name.lower(), hosts, of_article))

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

    def _place(
        self, article_id: int, number: int, chance: float, status: str
    ) -> tuple[int | None, int, int, str]:
        """Parent, root, depth and path; a quarter answers one of the latest public comments of its article."""
        public = self._public[article_id]
        own = f"{number:0{STEP}d}"
        parent: int | None = None
        root, depth, path = number, 1, own
        if public and chance < REPLIES:
            parent, root, above, path_above = public[int(chance * 1e6) % len(public)]
            depth = min(above + 1, self.house.settings.depth)
            path = path_above[: (depth - 1) * STEP] + own
        if status == "approved":
            public.append((number, root, depth, path))
            del public[:-4]
        return parent, root, depth, path

    def _decided(
        self,
        rows: dict[str, list[tuple[Any, ...]]],
        number: int,
        moment: str,
        status: str,
        verdict: str,
        person: int | None,
        log_odds: float,
    ) -> None:
        self._decision += 1
        action = _ACTIONS[verdict]
        row = (self._decision, number, 1, 1, None, verdict, action, None, moment, "", self.house.policy)
        rows["decision"].append(row)
        if verdict != "approved":
            rows["reason"].append((self._decision, 0, "looks-like-spam", f"{probability(log_odds):.2f}"))
            if number % 5 == 0:
                rows["reason"].append((self._decision, 1, "links", "2"))
        if person is None:
            return
        self._decision += 1
        action = _ACTIONS[status]
        rows["decision"].append(
            (self._decision, number, 1, 2, verdict, status, action, person, moment, "", "")
        )
        if status in {"approved", "spam"}:
            features = self.house.features[number % len(self.house.features)]
            label = "ham" if status == "approved" else "spam"
            rows["label"].append((self._decision, number, label, MAP_VERSION, features, moment))

    def _campaign(self) -> int | None:
        """A third of what waits is in one of a few campaigns."""
        self._held += 1
        return None if self._held % 3 else 1 + self._held // 3 % CAMPAIGNS

    def _contact(
        self, rows: dict[str, list[tuple[Any, ...]]], number: int, nth: int, at: datetime, status: str
    ) -> None:
        house, keep, day = self.house, self.house.settings, timedelta(days=1)
        is_unwelcome = status in {"spam", "rejected"}
        sealed = fingerprint = until = None
        if at > self._since["unwelcome" if is_unwelcome else "address"]:
            address = f"reader{nth % max(1, self.size // 8)}@example.org"
            sealed = house.vault.seal(address, f"comment:{number}")
            fingerprint = house.vault.fingerprint_address(address)
            kept_for = keep.keep_unwelcome_days if is_unwelcome else keep.keep_address_days
            until = _written(at + day * kept_for)
        has_network = at > self._since["network"]
        is_known = status == "approved" and nth % max(1, self.size // KNOWN_READERS) < 2
        rows["contact"].append(
            (
                number,
                sealed.data if sealed else None,
                sealed.key_id if sealed else None,
                fingerprint,
                _network(nth) if has_network else None,
                house.token if is_known else None,
                until,
                _written(at + day * keep.keep_network_days) if has_network else None,
                _written(house.now + day * keep.keep_token_days) if is_known else None,
            )
        )


def _spread(articles: int, size: int, chance: np.random.Generator) -> NDArray[np.int64]:
    """Which article each comment belongs to: one in fifty to the first, but 200 at least; the rest evenly, by chance."""
    busiest = min(size // 2, max(200, size // 50))
    others = 1 + np.arange(size - busiest) % (articles - 1)
    return chance.permutation(np.concatenate([np.zeros(busiest, dtype=np.int64), others]))


def _network(nth: int) -> bytes:
    """One of many networks, each with about eight comments of late."""
    return (nth // 8).to_bytes(32, "big")


def _written(at: datetime) -> str:
    """A moment as SQLite has it."""
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")

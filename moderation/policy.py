"""The policy: one ordered list of small checks. Reading `CHECKS` is reading the policy.

Each check sees what arrived and the house's rules, and finds nothing, or a reason with what it asks for. The
strongest of what was asked is the verdict: spam before hold before approve. A known reader is spared the
checks that only guess from circumstances (`CIRCUMSTANCES`), never those that judge the words.
"""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache

from moderation.settings import Settings
from moderation.vocabulary import Action, Mode, Reason, ReasonCode, Score, Thresholds, Verdict


@dataclass(frozen=True, slots=True)
class Arrival:
    """All that the checks may look at. A reader's address, or anything made from it, is not among it.

    Attributes
    ----------
    text, canonical
        The text as typed, and with its disguises undone.
    disguises
        Kinds of disguise that were undone, in plain words.
    links
        Links that a reader would see, the website field not counted.
    score
        What the classifier said, or None when it could not say anything.
    form_age
        Seconds since the form was made, None when its token was missing or not ours.
    honeypot
        Whether the field that people do not see was filled in.
    recent
        Comments this article got within the last hour.
    is_known_reader
        Whether the browser holds the token of a reader with an approved comment.
    """

    name: str
    website: str
    text: str
    canonical: str
    disguises: tuple[str, ...]
    links: int
    score: Score | None
    mode: Mode
    form_age: float | None
    honeypot: bool
    recent: int
    is_known_reader: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """What the house has set, as far as the policy cares. Words are compared folded."""

    thresholds: Thresholds
    hold_everything: bool = False
    hold_first_time: bool = False
    links_that_hold: int = 2
    words_that_hold: tuple[str, ...] = ()
    words_that_spam: tuple[str, ...] = ()
    busy_article_per_hour: int = 60
    form_min_seconds: int = 2
    form_max_hours: int = 24

    @classmethod
    def of(cls, settings: Settings, thresholds: Thresholds) -> Rules:
        """The rules that these settings make, with the classifier's thresholds where none are set."""
        named = {
            field.name: getattr(settings, field.name) for field in fields(cls) if field.name != "thresholds"
        }
        hold = settings.hold_threshold or thresholds.hold
        spam = settings.spam_threshold or thresholds.spam
        return cls(Thresholds(min(hold, spam), spam), **named)

    @property
    def digest(self) -> str:
        """A short name for exactly these rules, kept with each decision made under them."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


Finding = tuple[Action, Reason]
Check = Callable[[Arrival, Rules], Finding | None]


def verdict(arrival: Arrival, rules: Rules) -> Verdict:
    """Walk the checks in their order and say what to do with what arrived, and why."""
    findings = list(_findings(arrival, rules))
    action = max((asked for asked, _ in findings), key=_STRENGTH.index, default=Action.APPROVE)
    return Verdict(action, tuple(reason for _, reason in findings))


def again(probability: float, codes: Iterable[str], thresholds: Thresholds) -> Action:
    """What the verdict would be if the same comment, for all that was found besides its score, had this score.

    >>> again(0.2, ["links"], Thresholds(hold=0.1, spam=0.9))
    <Action.HOLD: 'hold'>

    Parameters
    ----------
    probability
        P(spam), 0…1.
    codes
        The reasons of the verdict on arrival.
    """
    besides = set(codes) - _OF_THE_SCORE
    asked = [
        Action.APPROVE if not besides else Action.SPAM if ReasonCode.WORD_SPAM in besides else Action.HOLD
    ]
    if probability >= thresholds.spam:
        asked.append(Action.SPAM)
    elif probability >= thresholds.hold:
        asked.append(Action.HOLD)
    return max(asked, key=_STRENGTH.index)


def _findings(arrival: Arrival, rules: Rules) -> Iterator[Finding]:
    for check in CHECKS:
        if arrival.is_known_reader and check in CIRCUMSTANCES:
            continue
        if finding := check(arrival, rules):
            yield finding


def article_holds(arrival: Arrival, _rules: Rules) -> Finding | None:
    """The article lets every comment wait."""
    return hold(ReasonCode.ARTICLE_HOLDS) if arrival.mode is Mode.HOLDING else None


def site_holds(_arrival: Arrival, rules: Rules) -> Finding | None:
    """The site lets every comment wait."""
    return hold(ReasonCode.SITE_HOLDS) if rules.hold_everything else None


def classifier(arrival: Arrival, rules: Rules) -> Finding | None:
    """The classifier finds it doubtful or worse; one that cannot answer means a person looks."""
    chance = arrival.score.probability if arrival.score else math.nan
    if math.isnan(chance):
        return hold(ReasonCode.NOT_SCORED)
    if chance >= rules.thresholds.spam:
        return spam(ReasonCode.LOOKS_LIKE_SPAM, f"{chance:.2f}")
    return hold(ReasonCode.LOOKS_LIKE_SPAM, f"{chance:.2f}") if chance >= rules.thresholds.hold else None


def words_that_spam(arrival: Arrival, rules: Rules) -> Finding | None:
    """It has a word that the house sends to spam."""
    word = found_word(arrival, rules.words_that_spam)
    return spam(ReasonCode.WORD_SPAM, word) if word else None


def words_that_hold(arrival: Arrival, rules: Rules) -> Finding | None:
    """It has a word that the house wants to see first."""
    word = found_word(arrival, rules.words_that_hold)
    return hold(ReasonCode.WORD_HOLDS, word) if word else None


def honeypot(arrival: Arrival, _rules: Rules) -> Finding | None:
    """A field was filled in that people do not see, though a browser's autofill may have done it."""
    return hold(ReasonCode.HONEYPOT) if arrival.honeypot else None


def disguises(arrival: Arrival, _rules: Rules) -> Finding | None:
    """Its letters were disguised to hide words from machines."""
    return hold(ReasonCode.DISGUISED, ", ".join(arrival.disguises)) if arrival.disguises else None


def links(arrival: Arrival, rules: Rules) -> Finding | None:
    """It has as many links as the house lets wait."""
    many = rules.links_that_hold and arrival.links >= rules.links_that_hold
    return hold(ReasonCode.LINKS, str(arrival.links)) if many else None


def form_token(arrival: Arrival, rules: Rules) -> Finding | None:
    """It did not come from our form, or the form came back too late or too soon for a person."""
    age = arrival.form_age
    if age is None:
        return hold(ReasonCode.FORM_TOKEN_MISSING)
    if age > rules.form_max_hours * 3600:
        return hold(ReasonCode.FORM_TOKEN_OLD, str(round(age / 3600)))
    return hold(ReasonCode.FORM_TOKEN_FRESH) if age < rules.form_min_seconds else None


def busy_article(arrival: Arrival, rules: Rules) -> Finding | None:
    """The article gets more comments than usual, so that somebody should look."""
    busy = rules.busy_article_per_hour and arrival.recent >= rules.busy_article_per_hour
    return hold(ReasonCode.BUSY_ARTICLE, str(arrival.recent)) if busy else None


def first_comment(_arrival: Arrival, rules: Rules) -> Finding | None:
    """The house wants to see everybody's first comment; a known reader is spared this check."""
    return hold(ReasonCode.FIRST_COMMENT) if rules.hold_first_time else None


CHECKS: tuple[Check, ...] = (
    article_holds,
    site_holds,
    classifier,
    words_that_spam,
    words_that_hold,
    honeypot,
    disguises,
    links,
    form_token,
    busy_article,
    first_comment,
)
CIRCUMSTANCES: frozenset[Check] = frozenset({form_token, busy_article, first_comment})
_STRENGTH = (Action.APPROVE, Action.HOLD, Action.SPAM)
_OF_THE_SCORE = frozenset({ReasonCode.LOOKS_LIKE_SPAM, ReasonCode.NOT_SCORED, ReasonCode.LOOKED_AT_AGAIN})


def hold(code: ReasonCode, detail: str = "") -> Finding:
    """A finding that asks for a person."""
    return Action.HOLD, Reason(code, detail)


def spam(code: ReasonCode, detail: str = "") -> Finding:
    """A finding that asks for the spam folder."""
    return Action.SPAM, Reason(code, detail)


def found_word(arrival: Arrival, words: Iterable[str]) -> str:
    """The first of the words that stands in name, website or text, as a whole word; "" when none does.

    Words are text, never patterns. In scripts that do not part words with spaces any occurrence counts.
    """
    if not (wanted := tuple(words)):
        return ""
    places = [folded(place) for place in (arrival.name, arrival.website, arrival.text, arrival.canonical)]
    return next(
        (word for word in wanted if any(_stands_in(_folded_word(word), place) for place in places)), ""
    )


def folded(text: str) -> str:
    """The text as words are compared: case and compatibility forms undone.

    Long runs of combining marks are cut first: putting them in order takes time that grows with their square.
    """
    if text.isascii():
        return text.casefold()
    kept, run = [], 0
    for each in text:
        run = run + 1 if unicodedata.combining(each) else 0
        if run <= _MOST_MARKS:
            kept.append(each)
    return unicodedata.normalize("NFKC", "".join(kept)).casefold()


_MOST_MARKS = 8
_folded_word = lru_cache(maxsize=50_000)(folded)


def _stands_in(word: str, place: str) -> bool:
    start = place.find(word) if word else -1
    while start >= 0:
        end = start + len(word)
        before, after = place[start - 1 : start], place[end : end + 1]
        if not (_joins(before, word[0]) or _joins(word[-1], after)):
            return True
        start = place.find(word, start + 1)
    return False


def _joins(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word."""
    return bool(left and right) and _is_of_a_word(left) and _is_of_a_word(right)


def _is_of_a_word(character: str) -> bool:
    return (character.isalnum() or unicodedata.category(character) == "Mn") and not _is_unspaced(character)


def _is_unspaced(character: str) -> bool:
    """Thai, Lao, Khmer, Burmese, kana and Han are written without spaces between words."""
    point = ord(character)
    return (
        0x0E00 <= point <= 0x0EFF
        or 0x1000 <= point <= 0x109F
        or 0x1780 <= point <= 0x17FF
        or 0x3040 <= point <= 0x30FF
        or 0x3400 <= point <= 0x9FFF
        or 0x20000 <= point <= 0x3FFFF
    )


_SENTENCES = {
    ReasonCode.ARTICLE_HOLDS: "This article lets every comment wait.",
    ReasonCode.SITE_HOLDS: "The site lets every comment wait.",
    ReasonCode.FIRST_COMMENT: "It is the first comment from this browser.",
    ReasonCode.LOOKS_LIKE_SPAM: "It looks like spam: {}.",
    ReasonCode.NOT_SCORED: "The classifier could not score it.",
    ReasonCode.LINKS: "It has {} links.",
    ReasonCode.WORD_HOLDS: "It has the word “{}”.",
    ReasonCode.WORD_SPAM: "It has the word “{}”, which goes to spam.",
    ReasonCode.HONEYPOT: "A field was filled in that people do not see.",
    ReasonCode.FORM_TOKEN_MISSING: "It did not come from this site’s form.",
    ReasonCode.FORM_TOKEN_OLD: "The form was opened {} hours before.",
    ReasonCode.FORM_TOKEN_FRESH: "The form came back faster than a person types.",
    ReasonCode.BUSY_ARTICLE: "The article got {} comments within an hour.",
    ReasonCode.DISGUISED: "Its letters are disguised: {}.",
    ReasonCode.LOOKED_AT_AGAIN: "It was looked at again, {}.",
}


def sentence(reason: Reason) -> str:
    """What the reason says in plain words.

    >>> sentence(Reason(ReasonCode.LINKS, "3"))
    'It has 3 links.'
    """
    if reason == Reason(ReasonCode.LINKS, "1"):
        return "It has a link."
    return _SENTENCES[reason.code].format(reason.detail)

"""The policy: one ordered list of small checks. Reading `CHECKS` is reading the policy.

Each check sees what arrived and the house's rules, and finds nothing, or a reason with what it asks for. The
strongest of what was asked is the verdict: spam before hold before approve. A known reader is spared the
checks that only guess from circumstances (`CIRCUMSTANCES`), never those that judge the words; a reader whom a
moderator trusts is spared all that guess (`GUESSES`), and waits where others would go to spam.
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
class Listed:
    """The rules of people that a comment meets by browser, network and link hosts; and the words that hold.

    Attributes
    ----------
    is_trusted
        Somebody trusts the browser: it is spared the checks that only guess.
    reader_rule, network_rule
        Number of the rule that lets comments of the browser or the network wait.
    held_hosts, spam_hosts
        Those of the comment's link hosts that a rule names.
    words
        All words that a rule lets wait, whether they are in the comment or not.
    """

    is_trusted: bool = False
    reader_rule: int | None = None
    network_rule: int | None = None
    held_hosts: tuple[str, ...] = ()
    spam_hosts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


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
    listed
        The rules of people that it meets.
    site_paused_until
        The day until which every comment waits, as pages say it; "" when the site is not paused.
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
    listed: Listed = Listed()
    site_paused_until: str = ""


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
        return _digest(self)


@lru_cache(maxsize=8)
def _digest(rules: Rules) -> str:
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]


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
    goes_to_spam = besides & {ReasonCode.WORD_SPAM, ReasonCode.HOST_SPAM}
    asked = [Action.APPROVE if not besides else Action.SPAM if goes_to_spam else Action.HOLD]
    if probability >= thresholds.spam:
        asked.append(Action.SPAM)
    elif probability >= thresholds.hold:
        asked.append(Action.HOLD)
    return max(asked, key=_STRENGTH.index)


def _findings(arrival: Arrival, rules: Rules) -> Iterator[Finding]:
    for check in CHECKS:
        if arrival.is_known_reader and check in CIRCUMSTANCES:
            continue
        if arrival.listed.is_trusted and check in GUESSES:
            continue
        if finding := check(arrival, rules):
            yield finding


def article_holds(arrival: Arrival, _rules: Rules) -> Finding | None:
    """The article lets every comment wait."""
    return hold(ReasonCode.ARTICLE_HOLDS) if arrival.mode is Mode.HOLDING else None


def site_holds(_arrival: Arrival, rules: Rules) -> Finding | None:
    """The site lets every comment wait."""
    return hold(ReasonCode.SITE_HOLDS) if rules.hold_everything else None


def site_paused(arrival: Arrival, _rules: Rules) -> Finding | None:
    """Somebody has paused the site for some days: every comment waits."""
    return hold(ReasonCode.SITE_PAUSED, arrival.site_paused_until) if arrival.site_paused_until else None


def classifier(arrival: Arrival, rules: Rules) -> Finding | None:
    """The classifier finds it doubtful or worse; one that cannot answer means a person looks."""
    chance = arrival.score.probability if arrival.score else math.nan
    if math.isnan(chance):
        return hold(ReasonCode.NOT_SCORED)
    if chance >= rules.thresholds.spam:
        asks = hold if arrival.listed.is_trusted else spam
        return asks(ReasonCode.LOOKS_LIKE_SPAM, f"{chance:.2f}")
    if arrival.listed.is_trusted:
        return None
    return hold(ReasonCode.LOOKS_LIKE_SPAM, f"{chance:.2f}") if chance >= rules.thresholds.hold else None


def words_that_spam(arrival: Arrival, rules: Rules) -> Finding | None:
    """It has a word that the house sends to spam."""
    word = found_word(arrival, rules.words_that_spam)
    return spam(ReasonCode.WORD_SPAM, word) if word else None


def words_that_hold(arrival: Arrival, rules: Rules) -> Finding | None:
    """It has a word that the house wants to see first."""
    word = found_word(arrival, rules.words_that_hold)
    return hold(ReasonCode.WORD_HOLDS, word) if word else None


def listed_word(arrival: Arrival, _rules: Rules) -> Finding | None:
    """It has a word that a moderator lets wait for some time."""
    word = found_word(arrival, arrival.listed.words)
    return hold(ReasonCode.WORD_HOLDS, word) if word else None


def host_that_spams(arrival: Arrival, _rules: Rules) -> Finding | None:
    """It links to a host that a moderator sends to spam."""
    hosts = arrival.listed.spam_hosts
    return spam(ReasonCode.HOST_SPAM, ", ".join(hosts)) if hosts else None


def host_that_holds(arrival: Arrival, _rules: Rules) -> Finding | None:
    """It links to a host that a moderator lets wait."""
    hosts = arrival.listed.held_hosts
    return hold(ReasonCode.HOST_HOLDS, ", ".join(hosts)) if hosts else None


def reader_that_holds(arrival: Arrival, _rules: Rules) -> Finding | None:
    """A moderator lets what this browser sends wait."""
    rule = arrival.listed.reader_rule
    return hold(ReasonCode.READER_HOLDS, str(rule)) if rule else None


def network_that_holds(arrival: Arrival, _rules: Rules) -> Finding | None:
    """A moderator lets what comes from this network wait."""
    rule = arrival.listed.network_rule
    return hold(ReasonCode.NETWORK_HOLDS, str(rule)) if rule else None


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
    site_paused,
    classifier,
    words_that_spam,
    host_that_spams,
    words_that_hold,
    listed_word,
    host_that_holds,
    reader_that_holds,
    network_that_holds,
    honeypot,
    disguises,
    links,
    form_token,
    busy_article,
    first_comment,
)
CIRCUMSTANCES: frozenset[Check] = frozenset({form_token, busy_article, first_comment})
GUESSES: frozenset[Check] = CIRCUMSTANCES | {disguises, links}
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
    return found_in((arrival.name, arrival.website, arrival.text, arrival.canonical), words)


def found_in(texts: Iterable[str], words: Iterable[str]) -> str:
    """The same for any texts.

    >>> found_in(["The best Casino in town"], ["sino", "casino"])
    'casino'
    """
    if not (wanted := tuple(words)):
        return ""
    places = [folded(place) for place in texts]
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
    ReasonCode.SITE_PAUSED: "The site is paused until {}.",
    ReasonCode.READER_HOLDS: "Comments from this browser wait, by rule {}.",
    ReasonCode.NETWORK_HOLDS: "Comments from this network wait, by rule {}.",
    ReasonCode.HOST_HOLDS: "It links to {}, which waits.",
    ReasonCode.HOST_SPAM: "It links to {}, which goes to spam.",
    ReasonCode.REPORTED: "Readers reported it: {}.",
    ReasonCode.LOOKED_AT_AGAIN: "It was looked at again, {}.",
}


def topic(code: str) -> str:
    """A reason without its details, for lists of many; one that this version does not know is named by its code.

    >>> topic("links"), topic("of-tomorrow")
    ('It has … links.', 'of-tomorrow')
    """
    if code not in set(ReasonCode):
        return code
    return _SENTENCES[ReasonCode(code)].replace(": {}", "").replace("{}.", "…").format("…")


def sentence(reason: Reason) -> str:
    """What the reason says in plain words.

    >>> sentence(Reason(ReasonCode.LINKS, "3"))
    'It has 3 links.'
    >>> sentence(Reason(ReasonCode.LOOKS_LIKE_SPAM, "0.31"))  # enough to hold it, where letting spam out costs much
    'It may be spam: 0.31.'
    >>> sentence(Reason(ReasonCode.LINKS, ""))  # of an erased comment
    'It has … links.'
    """
    if not reason.detail:
        return topic(reason.code)
    if reason == Reason(ReasonCode.LINKS, "1"):
        return "It has a link."
    if reason.code is ReasonCode.LOOKS_LIKE_SPAM and reason.detail < "0.50":
        return f"It may be spam: {reason.detail}."
    return _SENTENCES[reason.code].format(reason.detail)

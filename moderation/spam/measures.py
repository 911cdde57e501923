"""How the named signals are measured: each measure is a fact about a reading, between 0 and 1.

What is unknown (no name, no website) gives zero everywhere: neither absence nor presence is a fact of its own.
Measures run on every comment, so a search that costs something is asked for only where a cheap test finds cause.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from moderation.spam import lexicon
from moderation.spam.reading import LINK_TOKEN, WALLET_TOKEN, Reading
from moderation.text.language import WORD


@dataclass(slots=True)
class Facts:
    """What several measures are made from, counted once per reading."""

    reading: Reading
    shown: str
    normal: str
    length: int
    words: list[str]
    topics: dict[str, int]
    is_ascii: bool

    @classmethod
    def of(cls, reading: Reading, words: list[str]) -> Facts:
        """The facts of a reading whose normal form has these words."""
        topics: dict[str, int] = {}
        for topic in map(lexicon.TOPIC_OF.get, words):
            if topic is not None:
                topics[topic] = topics.get(topic, 0) + 1
        shown = reading.shown
        return cls(reading, shown, reading.normal, len(shown), words, topics, shown.isascii())


Measure = Callable[[Facts], float]


def many(count: int, full: int) -> float:
    """How many there are: 0 for none, 1 from `full` on, by the logarithm between."""
    return min(1.0, math.log1p(count) / math.log1p(full)) if count else 0.0


def topic(name: str, full: int = 2) -> Measure:
    """How much talk of a topic there is: 1 from `full` words on."""
    return lambda facts: min(1.0, facts.topics.get(name, 0) / full)


def any_host(test: Callable[[str], bool]) -> Measure:
    """Whether a link's host passes a test."""
    return lambda facts: float(any(map(test, facts.reading.hosts))) if facts.reading.hosts else 0.0


def website(test: Callable[[str], bool]) -> Measure:
    """Whether the commenter's website has a host that passes a test."""
    return lambda facts: float(bool(facts.reading.website_host) and test(facts.reading.website_host))


# What hosts look like


def _first_label(host: str) -> str:
    return max(host.split("."), key=len)


def has_hyphen(host: str) -> bool:
    """Whether the longest label of a host has a hyphen."""
    return "-" in _first_label(host)


def has_digit(host: str) -> bool:
    """Whether a host has a digit."""
    return any(map(str.isdigit, host))


def is_long(host: str) -> bool:
    """Whether the longest label of a host has 16 characters or more."""
    return len(_first_label(host)) >= 16


def has_odd_ending(host: str) -> bool:
    """Whether a host ends as throw-away sites often do."""
    return host.rpartition(".")[2] in lexicon.ODD_ENDINGS


def is_trade(host: str) -> bool:
    """Whether a host names a trade."""
    return lexicon.TRADE_IN_HOST.search(host) is not None


def is_home(host: str) -> bool:
    """Whether a host is a place where people keep a page of their own."""
    return any(map(host.__contains__, lexicon.HOMES))


# Links


def link_share(facts: Facts) -> float:
    """How little text there is around the links."""
    return min(1.0, len(facts.reading.hosts) * 6 / (len(facts.words) + 1))


def only_link(facts: Facts) -> float:
    """Whether there is nothing but a link."""
    links = len(facts.reading.hosts)
    return float(links > 0 and len(facts.words) - links <= 2)


def deep_link(facts: Facts) -> float:
    """Whether a link leads to a page inside a site."""
    return float(any(len(path) > 12 for path in facts.reading.paths))


def own_link(facts: Facts) -> float:
    """Whether a link leads to the commenter's own website."""
    host = facts.reading.website_host
    return float(bool(host) and host in facts.reading.hosts)


def last_link(facts: Facts) -> float:
    """Whether a link is the last that is said."""
    return float(bool(facts.reading.hosts) and facts.normal.rstrip(" .!)").endswith(LINK_TOKEN.strip()))


def glued_link(facts: Facts) -> float:
    """Whether a link is glued to the word before it."""
    at = facts.shown.find("http", 1)
    while at > 0:
        before = facts.shown[at - 1]
        if (before.isalnum() or before in "_.,!?)") and _SCHEME.match(facts.shown, at):
            return 1.0
        at = facts.shown.find("http", at + 1)
    return 0.0


# Names


def trade_name(facts: Facts) -> float:
    """How many words of the name are those of a trade."""
    if not facts.reading.name:
        return 0.0
    words = WORD.findall(facts.reading.name)
    found = sum(word in lexicon.TOPIC_OF or word in lexicon.TRADE_WORDS for word in words)
    return min(1.0, found / 2)


def everyday_name(facts: Facts) -> float:
    """Share of the name's words that are everyday words, and no given names."""
    words = WORD.findall(facts.reading.name)
    return sum(map(lexicon.everyday().__contains__, words)) / len(words) if words else 0.0


def long_name(facts: Facts) -> float:
    """Whether a name has more than two words."""
    return min(1.0, max(0, len(facts.reading.name.split()) - 2) / 3)


def name_is_address(facts: Facts) -> float:
    """Whether a name is an address."""
    return float(_LINK_IN_NAME.search(facts.reading.name) is not None)


def name_in_host(facts: Facts) -> float:
    """How much of the name stands in a link or in the website."""
    words = [word for word in facts.reading.name.split() if len(word) >= 3]
    hosts = (*facts.reading.hosts, facts.reading.website_host)
    return max(sum(word in host for word in words) / len(words) for host in hosts) if words else 0.0


def phrase_name(facts: Facts) -> float:
    """Whether a name is a phrase in small letters."""
    name = facts.reading.name_shown
    return float(" " in name and name.islower())


def titled_name(facts: Facts) -> float:
    """Whether a name is a headline: three words or more, each with a capital."""
    name = facts.reading.name_shown
    return float(name.count(" ") >= 2 and name.istitle())


def glued_name(facts: Facts) -> float:
    """Whether a name has a capital inside a word."""
    return float(_INNER_CAPITAL.search(facts.reading.name_shown) is not None)


def name_first(facts: Facts) -> float:
    """Whether the text begins with the name."""
    name = facts.reading.name
    return float(len(name) >= 4 and facts.normal.startswith(name, 1))


def name_in_text(facts: Facts) -> float:
    """Whether the text repeats a name of several words."""
    name = facts.reading.name
    return float(len(name) >= 6 and " " in name and name in facts.normal)


# What stands beside the text, together with how much text there is


def short_beside_website(facts: Facts) -> float:
    """Whether a short text without a link stands beside a website."""
    return float(facts.length < 100 and bool(facts.reading.website_host) and not facts.reading.hosts)


# How it is written


def template(facts: Facts) -> float:
    """How many choices of a template are left in."""
    return many(len(_SPUN.findall(facts.shown)), 3) if "|" in facts.shown else 0.0


def random_letters(facts: Facts) -> float:
    """How many words look like random letters."""
    if not facts.words:
        return 0.0
    strange = sum([_strange_runs(word) for word in facts.words if len(word) >= 6])
    return min(1.0, (len(_INNER_CAPITAL.findall(facts.shown)) + 2 * strange) / len(facts.words))


@lru_cache(maxsize=8_192)
def _strange_runs(word: str) -> int:
    return len(_NO_VOWELS.findall(word))


def praise_without_content(facts: Facts) -> float:
    """How much of a text of at most 60 words is praise."""
    if not facts.words or len(facts.words) > 60:
        return 0.0
    return min(1.0, facts.topics.get("praise", 0) / max(2.0, len(facts.words) / 8))


def repetition(facts: Facts) -> float:
    """Share of the words that were said before."""
    return 1.0 - len(set(facts.words)) / len(facts.words) if len(facts.words) >= 8 else 0.0


def capitals(facts: Facts) -> float:
    """Share of capital letters where they are most."""
    if facts.shown.islower():
        return 0.0
    letters = sum(map(len, facts.words))
    share = len(_CAPITAL.findall(facts.shown)) / letters if letters >= 12 else 0.0
    return min(1.0, share) if share > 0.5 else 0.0


def digits(facts: Facts) -> float:
    """How many of the characters are digits: 1 from a fifth on."""
    return min(1.0, 5 * facts.normal.count("0") / (facts.length + 1))


def last_number(facts: Facts) -> float:
    """Whether a number of four digits or more is the last that is said."""
    end = facts.shown[-20:].rstrip()[-4:]
    return float(len(end) == 4 and end.isdigit())


def sums(facts: Facts) -> float:
    """How many sums of money there are."""
    if "0" not in facts.normal:
        return 0.0
    return many(len(_SUM.findall(facts.normal)) + len(_SUM_BEFORE.findall(facts.normal)), 3)


def few_letters(facts: Facts) -> float:
    """Whether there is text without a word."""
    return float(facts.length > 0 and not facts.words)


def no_punctuation(facts: Facts) -> float:
    """Whether a long text has no punctuation."""
    return float(len(facts.words) >= 25 and not any(mark in facts.shown for mark in ".,;!?。،।"))


def misplaced_marks(facts: Facts) -> float:
    """How many commas and full stops stand behind a space or without one behind."""
    shown = facts.shown
    if "," not in shown and " ." not in shown:
        return 0.0
    return many(shown.count(" ,") + shown.count(" . ") + len(_COMMA_GLUED.findall(shown)), 4)


def emoji(facts: Facts) -> float:
    """How many emoji there are."""
    return 0.0 if facts.is_ascii else many(len(_EMOJI.findall(facts.shown)), 8)


def framed(facts: Facts) -> float:
    """Whether a name stands between two like emoji."""
    if facts.shown.count(":") >= 4 and _FRAMED_BY_NAMES.search(facts.shown):
        return 1.0
    return float(not facts.is_ascii and _FRAMED.search(facts.shown) is not None)


def quote(facts: Facts) -> float:
    """Whether something is quoted."""
    shown = facts.shown
    is_marked = ">" in shown and (shown.lstrip().startswith(">") or "\n>" in shown or "<blockquote" in shown)
    return float(is_marked or (not facts.is_ascii and _QUOTED.search(shown) is not None))


def code(facts: Facts) -> float:
    """How many marks of program code there are."""
    found = [mark for mark in _CODE if mark in facts.shown]
    return many(sum(map(facts.shown.count, found)), 6) if found else 0.0


# Whom to write to, and whom to trust


def usernames(facts: Facts) -> float:
    """How many words look like somebody's name on a platform: with a number at the end, or an underscore inside."""
    likely = [word for word in facts.words if len(word) > 4 and (word[-1] == "0" or "_" in word)]
    return many(sum(_USERNAME.fullmatch(word) is not None for word in likely), 2) if likely else 0.0


def cashtags(facts: Facts) -> float:
    """How many coins are named as in `$COIN`."""
    return many(len(_CASHTAG.findall(facts.shown)), 2) if "$" in facts.shown else 0.0


def wallet(facts: Facts) -> float:
    """Whether there is the address of a wallet."""
    return float(WALLET_TOKEN in facts.normal)


def reach_somebody(facts: Facts) -> float:
    """Whether it says how to reach somebody: a messenger, and shortly before it a person and a verb of contact."""
    if "messenger" not in facts.topics:
        return 0.0
    for at, word in enumerate(facts.words):
        if lexicon.TOPIC_OF.get(word) == "messenger":
            near = facts.words[max(0, at - 9) : at + 3]
            if not (lexicon.SOMEBODY.isdisjoint(near) or lexicon.CONTACT_VERBS.isdisjoint(near)):
                return 1.0
    return 0.0


def titled_person(facts: Facts) -> float:
    """Whether somebody is named with a title, as in “Mr Smith” or “coach Ann”."""
    if lexicon.TITLES.isdisjoint(facts.words):
        return 0.0
    return float(_TITLED.search(facts.shown) is not None)


_EMOJI = re.compile("[\u2600-\u27bf\u2b50-\u2b55\U0001f300-\U0001faff]")
_CODE = ("()", "{", "}", "=>", "==", "::", ";\n", "`", "<code", "<pre", "#include", "def ", "var ")
_CAPITAL = re.compile("[A-ZÀ-ÖØ-ÞА-Я]")
_SPUN = re.compile(r"\{[^{}|\n]{1,60}\|[^{}\n]{1,200}\}")
_INNER_CAPITAL = re.compile(r"[A-Z](?<=[a-z][A-Z])")
_NO_VOWELS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5,}|q[^u\W]|[jvwxz][bcdfgjkpqtvxz]{2}")
_LINK_IN_NAME = re.compile(r"://|www\.|[^\W_]\.(?:com|net|org|info|biz|ru|io|co|de|uk)\b|@")
_SUM = re.compile(r"[$€£₽₹¥₿]\s?0")
_SUM_BEFORE = re.compile(r"0\s?(?:[$€£₽₹¥₿]|(?:usdt?|eur|btc|eth|rub|руб|млн|тыс|dollars?|euros?)\b)")
_QUOTED = re.compile("[“«„][^“«„”»]{10,200}[”»“]")
_COMMA_GLUED = re.compile(r",[^\W\d_]")
_SCHEME = re.compile("https?://")
_FRAMED = re.compile("([\u2600-\u27bf\u2b50-\u2b55\U0001f300-\U0001faff])\ufe0f? ?[^\\W_][\\w ]{2,30}\\1")
_FRAMED_BY_NAMES = re.compile(r":[a-z]{3,9}:[\w ]{3,30}:[a-z]{3,9}:")
_USERNAME = re.compile(r"[a-z]{3,}_[a-z0-9_]{2,}|[a-z]{4,}0{1,4}")
_CASHTAG = re.compile(r"\$[A-Za-z]{2,12}\b")
_TITLED = re.compile(
    r"\b(?:[Mm]rs?|[Mm]iss|[Mm]s|[Dd]r|[Cc]oach|[Ee]xpert|[Mm]entor|[Bb]roker|[Tt]rader|[Pp]rof(?:essor)?|[Mm]adam)\.?"
    " [A-Z][a-z]+"
)

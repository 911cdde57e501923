"""Named signals: some forty facts about a comment that a person understands, each between 0 and 1.

What is unknown (no name, no website) gives zero everywhere: neither absence nor presence is a fact of its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from moderation.spam import lexicon
from moderation.spam.reading import Reading
from moderation.text.language import WORD


@dataclass(frozen=True, slots=True)
class Facts:
    """What several signals are made from, counted once per reading."""

    reading: Reading
    shown: str
    length: int
    words: list[str]
    topics: dict[str, int] = field(default_factory=dict)

    def topic(self, name: str, full: int = 2) -> float:
        """How much of a topic there is: 1 from `full` words on."""
        return min(1.0, self.topics.get(name, 0) / full)


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal: a stable name, the words a person is shown, and how it is measured."""

    name: str
    meaning: str
    measure: Callable[[Facts], float]


def measure(reading: Reading, words: list[str]) -> NDArray[np.float64]:
    """All signals of a reading, shape (len(SIGNALS),), each in 0…1."""
    facts = Facts(reading, reading.shown, len(reading.shown), words, _topics(words))
    return np.array([signal.measure(facts) for signal in SIGNALS])


def _topics(words: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for topic in map(lexicon.TOPIC_OF.get, words):
        if topic is not None:
            found[topic] = found.get(topic, 0) + 1
    return found


def _many(count: int, full: int) -> float:
    return min(1.0, math.log1p(count) / math.log1p(full))


def _links(facts: Facts) -> int:
    return len(facts.reading.hosts)


def _link_share(facts: Facts) -> float:
    return min(1.0, _links(facts) * 6 / (len(facts.words) + 1))


def _any_host(test: Callable[[str], bool]) -> Callable[[Facts], float]:
    return lambda facts: float(any(test(host) for host in facts.reading.hosts))


def _website(test: Callable[[str], bool]) -> Callable[[Facts], float]:
    return lambda facts: float(bool(facts.reading.website_host) and test(facts.reading.website_host))


def _first_label(host: str) -> str:
    return max(host.split("."), key=len)


def _is_long(host: str) -> bool:
    return len(_first_label(host)) >= 16


def _has_odd_ending(host: str) -> bool:
    return host.rpartition(".")[2] in lexicon.ODD_ENDINGS


def _is_trade_host(host: str) -> bool:
    return lexicon.TRADE_IN_HOST.search(host) is not None


def _topic(name: str, full: int = 2) -> Callable[[Facts], float]:
    return lambda facts: facts.topic(name, full)


def _name_words(facts: Facts) -> list[str]:
    return facts.reading.name.split()


def _trade_name(facts: Facts) -> float:
    found = sum(
        word in lexicon.TOPIC_OF or word in lexicon.TRADE_WORDS for word in WORD.findall(facts.reading.name)
    )
    return min(1.0, found / 2)


def _long_name(facts: Facts) -> float:
    return min(1.0, max(0, len(_name_words(facts)) - 2) / 3)


def _name_is_address(facts: Facts) -> float:
    return float(_LINK_IN_NAME.search(facts.reading.name) is not None)


def _name_in_host(facts: Facts) -> float:
    words = [word for word in _name_words(facts) if len(word) >= 3]
    hosts = (*facts.reading.hosts, facts.reading.website_host)
    return (
        max((sum(word in host for word in words) / len(words) for host in hosts), default=0.0)
        if words
        else 0.0
    )


def _phrase_name(facts: Facts) -> float:
    words = facts.reading.name_shown.split()
    return float(len(words) >= 2 and facts.reading.name_shown.islower())


def _is_template(facts: Facts) -> float:
    return _many(len(_SPUN.findall(facts.shown)), 3) if "|" in facts.shown else 0.0


def _random_letters(facts: Facts) -> float:
    if not facts.words:
        return 0.0
    long_ones = " ".join(word for word in facts.words if len(word) >= 6)[:400]
    strange = len(_INNER_CAPITAL.findall(facts.shown)) / 2 + len(_NO_VOWELS.findall(long_ones))
    return min(1.0, 2 * strange / len(facts.words))


def _praise_without_content(facts: Facts) -> float:
    if not facts.words or len(facts.words) > 60:
        return 0.0
    return min(1.0, facts.topics.get("praise", 0) / max(2.0, len(facts.words) / 8))


def _repetition(facts: Facts) -> float:
    return 1.0 - len(set(facts.words)) / len(facts.words) if len(facts.words) >= 8 else 0.0


def _capitals(facts: Facts) -> float:
    letters = sum(map(len, facts.words))
    share = len(_CAPITAL.findall(facts.shown)) / letters if letters >= 12 else 0.0
    return min(1.0, share) if share > 0.5 else 0.0


def _is_nothing_but_link(facts: Facts) -> float:
    return float(_links(facts) > 0 and len(facts.words) - _links(facts) <= 2)


def _digits(facts: Facts) -> float:
    return min(1.0, 5 * facts.reading.normal.count("0") / (facts.length + 1))


def _sums(facts: Facts) -> float:
    normal = facts.reading.normal
    return _many(len(_SUM.findall(normal)) + len(_SUM_BEFORE.findall(normal)), 3) if "0" in normal else 0.0


def _few_letters(facts: Facts) -> float:
    return float(facts.length > 0 and not facts.words)


def _no_punctuation(facts: Facts) -> float:
    return float(len(facts.words) >= 25 and not any(mark in facts.shown for mark in ".,;!?。،।"))


def _emoji(facts: Facts) -> float:
    return 0.0 if facts.shown.isascii() else _many(len(_EMOJI.findall(facts.shown)), 8)


def _quote(facts: Facts) -> float:
    shown = facts.shown
    is_marked = ">" in shown and (shown.lstrip().startswith(">") or "\n>" in shown or "<blockquote" in shown)
    return float(is_marked or (not shown.isascii() and _QUOTED.search(shown) is not None))


def _code(facts: Facts) -> float:
    return _many(sum(map(facts.shown.count, _CODE)), 6) if _MAY_BE_CODE.search(facts.shown) else 0.0


_EMOJI = re.compile("[\u2600-\u27bf\u2b50-\u2b55\U0001f300-\U0001faff]")
_MAY_BE_CODE = re.compile(r"[{};=`<]|\(\)")
_CODE = ("()", "{", "}", "=>", "==", "::", ";\n", "`", "<code", "<pre", "#include", "def ", "var ")
_CAPITAL = re.compile("[A-ZÀ-ÖØ-ÞА-Я]")
_SPUN = re.compile(r"\{[^{}|\n]{1,60}\|[^{}\n]{1,200}\}")
_INNER_CAPITAL = re.compile(r"[A-Z](?<=[a-z][A-Z])")
_NO_VOWELS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5,}|q[^u\W]|[jvwxz][bcdfgjkpqtvxz]{2}")
_LINK_IN_NAME = re.compile(r"://|www\.|[^\W_]\.(?:com|net|org|info|biz|ru|io|co|de|uk)\b|@")
_SUM = re.compile(r"[$€£₽₹¥₿]\s?0")
_SUM_BEFORE = re.compile(r"0\s?(?:[$€£₽₹¥₿]|(?:usdt?|eur|btc|eth|rub|руб|млн|тыс|dollars?|euros?)\b)")
_QUOTED = re.compile("[“«„][^“«„”»]{10,200}[”»“]")

SIGNALS: tuple[Signal, ...] = (
    Signal("link", "a link", lambda f: float(_links(f) >= 1)),
    Signal("links", "several links", lambda f: _many(max(0, _links(f) - 1), 8)),
    Signal("link-share", "little text around its links", _link_share),
    Signal("only-link", "nothing but a link", _is_nothing_but_link),
    Signal("anchors", "links written as HTML", lambda f: _many(f.reading.anchors, 3)),
    Signal("bbcode", "links written as BBCode", lambda f: _many(f.reading.bbcode, 3)),
    Signal(
        "link-hyphens", "a link whose address has hyphens", _any_host(lambda host: "-" in _first_label(host))
    ),
    Signal(
        "link-digits", "a link whose address has digits", _any_host(lambda host: any(map(str.isdigit, host)))
    ),
    Signal("link-long", "a link with a long address", _any_host(_is_long)),
    Signal("link-ending", "a link with an unusual ending", _any_host(_has_odd_ending)),
    Signal("link-short", "a shortened link", _any_host(lexicon.SHORTENERS.__contains__)),
    Signal("link-known", "a link to a well-known place", _any_host(lexicon.is_well_known)),
    Signal("link-trade", "a link whose address names a trade", _any_host(_is_trade_host)),
    Signal(
        "link-deep",
        "a link to a page inside a site",
        lambda f: float(any(len(path) > 12 for path in f.reading.paths)),
    ),
    Signal(
        "website-hyphens",
        "a website whose address has hyphens",
        _website(lambda host: "-" in _first_label(host)),
    ),
    Signal(
        "website-digits",
        "a website whose address has digits",
        _website(lambda host: any(map(str.isdigit, host))),
    ),
    Signal("website-long", "a website with a long address", _website(_is_long)),
    Signal("website-ending", "a website with an unusual ending", _website(_has_odd_ending)),
    Signal("website-trade", "a website whose address names a trade", _website(_is_trade_host)),
    Signal(
        "website-deep",
        "a website that is a page inside a site",
        lambda f: float(len(f.reading.website_path) > 8),
    ),
    Signal("name-trade", "a name that is a trade", _trade_name),
    Signal("name-long", "a name of many words", _long_name),
    Signal("name-digits", "a name with digits", lambda f: float(any(map(str.isdigit, f.reading.name)))),
    Signal("name-address", "a name that is an address", _name_is_address),
    Signal("name-in-link", "its name in a link", _name_in_host),
    Signal("name-phrase", "a name that is a phrase", _phrase_name),
    Signal("template", "a template with choices left in", _is_template),
    Signal("random-letters", "random letters", _random_letters),
    Signal("email", "an e-mail address in the text", lambda f: _many(f.reading.emails, 2)),
    Signal("phone", "a telephone number", lambda f: _many(f.reading.phones, 2)),
    Signal("handle", "somebody's handle", lambda f: _many(f.reading.handles, 3)),
    Signal("messenger", "a messenger to write to", _topic("messenger")),
    Signal("money", "sums of money", _sums),
    Signal("money-words", "talk of earning and investing", _topic("money", 3)),
    Signal("crypto-words", "talk of crypto coins", _topic("crypto", 3)),
    Signal("gambling-words", "talk of gambling", _topic("gambling")),
    Signal("pills-words", "talk of medicines", _topic("pills")),
    Signal("adult-words", "talk of sex", _topic("adult")),
    Signal("shop-words", "talk of offers and brands", _topic("shop", 3)),
    Signal("search-words", "talk of search engines and traffic", _topic("search")),
    Signal("call", "a call to act", _topic("call")),
    Signal("praise", "praise", _topic("praise", 4)),
    Signal("praise-only", "praise without content", _praise_without_content),
    Signal("own-site", "talk of the page itself", _topic("page", 3)),
    Signal("you", "words spoken to the reader", _topic("you", 4)),
    Signal("self", "talk of oneself", _topic("self", 4)),
    Signal("disguises", "disguised letters", lambda f: _many(len(f.reading.disguises), 2)),
    Signal("repetition", "repetition", _repetition),
    Signal("capitals", "mostly capital letters", _capitals),
    Signal("digits", "many digits", _digits),
    Signal("emoji", "emoji", _emoji),
    Signal("no-words", "no words", _few_letters),
    Signal("no-punctuation", "a long text without punctuation", _no_punctuation),
    Signal("exclamation", "exclamation marks", lambda f: _many(f.shown.count("!"), 6)),
    Signal("question", "a question", lambda f: float("?" in f.shown)),
    Signal("hashtags", "hashtags", lambda f: _many(f.shown.count("#"), 5)),
    Signal("code", "program code", _code),
    Signal("quote", "a quotation", _quote),
    Signal("short", "a very short text", lambda f: float(f.length < 25)),
    Signal("long", "a long text", lambda f: min(1.0, f.length / 1500)),
    Signal("paragraphs", "several paragraphs", lambda f: _many(f.shown.count("\n"), 10)),
)

"""The named signals: facts about a comment that a person understands, each between 0 and 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.spam import lexicon
from moderation.spam import measures as of
from moderation.spam.measures import Facts, Measure, any_host, many, topic, website
from moderation.spam.reading import Reading


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal: a stable name, the words a person is shown, and how it is measured."""

    name: str
    meaning: str
    measure: Measure


# Signals of links, website and name are zero where there is none: what is unknown is no fact.
_OF_LINKS = (
    Signal("link", "a link", lambda f: float(bool(f.reading.hosts))),
    Signal("links", "several links", lambda f: many(max(0, len(f.reading.hosts) - 1), 8)),
    Signal("link-share", "little text around its links", of.link_share),
    Signal("only-link", "nothing but a link", of.only_link),
    Signal("link-hyphens", "a link whose address has hyphens", any_host(of.has_hyphen)),
    Signal("link-digits", "a link whose address has digits", any_host(of.has_digit)),
    Signal("link-long", "a link with a long address", any_host(of.is_long)),
    Signal("link-ending", "a link with an unusual ending", any_host(of.has_odd_ending)),
    Signal("link-short", "a shortened link", any_host(lexicon.SHORTENERS.__contains__)),
    Signal("link-messenger", "a link to a messenger", any_host(lexicon.MESSENGERS.__contains__)),
    Signal("link-known", "a link to a well-known place", any_host(lexicon.is_well_known)),
    Signal("link-trade", "a link whose address names a trade", any_host(of.is_trade)),
    Signal("link-deep", "a link to a page inside a site", of.deep_link),
    Signal("link-own", "a link to its writer's own website", of.own_link),
    Signal("link-last", "a link at its end", of.last_link),
    Signal("link-glued", "a link glued to a word", of.glued_link),
)
_OF_WEBSITE = (
    Signal("website-hyphens", "a website whose address has hyphens", website(of.has_hyphen)),
    Signal("website-digits", "a website whose address has digits", website(of.has_digit)),
    Signal("website-long", "a website with a long address", website(of.is_long)),
    Signal("website-ending", "a website with an unusual ending", website(of.has_odd_ending)),
    Signal("website-trade", "a website whose address names a trade", website(of.is_trade)),
    Signal("website-home", "a website where people keep their own pages", website(of.is_home)),
    Signal(
        "website-deep",
        "a website that is a page inside a site",
        lambda f: float(len(f.reading.website_path) > 8),
    ),
    Signal("website-short", "a short text beside a website", of.short_beside_website),
)
_OF_BOTH = (
    Signal("website-praise", "praise without content beside a website or link", of.praise_without_content),
)
_OF_NAME = (
    Signal("name-trade", "a name that is a trade", of.trade_name),
    Signal("name-everyday", "a name of everyday words", of.everyday_name),
    Signal("name-long", "a name of many words", of.long_name),
    Signal("name-digits", "a name with digits", lambda f: float(of.has_digit(f.reading.name))),
    Signal("name-address", "a name that is an address", of.name_is_address),
    Signal("name-in-link", "its name in a link", of.name_in_host),
    Signal("name-phrase", "a name that is a phrase", of.phrase_name),
    Signal("name-titled", "a name written as a headline", of.titled_name),
    Signal("name-glued", "a name with capitals inside words", of.glued_name),
    Signal("name-first", "its name at the beginning of the text", of.name_first),
    Signal("name-in-text", "its name in the text", of.name_in_text),
)
_OF_TEXT = (
    Signal("anchors", "links written as HTML", lambda f: many(f.reading.anchors, 3)),
    Signal("bbcode", "links written as BBCode", lambda f: many(f.reading.bbcode, 3)),
    Signal("template", "a template with choices left in", of.template),
    Signal("random-letters", "random letters", of.random_letters),
    Signal("email", "an e-mail address in the text", lambda f: many(f.reading.emails, 2)),
    Signal("phone", "a telephone number", lambda f: many(f.reading.phones, 2)),
    Signal("handle", "somebody's handle", lambda f: many(f.reading.handles, 3)),
    Signal("username", "a word like a user's name", of.usernames),
    Signal("messenger", "a messenger to write to", topic("messenger")),
    Signal("reach", "how to reach somebody on a messenger", of.reach_somebody),
    Signal("wallet", "the address of a wallet", of.wallet),
    Signal("cashtags", "coins named with a dollar sign", of.cashtags),
    Signal("money", "sums of money", of.sums),
    Signal("money-words", "talk of earning and investing", topic("money", 3)),
    Signal("crypto-words", "talk of crypto coins", topic("crypto", 3)),
    Signal("rescue-words", "talk of hackers and recovered money", topic("rescue")),
    Signal("titled-person", "somebody named with a title", of.titled_person),
    Signal("gambling-words", "talk of gambling", topic("gambling")),
    Signal("pills-words", "talk of medicines", topic("pills")),
    Signal("adult-words", "talk of sex", topic("adult")),
    Signal("shop-words", "talk of offers and brands", topic("shop", 3)),
    Signal("search-words", "talk of search engines and traffic", topic("search")),
    Signal("call", "a call to act", topic("call")),
    Signal("praise", "praise", topic("praise", 4)),
    Signal("praise-only", "praise without content", of.praise_without_content),
    Signal("own-site", "talk of the page itself", topic("page", 3)),
    Signal("you", "words spoken to the reader", topic("you", 4)),
    Signal("self", "talk of oneself", topic("self", 4)),
    Signal("disguises", "disguised letters", lambda f: many(len(f.reading.disguises), 2)),
    Signal("repetition", "repetition", of.repetition),
    Signal("capitals", "mostly capital letters", of.capitals),
    Signal("digits", "many digits", of.digits),
    Signal("last-number", "a number at its end", of.last_number),
    Signal("emoji", "emoji", of.emoji),
    Signal("framed", "a name between two emoji", of.framed),
    Signal("no-words", "no words", of.few_letters),
    Signal("no-punctuation", "a long text without punctuation", of.no_punctuation),
    Signal("misplaced-marks", "misplaced commas and full stops", of.misplaced_marks),
    Signal("exclamation", "exclamation marks", lambda f: many(f.shown.count("!"), 6)),
    Signal("question", "a question", lambda f: float("?" in f.shown)),
    Signal("hashtags", "hashtags", lambda f: many(f.shown.count("#"), 5)),
    Signal("code", "program code", of.code),
    Signal("quote", "a quotation", of.quote),
    Signal("short", "a very short text", lambda f: float(f.length < 25)),
    Signal("long", "a long text", lambda f: min(1.0, f.length / 1500)),
    Signal("paragraphs", "several paragraphs", lambda f: many(f.shown.count("\n"), 10)),
)
SIGNALS: tuple[Signal, ...] = (*_OF_LINKS, *_OF_WEBSITE, *_OF_BOTH, *_OF_NAME, *_OF_TEXT)


class Measuring:
    """Measures readings one after the other; what was measured of a text serves its next variant too."""

    def __init__(self) -> None:
        self._facts: Facts | None = None
        self._of_text: list[float] = []

    def measure(self, reading: Reading, words: list[str]) -> NDArray[np.float64]:
        """All signals of a reading whose normal form has these words, shape (len(SIGNALS),), each in 0…1."""
        facts = self._facts
        if facts is not None and reading.shown is facts.shown and reading.normal is facts.normal:
            facts.reading = reading
        else:
            facts = self._facts = Facts.of(reading, words)
            self._of_text = [signal.measure(facts) for signal in _OF_TEXT]
        values: list[float] = []
        for signals, there_is_cause in _SECTIONS:
            if there_is_cause(reading):
                values += [signal.measure(facts) for signal in signals]
            else:
                values += [0.0] * len(signals)
        return np.array(values + self._of_text)


_SECTIONS: tuple[tuple[tuple[Signal, ...], Callable[[Reading], object]], ...] = (
    (_OF_LINKS, lambda reading: reading.hosts),
    (_OF_WEBSITE, lambda reading: reading.website_host),
    (_OF_BOTH, lambda reading: reading.website_host or reading.hosts),
    (_OF_NAME, lambda reading: reading.name),
)

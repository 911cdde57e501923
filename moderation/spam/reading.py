"""What the machine reads in a candidate: canonical text brought to a normal form, its links, its name, its website.

In the normal form a link, an address, a telephone number and a handle are one token each, so nothing of an e-mail
address is ever hashed; tags are gone, digits are zeros, long repetitions are short. A long text is read in windows.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from moderation.text import EMAIL, LINK, canonical, canonical_with_origins
from moderation.text.canon import substitute
from moderation.text.disguises import Step
from moderation.text.links import host_in, host_of

WINDOW = 2000
_NAME = 120
_URL = 400


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is to be judged. None or "" means unknown, and weighs nothing.

    Attributes
    ----------
    text
        The comment as typed; any length, any script.
    author, url
        The commenter's name and website.
    article
        Text of the article (title and body) the comment stands under.
    """

    text: str
    author: str | None = None
    url: str | None = None
    article: str | None = None


@dataclass(slots=True)
class Reading:
    """One window of a candidate's text, with what came beside the text.

    Attributes
    ----------
    shown
        The window in canonical text, as a person would take it.
    normal
        Its normal form, between two spaces.
    hosts, paths
        Host and rest of each link in the window, in order.
    emails, phones, handles, tags, anchors, bbcode
        How many of each were replaced by tokens or taken out.
    name, website_host, website_path
        What came beside, in canonical lower case; "" when unknown.
    name_shown
        The name with its capitals.
    """

    shown: str
    normal: str = "  "
    disguises: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    emails: int = 0
    phones: int = 0
    handles: int = 0
    tags: int = 0
    anchors: int = 0
    bbcode: int = 0
    name: str = ""
    name_shown: str = ""
    website_host: str = ""
    website_path: str = ""
    article: str = ""


def read(candidate: Candidate) -> list[Reading]:
    """All windows of a candidate, at least one."""
    plain = canonical(candidate.text)
    beside = _beside(candidate)
    return [_window(shown, plain.disguises, beside) for shown in _windows(plain.text)]


def given(readings: Sequence[Reading], candidate: Candidate) -> list[Reading]:
    """Readings of the same text, given another name, website and article."""
    beside = _beside(candidate)
    found = [copy(reading) for reading in readings]
    for reading in found:
        reading.name, reading.name_shown = beside.name, beside.name_shown
        reading.website_host, reading.website_path = beside.website_host, beside.website_path
        reading.article = beside.article
    return found


def windows_with_origins(text: str) -> list[tuple[str, array[int]]]:
    """Per window the normal form, and for each of its characters the offset in the text as typed."""
    plain, origins = canonical_with_origins(text)
    found: list[tuple[str, array[int]]] = []
    start = 0
    for shown in _windows(plain.text):
        normal = f" {lowered(shown)} "
        placed = array(
            "l", [origins[start], *origins[start : start + len(shown) + 1], origins[start + len(shown)]]
        )
        for step in NORMAL_STEPS:
            if step.may_apply(normal):
                normal, placed = substitute(step, normal, placed)
        found.append((normal, placed))
        start += len(shown)
    return found


def lowered(text: str) -> str:
    """Lower case, one character for each."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(lower if len(lower := character.lower()) == 1 else character for character in text)


def _windows(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > WINDOW + WINDOW // 4:
        stop = max(
            text.rfind(" ", start + WINDOW // 2, start + WINDOW),
            text.rfind("\n", start + WINDOW // 2, start + WINDOW),
        )
        stop = stop + 1 if stop > 0 else start + WINDOW
        yield text[start:stop]
        start = stop
    yield text[start:]


def _beside(candidate: Candidate) -> Reading:
    url = (candidate.url or "").strip()[:_URL]
    author = (candidate.author or "")[:_NAME]
    name = " ".join((author if _IS_PLAIN_NAME(author) else canonical(author).text).split())
    return Reading(
        shown="",
        name=lowered(name),
        name_shown=name,
        website_host=host_of(url).removeprefix("www."),
        website_path=_path(url.lower()),
        article=candidate.article or "",
    )


def _path(url: str) -> str:
    return url.partition("://")[2].partition("/")[2][:200] if "://" in url else url.partition("/")[2][:200]


def _window(shown: str, disguises: tuple[str, ...], beside: Reading) -> Reading:
    if "@" in shown:  # signals count letters and marks, and nothing of an address may be counted
        shown = EMAIL.sub(EMAIL_TOKEN, shown)
    normal = f" {lowered(shown)} "
    reading = replace(beside, shown=shown, disguises=disguises)
    for step in NORMAL_STEPS:
        if step.may_apply(normal):
            if step is _LINKS:
                normal = _without_links(reading, normal)
            elif step is _SPACES:  # the same as its pattern, several times faster
                normal = " ".join(("", *normal.split(), ""))
            else:
                normal = step.pattern.sub(step.replace, normal)
    reading.normal = normal
    if "x" in normal:
        reading.emails = normal.count(EMAIL_TOKEN)
        reading.phones = normal.count(PHONE_TOKEN)
        reading.handles = normal.count(HANDLE_TOKEN)
    if "<" in shown:
        reading.tags = len(_TAG.findall(shown))
        reading.anchors = shown.lower().count("</a>") - len(_AUTOLINK.findall(shown))
    if "[" in shown:
        reading.bbcode = len(_BBCODE.findall(shown))
    return reading


def _without_links(reading: Reading, normal: str) -> str:
    hosts: list[str] = []
    paths: list[str] = []

    def noted(match: re.Match[str]) -> str:
        host = host_in(match).removeprefix("www.")
        if not host:
            return match[0]
        hosts.append(host)
        paths.append(_path(match[0] if match["after_scheme"] else match["path"] or ""))
        return LINK_TOKEN

    normal = _PIECE_WITH_DOT.sub(lambda piece: LINK.sub(noted, piece[0]), normal)
    reading.hosts, reading.paths = tuple(hosts), tuple(paths)
    return normal


LINK_TOKEN, EMAIL_TOKEN, PHONE_TOKEN, HANDLE_TOKEN, WALLET_TOKEN = (
    f" x{thing}x " for thing in ("link", "mail", "phone", "handle", "wallet")
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,400}>")
_BBCODE = re.compile(r"\[/?(?:url|link|b|i|u|img|quote|code|color|size)\b[^\[\]]{0,300}\]", re.IGNORECASE)
_AUTOLINK = re.compile(
    r"<a [^<>]{1,400}>\s{0,9}((?:https?://|www\.)[^<>\s]{1,400})\s{0,9}</a>", re.IGNORECASE
)
_IS_PLAIN_NAME = re.compile(r"(?:[A-Za-z]{2,}+ ?)*+").fullmatch  # nothing in it to undo
_MAY_BE_LINK = re.compile(r"[^\s.]\.[^\s.]").search
_HAS_DIGIT = re.compile(r"[0-9]").search
_MANY_DIGITS = re.compile(r"[0-9][0-9 ().=_*~-]{5}").search
# No link reaches over a space, and most pieces between spaces cannot be one: several times faster than `LINK` alone.
_PIECE_WITH_DOT = re.compile(r"(?<!\S)[^\s.:]*+[.:]\S+")


def _has_long_word(text: str) -> bool:
    return max(map(len, text.split()), default=0) >= 32


def _has_run_of_three(text: str) -> bool:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    is_run = (codes[2:] == codes[1:-1]) & (codes[1:-1] == codes[:-2])
    return bool((is_run & (codes[2:] != ord("0"))).any())


def _writing(token: str) -> Callable[[re.Match[str]], str]:
    return lambda _: token


def _link(match: re.Match[str]) -> str:
    return LINK_TOKEN if host_in(match) else match[0]


def _address_alone(match: re.Match[str]) -> str:
    # An address that the site itself made clickable: its writer typed it once.
    return f" {match[1]} "


def _phone(match: re.Match[str]) -> str:
    return PHONE_TOKEN if sum(character.isdigit() for character in match[0]) >= 8 else match[0]


_LINKS = Step("", LINK, _link, lambda text: "." in text and _MAY_BE_LINK(text) is not None)
_SPACES = Step(
    "", re.compile(r"\s{2,}|[^\S ]"), _writing(" "), lambda text: "  " in text or not text.isprintable()
)
NORMAL_STEPS: tuple[Step, ...] = (
    Step("", EMAIL, _writing(EMAIL_TOKEN), lambda text: "@" in text),
    Step("", _AUTOLINK, _address_alone, lambda text: "</a>" in text),
    Step("", re.compile(r"\[(?:\.{3}|\u2026)\]"), _writing(" "), lambda text: "[" in text),
    Step(
        "",
        re.compile(r"\[(?:link|url)\]|<(?:link|url)>"),
        _writing(LINK_TOKEN),
        lambda text: "link" in text or "url" in text,
    ),
    Step(
        "",
        re.compile(r"\[(?:username|user|mention)\]|<user>"),
        _writing(HANDLE_TOKEN),
        lambda text: "[user" in text or "<user" in text or "[mention" in text,
    ),
    _LINKS,
    Step("", _TAG, _writing(" "), lambda text: "<" in text),
    Step(
        "",
        re.compile(r"(?<![^\W_])!{1,2}g(?![^\W_])|(?<=\bon )(?:1g|ig|insta)(?![^\W_])"),
        _writing("instagram"),
        lambda text: "!g" in text or "on i" in text or "on 1g" in text,
    ),
    Step(
        "",
        re.compile(r"(?<![^\W_])(?:tele[ -]gram(?:me?)?|telegr?a?mm?e?)(?![^\W_])"),
        _writing("telegram"),
        lambda text: "tele" in text,
    ),
    Step(
        "",
        re.compile(r"(?<![^\W_])what'?s?[ -]?app?(?![^\W_])"),
        _writing("whatsapp"),
        lambda text: "what" in text and "ap" in text,
    ),
    Step(
        "",
        re.compile(r"(?<![^\W_])(?=[a-z]{0,63}[0-9])[a-z0-9]{32,64}(?![^\W_])"),
        _writing(WALLET_TOKEN),
        _has_long_word,
    ),
    Step("", _BBCODE, _writing(" "), lambda text: "[" in text),
    Step("", re.compile(r"(?<![^\W_])@[^\W_][\w.]{2,40}"), _writing(HANDLE_TOKEN), lambda text: "@" in text),
    Step(
        "",
        re.compile(r"(?<![\w.,])(?:\+ ?)?\(?[0-9](?:[ ().=_*~-]{0,2}[0-9]){7,14}(?![\w])"),
        _phone,
        lambda text: _MANY_DIGITS(text) is not None,
    ),
    Step(
        "",
        re.compile(r"[0-9]+"),
        lambda match: "0000"[: len(match[0])],
        lambda text: _HAS_DIGIT(text) is not None,
    ),
    Step(
        "",
        re.compile(r"([^\s0])\1{2,}"),
        lambda match: match[1] * 2,
        _has_run_of_three,
    ),
    _SPACES,
)

"""What a reader is told is kept: made from the settings in force, so that it says what is done and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.rules import DAYS
from moderation.settings import Settings

LONGEST_RULE = max(DAYS)


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of data: what, what for, how long, and who sees it."""

    what: str
    why: str
    how_long: str
    who: str


def kept(settings: Settings) -> tuple[Kept, ...]:
    """All that is kept of a reader who comments, under these settings."""
    return (
        Kept(
            "Your name, website and comment",
            "To show them under the article. An email address typed into one of them is hidden first.",
            f"Until you have them erased. {_spam(settings.keep_spam_text_days)}",
            "Everybody, once it is published; before that the moderators.",
        ),
        Kept(
            "Your email address",
            "So that the comment can be known as yours, should you ask. It decides nothing about what you write.",
            f"{_days(settings.keep_address_days)} of a published or waiting comment;"
            f" {_days(settings.keep_unwelcome_days)} of one that was refused. {_given(settings)}",
            "Nobody by default: it is sealed as it arrives. An administrator may open one, with a reason, and each"
            " such look is on record.",
        ),
        Kept(
            "A fingerprint of your network (a group of internet addresses, never your own)",
            "To notice many comments from one place.",
            _days(settings.keep_network_days),
            "Nobody: it cannot be turned back into an address.",
        ),
        Kept(
            "A random mark in this browser, if you tick “Remember me”",
            "So that you are known again without an account.",
            f"{_days(settings.keep_token_days)} on this site; your browser forgets it when you clear its cookies.",
            "Nobody: only a fingerprint of it is kept here.",
        ),
        Kept(
            "What was decided about your comment",
            "So that a decision can be explained and taken back.",
            "Without your words it stays, as a number and a date.",
            "The moderators.",
        ),
        Kept(
            "What others say of your comment: readers’ reports, and moderators’ notes and reasons",
            "So that moderators know what they decide on, and why it was decided so.",
            f"Words of reports {_lower(settings.keep_reports_days)}, notes {_lower(settings.keep_notes_days)},"
            f" reasons {_lower(settings.keep_reasons_days)}; all of it goes when you have the comment erased.",
            "The moderators. A network that reported something is kept as a fingerprint,"
            f" {_lower(settings.keep_network_days)}.",
        ),
        Kept(
            "A rule about your browser or network, if a moderator made one",
            "To let comments from there pass, or wait for a person.",
            f"Until the day that was chosen for it, {LONGEST_RULE} days at most, or until you have the comment erased"
            " that it was made at.",
            "The moderators see the rule and its reason; the fingerprint in it is shown to nobody.",
        ),
        Kept(
            "A sketch of your comment: hashes of some of its words",
            "To find comments that are alike, such as one advertisement under many names.",
            f"{_days(settings.keep_sketches_days)}.",
            "Nobody; moderators see which comments are alike.",
        ),
        Kept(
            "What the spam filter learned from it",
            "To tell comments from advertising. It keeps numbers, no words, and nothing of your address.",
            "Until you have the comment erased: then it is learned anew without it.",
            "Nobody.",
        ),
    )


def _days(days: int) -> str:
    if not days:
        return "As long as the comment stands"
    return f"{days} day{'' if days == 1 else 's'}"


def _lower(days: int) -> str:
    told = _days(days)
    return told[:1].lower() + told[1:]


def _spam(days: int) -> str:
    return f"Spam is erased after {_days(days)}." if days else "Spam is kept until a person erases it."


def _given(settings: Settings) -> str:
    return "" if settings.require_name_email else "You need not give one."

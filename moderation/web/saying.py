"""What moderators say at the desk: answers as the publication, other words for a comment, notes, who is looking."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from moderation.errors import FormFaults, GatepostError, ParentUnavailable, Stale
from moderation.intake import Written, whole
from moderation.parts import parts
from moderation.review import Target
from moderation.vocabulary import Role
from moderation.web.access import myself, needs
from moderation.web.answers import wants_json
from moderation.web.deskpage import answer_at_desk, asked_next, desk_page
from moderation.web.notes import go_on
from moderation.web.pages import now

saying = Blueprint("saying", __name__, url_prefix="/desk")
saying.register_error_handler(GatepostError, answer_at_desk)


@saying.post("/comments/<int:comment_id>/answer")
@needs(Role.MODERATOR)
def answer(comment_id: int) -> AnyResponse:
    """Publish an answer in the publication's name.

    Raises
    ------
    NotFound
    """
    typed = request.form.get("words", "")
    try:
        parts().intake.answer(comment_id, Written(myself().moderator_id, typed, now()))
    except _MENDABLE as error:
        return _again(comment_id, error, answer=typed)
    return go_on(asked_next(), "Your answer is published.")


@saying.post("/comments/<int:comment_id>/text")
@needs(Role.MODERATOR)
def edit(comment_id: int) -> AnyResponse:
    """Give a comment another text, or one of its former ones again.

    Raises
    ------
    BadInput, NotFound
    """
    target = Target.read(f"{comment_id}:{request.form.get('version', '')}")
    former = whole(request.form.get("n"))
    typed = parts().intake.former_text(comment_id, former) if former else request.form.get("words", "")
    try:
        written = Written(myself().moderator_id, typed, now())
        parts().intake.reword(target.id, target.version, written)
    except _MENDABLE as error:
        return _again(comment_id, error, edited=typed)
    return go_on(asked_next(), "The text is changed. What was typed stays in the comment’s history.")


@saying.post("/comments/<int:comment_id>/notes")
@needs(Role.MODERATOR)
def note(comment_id: int) -> AnyResponse:
    """Write a note for the other moderators.

    Raises
    ------
    NotFound
    """
    typed = request.form.get("words", "")
    try:
        parts().review.note(comment_id, myself().moderator_id, typed, now())
    except _MENDABLE as error:
        return _again(comment_id, error, noted=typed)
    return go_on(asked_next(), "Your note is kept.")


@saying.post("/notes/<int:note_id>/take-back")
@needs(Role.MODERATOR)
def take_back(note_id: int) -> AnyResponse:
    """Take one's own note back.

    Raises
    ------
    NotFound, Refused
    """
    parts().review.take_note_back(note_id, myself().moderator_id, now())
    return go_on(asked_next(), "Your note is taken back.")


@saying.post("/claims")
@needs(Role.MODERATOR)
def claim() -> AnyResponse:
    """Say that one is looking at a comment, or is no longer.

    Raises
    ------
    NotFound
    """
    me, comment_id = myself().moderator_id, whole(request.form.get("comment")) or 0
    if request.form.get("let_go"):
        parts().review.let_go(me, comment_id)
        return jsonify(who="") if wants_json() else go_on(asked_next(), "Anybody may look at it now.")
    looking = parts().review.claim(comment_id, me, now())
    is_mine = looking.moderator_id == me
    if wants_json():
        return jsonify(who=looking.who, is_mine=is_mine)
    sentence = "The others see that you are looking at it." if is_mine else f"{looking.who} is looking at it."
    return go_on(asked_next(), sentence)


_MENDABLE = (FormFaults, ParentUnavailable, Stale)
"""What may stop words that somebody took time to find: they are handed back beside the comment as it is now."""


def _again(comment_id: int, error: GatepostError, **typed: str) -> AnyResponse:
    """The comment's page, with what was typed and why it was not taken."""
    if wants_json():
        raise error
    file = parts().review.file(comment_id, now())
    title = f"Comment {comment_id} by {file.comment.name}"
    shown = {
        "file": file,
        "bench": file.bench,
        "similar": [],
        "why_not": [fault.sentence for fault in error.faults]
        if isinstance(error, FormFaults)
        else [error.sentence],
        "typed": typed,
        "back": asked_next(),
    }
    return desk_page("desk/comment.html", title, error.status, **shown)

"""Readers report a comment: a page with a few reasons, and one answer to everybody, whatever came of it."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template
from werkzeug.wrappers import Response as AnyResponse

from moderation import privacy, threads
from moderation.errors import NotFound
from moderation.markup import plain
from moderation.parts import parts
from moderation.review import Report
from moderation.review.reporting import LONGEST, SAID
from moderation.vocabulary import Complaint
from moderation.web import limits
from moderation.web.forms import reader_token, sent_fields, typed_text
from moderation.web.pages import now

report_pages = Blueprint("reporting", __name__)


@report_pages.get("/comments/<int:comment_id>/report")
def ask(comment_id: int) -> AnyResponse:
    """What is wrong with this comment?

    Raises
    ------
    NotFound
    """
    found = threads.public_words(comment_id)
    if found is None:
        raise NotFound("There is no such comment, or it is no longer public.")
    page = render_template(
        "reader/report.html",
        page_title="Report a comment",
        noindex=True,
        comment_id=comment_id,
        name=privacy.mask_addresses(found.name),
        excerpt=plain(privacy.mask_addresses(found.text), 300),
        said=SAID,
        longest=LONGEST,
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "no-cache"
    return response


@report_pages.post("/comments/<int:comment_id>/report")
def take(comment_id: int) -> AnyResponse:
    """Take a report. The answer is the same for every comment, every network and every number of reports."""
    fields = sent_fields()
    asked = typed_text(fields, "complaint")
    complaint = Complaint(asked) if asked in set(Complaint) else Complaint.OTHER
    if limits.may_report():
        at_work = parts()
        said = Report(
            comment_id,
            complaint,
            typed_text(fields, "words"),
            at_work.vault.every_fingerprint("network", limits.network()),
            at_work.intake.is_known(reader_token(at_work)),
        )
        at_work.review.take_report(said, now())
    response = redirect("/reported", code=303)
    response.headers["Cache-Control"] = "no-store"
    return response


@report_pages.get("/reported")
def thank() -> AnyResponse:
    """Thank whoever reported something."""
    response = make_response(render_template("reader/reported.html", page_title="Thank you", noindex=True))
    response.headers["Cache-Control"] = "no-cache"
    return response

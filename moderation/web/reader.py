"""The reader's side: the front page, an article with its thread, and "Leave a Reply"."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request
from markupsafe import Markup
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Response as AnyResponse

from models import Comment, db, give_up
from moderation import threads
from moderation.errors import (
    ArticleClosed,
    FormFaults,
    GatepostError,
    Gone,
    NotFound,
    ParentUnavailable,
)
from moderation.intake import Receipt, whole
from moderation.parts import Parts, parts
from moderation.threads import PublicArticle, Thread
from moderation.vocabulary import Status
from moderation.web import cards, limits, tokens
from moderation.web.answers import answer, in_time, told, wants_json
from moderation.web.forms import (
    CONSENT,
    KEPT_FIELDS,
    FormView,
    circumstances,
    form_view,
    own_address,
    remember,
    sent_fields,
    typed_on_the_form,
    typed_text,
)
from moderation.web.packing import Packed
from moderation.web.pages import build, now

reader = Blueprint("reader", __name__)


@reader.get("/")
def front() -> AnyResponse:
    """The published articles, newest first."""
    found = threads.front(parts().settings, now(), before=whole(request.args.get("before")) or None)
    page = render_template(
        "reader/front.html",
        articles=found[:20],
        older=found[19].id if len(found) > 20 else None,
        page_title=parts().settings.site_name,
    )
    return _public(make_response(page), hashlib.sha256(page.encode()).hexdigest()[:24])


@reader.get("/articles/<key>")
def show(key: str) -> AnyResponse:
    """An article, a page of its thread, and the form."""
    at_work, moment = parts(), now()
    article = threads.article(key, at_work.settings, moment)
    if held := _asked("held"):
        return _show_held(at_work, article, held)
    after = _number("after")
    answered = _number("replytocom")
    is_packed = not answered and _takes_gzip(request.headers.get("Accept-Encoding", ""))
    told = _asked("told") == "hidden"
    tag = _tag(article, after, answered, told, is_packed, moment.strftime("%Y%m%d%H"))
    known = request.if_none_match
    if not known.star_tag and known.contains_weak(tag):  # a proxy that packs anew weakens it
        response = Response(status=304)
    else:
        thread = Thread(article, at_work.settings)
        drawn = _answering(at_work, thread, after, answered) if answered else None
        response = drawn or _whole(at_work, thread, after, is_packed)
    response.headers["Vary"] = "Accept-Encoding"
    return _public(response, tag)


@reader.get("/comments/<int:comment_id>")
def permalink(comment_id: int) -> AnyResponse:
    """Where a public comment stands."""
    comment = db.session.get(Comment, comment_id) if comment_id < 2**31 else None
    if comment is None or comment.status is not Status.APPROVED:
        raise NotFound("There is no such comment, or it is no longer public.")
    article = threads.article_of(comment.article_id, parts().settings, now())
    return redirect(_place(parts(), article, comment.id), code=303)


@reader.post("/articles/<key>/comments")
@limits.posts
def post(key: str) -> AnyResponse:
    """Take a comment in, from the article's own form or as JSON."""
    return _take(threads.article(key, parts().settings, now()), sent_fields())


@reader.post("/wp-comments-post.php")
@limits.posts
def post_compatibly() -> AnyResponse:
    """The same, where the form names its article by number."""
    fields = sent_fields()
    article_id = whole(fields.get("comment_post_ID")) or 0
    return _take(threads.article_of(article_id, parts().settings, now()), fields)


@reader.errorhandler(Exception)
def give_back(raised: Exception) -> AnyResponse:
    """Whatever stops a comment before it is read: the words are handed back with the answer."""
    error = told(raised)
    if request.method != "POST" or wants_json():
        return answer(raised)
    try:
        fields = sent_fields()
        return _kept(_asked_article(fields), fields, error)
    except Exception:
        give_up()
        return _read_only(error, typed_on_the_form())


def _asked_article(fields: Mapping[str, Any]) -> PublicArticle:
    settings, key = parts().settings, (request.view_args or {}).get("key", "")
    if key:
        return threads.article(key, settings, now())
    return threads.article_of(whole(fields.get("comment_post_ID")) or 0, settings, now())


def _take(article: PublicArticle, fields: Mapping[str, Any]) -> AnyResponse:
    at_work = parts()
    came = circumstances(at_work, article.id, fields)
    receipt = at_work.intake.submit(article.id, fields, came, now())
    # Without the page of `redirect`, which nobody sees and whose making costs as much as a statement.
    goes_on = {"Location": _destination(at_work, article, receipt, fields), "Cache-Control": "no-store"}
    response = Response(status=303, headers=goes_on)
    if fields.get(CONSENT) and came.reader_token and not receipt.is_repeat:
        remember(response, at_work, came.reader_token)
    return response


def _kept(article: PublicArticle, fields: Mapping[str, Any], error: GatepostError) -> Response:
    """The answer to a comment that was not stored: everything typed is still in the form."""
    at_work = parts()
    typed = {name: typed_text(fields, name) for name in KEPT_FIELDS}
    if isinstance(error, ArticleClosed) or not article.is_open:
        return _read_only(error, typed, article)
    thread = Thread(article, at_work.settings)
    parent_id = 0 if isinstance(error, ParentUnavailable) else whole(typed["comment_parent"])
    parent = thread.comment(parent_id) if parent_id else None
    faults = error.faults if isinstance(error, FormFaults) else ()
    form = form_view(at_work, article, typed, faults, parent, token=_sent_token(at_work, article, fields))
    if faults:
        return in_time(_page(article, cards.thread_of(thread, None), form, noindex=True), error)
    return _error_page(error, form=form, back=f"/articles/{article.key}#comments")


def _sent_token(at_work: Parts, article: PublicArticle, fields: Mapping[str, Any]) -> str:
    """The token that came with the form, if it is one of ours: what is mended at once was not typed in a hurry."""
    sent = typed_text(fields, "gatepost_token")
    is_ours = tokens.form_age(at_work.vault, sent, article.id, now()) is not None
    return sent if is_ours else ""


def _read_only(
    error: GatepostError, typed: Mapping[str, str], article: PublicArticle | None = None
) -> Response:
    """The answer where no form can be offered: what was typed can still be read and copied."""
    back = f"/articles/{article.key}#comments" if article else ""
    return _error_page(error, typed=typed if any(typed.values()) else None, back=back)


def _error_page(error: GatepostError, **values: Any) -> Response:
    page = render_template("reader/error.html", error=error, page_title=error.title, **values)
    return in_time(make_response(page), error)


def _page(
    article: PublicArticle, thread: Markup, form: FormView | None, noindex: bool = False, own_page: str = ""
) -> Response:
    return make_response(
        render_template(
            "reader/article.html",
            article=article,
            thread=thread,
            form=form,
            noindex=noindex,
            own_page=own_page,
            hidden_address=_asked("told") == "hidden",
            page_title=article.title,
        )
    )


def _answering(at_work: Parts, thread: Thread, after: int | None, answered: int) -> Response:
    """The page whose form answers a comment, whose author's name stands in the form's heading."""
    parent = thread.comment(answered)
    if parent is None:
        raise ParentUnavailable
    article = thread.article
    form = form_view(at_work, article, {}, parent=parent) if article.is_open else None
    page = _page(article, cards.thread_of(thread, after), form, noindex=True)
    page.set_data(at_work.watch.let_out(page.get_data(as_text=True), [parent.id]))
    return page


def _whole(at_work: Parts, thread: Thread, after: int | None, is_packed: bool) -> Response:
    """The page as everybody gets it: drawn once, with a place left for the form's token, which is made each time."""
    article, shelf = thread.article, at_work.shelf
    name = ("page", article.id, after, _asked("told") == "hidden", is_packed)
    version = (article.revision, article.is_open, build(), at_work.look)
    kept = shelf.get(name, version)
    if kept is None:
        form = form_view(at_work, article, {}, token=_PLACE_OF_TOKEN) if article.is_open else None
        page = _page(article, cards.thread_of(thread, after), form).get_data()
        kept = shelf.put(name, version, Packed.of(page, _PLACE).to_bytes() if is_packed else page)
    token = tokens.form_token(at_work.vault, article.id).encode() if article.is_open else b""
    if not is_packed:
        return make_response(kept.replace(_PLACE, token, 1))
    response = make_response(Packed.from_bytes(kept).filled(token))
    response.headers["Content-Encoding"] = "gzip"
    return response


_LONGEST_ACCEPT = 200


@lru_cache(maxsize=64)  # browsers have few ways to say it
def _takes_gzip(accepted: str) -> bool:
    return len(accepted) < _LONGEST_ACCEPT and parse_accept_header(accepted, Accept).quality("gzip") > 0


_PLACE_OF_TOKEN = secrets.token_urlsafe(24)
"""Known to nobody outside of this process, so that no comment can hold it."""

_PLACE = _PLACE_OF_TOKEN.encode()


def _show_held(at_work: Parts, article: PublicArticle, token: str) -> AnyResponse:
    """The article with the waiting comment in its place, for the one who wrote it."""
    comment_id = tokens.held_comment(at_work.vault, token, at_work.settings.held_days)
    comment = db.session.get(Comment, comment_id) if comment_id else None
    if comment is None or comment.article_id != article.id:
        raise NotFound("This link has expired, or it was never one of ours.")
    if comment.status in {Status.REJECTED, Status.ERASED}:
        raise Gone
    if comment.status is Status.APPROVED:
        response: AnyResponse = redirect(_place(at_work, article, comment.id), code=303)
    else:
        thread = Thread(article, at_work.settings, awaiting=comment.id)
        drawn = cards.thread_of(thread, thread.place_of(comment.id))
        form = form_view(at_work, article, {}) if article.is_open else None
        own_page = f"/yours?{urlencode({'by': token})}"
        response = _page(article, drawn, form, noindex=True, own_page=own_page)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _destination(at_work: Parts, article: PublicArticle, receipt: Receipt, fields: Mapping[str, Any]) -> str:
    told = {"told": "hidden"} if receipt.is_masked else {}
    if receipt.status is not Status.APPROVED:
        query = urlencode({"held": tokens.held_token(at_work.vault, receipt.comment_id), **told})
        return f"/articles/{article.key}?{query}#comment-{receipt.comment_id}"
    if asked := own_address(at_work, typed_text(fields, "redirect_to")):
        return f"{asked}#comment-{receipt.comment_id}"
    if receipt.count is not None and receipt.count <= at_work.settings.comments_per_page:  # there is one page
        return _address(article, receipt.comment_id, told)
    return _place(at_work, article, receipt.comment_id, told)


def _place(
    at_work: Parts, article: PublicArticle, comment_id: int, query: Mapping[str, Any] | None = None
) -> str:
    after = Thread(article, at_work.settings).place_of(comment_id)
    return _address(article, comment_id, {**({"after": after} if after else {}), **(query or {})})


def _address(article: PublicArticle, comment_id: int, query: Mapping[str, Any]) -> str:
    asked = urlencode(query)
    return f"/articles/{article.key}{'?' if asked else ''}{asked}#comment-{comment_id}"


def _asked(name: str) -> str | None:
    """What the query says under that name; most readers come without one, and werkzeug raises for each it misses."""
    return request.args.get(name) if request.query_string else None


def _number(name: str) -> int | None:
    """A comment's id from the query; one that cannot be any comment's is answered like one that is not there."""
    if not (asked := _asked(name)):
        return None
    if (number := whole(asked)) is None:
        raise NotFound("There is no such comment under this article.")
    return number or None


def _tag(article: PublicArticle, *rest: object) -> str:
    shown = (article.id, article.revision, article.is_open, build(), parts().look, *rest)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:24]


def _public(response: Response, tag: str) -> Response:
    response.set_etag(tag)
    response.headers["Cache-Control"] = "no-cache"
    return response

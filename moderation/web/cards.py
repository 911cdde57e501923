"""The thread of a page, put together from cards: what was drawn before costs a look onto the shelf, and no more.

Drawing is the template's work. Joining a hundred cards is not: each would pass through the template's hands twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from flask import get_template_attribute, render_template
from markupsafe import Markup

from moderation.parts import parts
from moderation.threads import PublicArticle, Standing, Thread, ThreadPage
from moderation.web.pages import build


def thread_of(thread: Thread, after: int | None) -> Markup:
    """The page of the thread that begins after that comment, or the first.

    Raises
    ------
    NotFound
        No comment of this article has that id.
    """
    page = thread.page(after)
    drawn = joined(thread.article, page, _card_in(thread.article))
    return Markup(parts().watch.let_out(drawn, page.ids))  # noqa: S704 our templates drew it


def joined(article: PublicArticle, page: ThreadPage, card: Callable[[Standing], str]) -> str:
    """The page of the thread, of whatever gives the card of a comment."""
    cards = Markup("".join(_nested(page.comments, card)))  # noqa: S704 likewise
    return render_template("reader/_thread.html", article=article, page=page, cards=cards)


def drawn_anew(at: Standing, article: PublicArticle) -> str:
    """The card of a comment."""
    return str(get_template_attribute("reader/_card.html", "card")(at.comment, article))


def _nested(some: Iterable[Standing], card: Callable[[Standing], str]) -> Iterator[str]:
    """Cards, each with its replies before its item is closed."""
    for at in some:
        yield card(at)
        if at.replies:
            yield '<ol class="replies">\n'
            yield from _nested(at.replies, card)
            yield "</ol>\n"
        yield "</li>\n"


def _card_in(article: PublicArticle) -> Callable[[Standing], str]:
    """What gives the card of a comment: from the shelf, or drawn and put there, but for one that is awaiting."""
    shelf, of_code = parts().shelf, build()

    def card(at: Standing) -> str:
        if at.is_awaiting:
            return drawn_anew(at, article)
        name, version = ("card", at.id), (at.version, of_code)
        kept = shelf.get(name, version) or shelf.put(name, version, drawn_anew(at, article).encode())
        return kept.decode()

    return card

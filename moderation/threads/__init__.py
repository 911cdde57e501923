"""What the public may read: articles, and their threads in pages.

Everything a public page shows is made from `PublicArticle` and `PublicComment`, which have no field for anything
private. A thread is read in the order of its paths (replies below what they answer) and pages by key: a page
begins after a comment, never at an offset.
"""

from moderation.threads.public import PublicArticle, article, article_of, front, is_open, public_words
from moderation.threads.shelf import ErasedPages, Shelf
from moderation.threads.thread import STEP, PublicComment, Standing, Thread, ThreadPage
from moderation.threads.watch import Watch

__all__ = [
    "STEP",
    "ErasedPages",
    "PublicArticle",
    "PublicComment",
    "Shelf",
    "Standing",
    "Thread",
    "ThreadPage",
    "Watch",
    "article",
    "article_of",
    "front",
    "is_open",
    "public_words",
]

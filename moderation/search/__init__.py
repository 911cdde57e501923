"""Search: over text, name, link hosts, article and who decided, the newest first; held ones too, addresses never.

What is looked through is kept beside the comments, in the transaction that changes them (`index`): SQLite's FTS5, or
a `tsvector` of PostgreSQL. Both are given the same words, cut and folded here, so that both find the same.
"""

from __future__ import annotations

from moderation.search.finding import Found, find
from moderation.search.index import TABLE, Document, add, follow, forget, rewrite, scrub
from moderation.search.words import Wish

__all__ = ["TABLE", "Document", "Found", "Wish", "add", "find", "follow", "forget", "rewrite", "scrub"]

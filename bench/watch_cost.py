"""What the last look costs a drawing of a page of 50 real comments, and a page that is kept already.

    python -m bench.watch_cost [FOLDER]

Fails when a drawing pays more than 5 %.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup

from bench.post_comments import Words, _arguments, sample
from moderation import markup
from moderation.app import create_app
from moderation.privacy import RootKeys, Vault
from moderation.settings import Settings
from moderation.threads import PublicComment, Standing, ThreadPage, Watch
from moderation.web.cards import drawn_anew, joined
from moderation.web.pages import now

DRAWINGS = 40


def main() -> int:
    """Exit status: 0 when a drawing pays at most 5 % in the middle."""
    words = list(sample(Path(_arguments().folder), 50 * DRAWINGS))
    with TemporaryDirectory() as folder:
        vault = Vault(RootKeys.create(Path(folder) / "root.key"))
        app, watch = create_app(Settings(instance=Path(folder), log_level="error")), Watch(lambda: vault)
        with app.test_request_context():
            _drawn(words[:50])
            shares = [_share(words[50 * n : 50 * n + 50], watch) for n in range(DRAWINGS)]
    most = 100 * max(shares)
    print(f"{DRAWINGS} pages: median {100 * statistics.median(shares):.1f} % of a drawing, most {most:.1f} %")
    return 0 if statistics.median(shares) <= 0.05 else 1


def _share(some: Sequence[Words], watch: Watch) -> float:
    drawing, page = _timed(lambda: _drawn(some))
    looking, _ = _timed(lambda: watch.let_out(page, ()))
    at, size = page.count("@"), len(page)
    print(
        f"{size:>8} characters, {at:>3} @, drawn in {drawing * 1e3:5.1f} ms, looked at in {looking * 1e3:5.2f} ms"
    )
    return looking / drawing


def _timed(work: Callable[[], str]) -> tuple[float, str]:
    """The quickest of five, in seconds of this process, and what came of it."""
    times = []
    for _ in range(5):
        begin = time.process_time()
        said = work()
        times.append(time.process_time() - begin)
    return min(times), said


def _drawn(some: Sequence[Words]) -> str:
    comments = [
        PublicComment(n, None, 1, each.name, None, Markup(markup.render(each.text)), now())  # noqa: S704 cleaned there
        for n, each in enumerate(some, 1)
    ]
    standing = [Standing(each.id, False, (), partial(copy, each)) for each in comments]
    page = ThreadPage(standing, len(comments), None, True)
    article: Any = SimpleNamespace(key="x", is_open=True)
    drawn = joined(article, page, lambda at: drawn_anew(at, article))
    if drawn.count("<li ") != len(comments):
        raise RuntimeError("Not every comment was drawn.")
    return drawn


if __name__ == "__main__":
    sys.exit(main())

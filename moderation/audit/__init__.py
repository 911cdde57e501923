"""The privacy audit: made-up readers leave their addresses everywhere, then every byte is searched for them.

It works on an installation of its own in a temporary folder, with this very code: readers post through the
real form until a comment stands in every status and every fault has been made, moderators decide at the desk,
everybody opens every page of the app's own URL map. Then pages, headers, cookies, redirects, database, logs and
all other files are searched for each address in each of its disguises. One finding is one too many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Flask

from moderation.audit.canaries import Canary, Needle, needles_of
from moderation.audit.deep import look_below
from moderation.audit.report import Finding, Report, Row, report_on
from moderation.audit.stage import Place, stage
from moderation.audit.story import Words, tell
from moderation.settings import Settings

__all__ = ["Canary", "Finding", "Needle", "Place", "Report", "Row", "Words", "audit", "needles_of"]


def audit(make_app: Callable[[Settings], Flask], crowd: Sequence[Words] = ()) -> Report:
    """Play the whole story on a throw-away installation and say what came to light.

    Parameters
    ----------
    make_app
        Builds the app for the settings of the throw-away installation.
    crowd
        More comments, each posted by a reader with an address of their own.
    """
    with stage(make_app) as set_up:
        tell(set_up, crowd)
        look_below(set_up)
        set_up.read_files()
        return report_on(set_up)

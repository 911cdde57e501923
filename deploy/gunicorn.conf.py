"""Gatepost under gunicorn, for several processes behind one port: `gunicorn -c deploy/gunicorn.conf.py wsgi:app`.

Run `flask init` first. More than one worker wants PostgreSQL and Redis (docs/running.md); each takes part in the
background work, and a lease in the database says which of them does it. A proxy in front keeps slow clients away.
"""

from __future__ import annotations

import gc
import os
from contextlib import ExitStack
from typing import Any

bind = "127.0.0.1:8000"
workers = 2
worker_class = "gthread"
threads = int(os.environ.get("GATEPOST_THREADS", "4"))
graceful_timeout = 30
control_socket_disable = True
forwarded_allow_ips = ""  # Gatepost itself believes GATEPOST_TRUSTED_PROXIES, and nobody else


def post_worker_init(worker: Any) -> None:
    """Begin the background work in the worker, once its app stands."""
    from moderation.background import background  # noqa: PLC0415  # not to be found before gunicorn is in its folder
    from moderation.parts import parts  # noqa: PLC0415

    gc.collect()
    gc.freeze()  # what is loaded by now stays, and need not be gone through again
    worker.background = ExitStack()
    worker.background.enter_context(worker.wsgi.app_context())
    worker.background.enter_context(background(worker.wsgi, parts().settings))


def worker_exit(_server: Any, worker: Any) -> None:
    """End it, and hand the lease on."""
    worker.background.close()

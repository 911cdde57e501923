"""Waitress, and how it stops: no new connections, requests in flight are answered, then the door closes.

Waitress reads a request whole before it takes one of the few threads for it, so that slow clients cost memory
and no reader's time. Its own `run` leaves answers unsent when it is stopped; the loop here sends them first.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server
from waitress.task import WSGITask

from models import db
from models.db import turns
from moderation.cli.affinity import Core
from moderation.cli.answering import HELD_UP_SECONDS, Dispatcher
from moderation.settings import Settings

GRACE_SECONDS = 10
"""How long a stop waits for requests in flight."""

LAST_WORDS_SECONDS = 0.2
"""How long connections that are silent when the stop comes are listened to: their request may be on its way."""

MOST_CONNECTIONS = 1000
LONGEST_SILENCE_SECONDS = 60
LARGEST_BODY = 16 * 1024 * 1024
"""Bytes: what the server reads at all. The app refuses far less, with a page; beyond this the server cuts off."""


def keep_memory_small() -> None:
    """Tell glibc to hand back what large blocks and the end of its heap leave, and to let all threads share one heap.

    Of what is needed for moments only, as when a classifier is read in, dozens of megabytes would stay with us.
    Blocks of some hundred kilobytes are no large ones: every page that is drawn passes through a dozen of them,
    and memory that has just come from the kernel is cleared page by page. The first page after a comment took
    5.3 ms, and takes 3.4.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_MMAP_THRESHOLD, 8 * _MEGABYTE)
        set_option(_TRIM_THRESHOLD, 2 * _MEGABYTE)
        set_option(_ARENA_MAX, 1)


def spare_the_collector() -> None:
    """Tell Python's collector of cycles that what is loaded by now stays, and to come by less often.

    Modules and tables are some 150,000 objects; going through all of them takes as long as drawing ten pages.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # as malloc.h names them
_MEGABYTE = 1024 * 1024
_SHORTEST_TURN_SECONDS = 1e-5
_WORK_OFF_SECONDS = 0.005
"""So long requests may stay unread while others wait: with eight connections a 304 cost 1.07 ms, and costs 0.77."""


class Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    """An answer; one without a body (304) ends by itself, and the connection stays. Waitress would hang up."""

    def set_close_on_finish(self) -> None:
        """Hang up after an answer whose end could not be told otherwise, and where the client asks for it."""
        is_asked = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or is_asked or self.version != "1.1":
            super().set_close_on_finish()

    def build_response_header(self) -> Any:
        """The head of the answer; the last one before the server stops says that the connection ends with it."""
        if self.channel.is_last_answer:  # as if the client had asked for it: waitress does the rest
            self.request.headers["CONNECTION"] = "close"
        return super().build_response_header()


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that answers "may I go on?" only where more is to come; waitress would wait for it for ever."""

    task_class = Task

    @property
    def is_last_answer(self) -> bool:
        """Whether the server stops, and nothing more was asked by this connection, nor has begun to be."""
        is_all = len(self.requests) == 1 and self.request is None
        return self.server.task_dispatcher.is_stopping and is_all

    def send_continue(self) -> None:
        """Say "go on" to a request with a body, and nothing to one that is whole already."""
        if self.request.chunked or self.request.content_length:
            super().send_continue()
        else:
            self.request.expect_continue = False


class Server:
    """Listens as soon as it is made, and answers until SIGTERM or SIGINT comes.

    Raises
    ------
    OSError
        The address or port cannot be had.
    """

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._sockets: dict[int, Any] = {}
        self._signals = 0
        self._threads = Dispatcher(1 if db.engine.dialect.name == "sqlite" else settings.threads)
        turns.resting, turns.came = self._threads.resting, self._threads.came
        turns.committing, turns.others_come = self._committing, self._others_write
        try:
            self._server = create_server(
                app,
                _dispatcher=self._threads,
                map=self._sockets,
                host=settings.host,
                port=settings.port,
                url_scheme="https" if settings.is_secure else "http",
                ident=None,
                clear_untrusted_proxy_headers=False,  # the app decides whom it believes
                connection_limit=MOST_CONNECTIONS,
                channel_timeout=LONGEST_SILENCE_SECONDS,
                max_request_body_size=LARGEST_BODY,
                asyncore_use_poll=True,
            )
        except OSError:
            wasyncore.close_all(self._sockets)
            raise
        except ValueError:  # waitress' word for it
            raise OSError(errno.EADDRNOTAVAIL, "this host has no address") from None
        self._core = Core(int(self._doors()[0].effective_port))
        self._threads.set_thread_count(settings.threads)
        for door in self._doors():
            door.channel_class = Channel

    @property
    def address(self) -> str:
        """Where it listens, for a browser."""
        door = self._doors()[0]
        host = f"[{door.effective_host}]" if ":" in door.effective_host else door.effective_host
        return f"http://{host}:{door.effective_port}/"

    def run(self) -> None:
        """Answer until a signal comes; a second signal cuts the wait for requests in flight short."""
        self._core.share()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)
        while not self._signals:
            self._turn()
        self._drain()
        self.close()

    def close(self) -> None:
        """Shut the door and everything behind it; `run` does so at its end."""
        self._server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._sockets)

    @contextmanager
    def _committing(self) -> Iterator[None]:
        """While one thread waits for the disk another one answers: alone on the core, where a request waits."""
        elsewhere = self._core.left() if self._threads.gives_way else nullcontext()
        with self._threads.resting(), elsewhere:
            yield

    def _others_write(self) -> bool:
        """Whether a request that waits for a thread may be one that writes."""
        heads = [head for each in self._threads.waiting for head in each.requests[:1]]
        return any(getattr(head, "command", "") == "POST" for head in heads)  # what makes no sense has none

    def _doors(self) -> list[BaseWSGIServer]:
        return [each for each in self._sockets.values() if isinstance(each, BaseWSGIServer)]

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _turn(self, seconds: float = 0.25) -> None:
        self._threads.work_off(_WORK_OFF_SECONDS)
        if self._threads.is_behind:
            seconds = min(seconds, HELD_UP_SECONDS)
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._sockets, count=1)
        if self._threads.is_behind:
            self._threads.relieve()

    def _turn_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._turn(0.02)

    def _drain(self) -> None:
        self._threads.is_stopping = True
        # Who comes between the last look outside and the door's closing is turned away by the kernel: the thread that
        # does both shall not wait five milliseconds for one that answers.
        usual = sys.getswitchinterval()
        sys.setswitchinterval(_SHORTEST_TURN_SECONDS)
        for door in self._doors():
            self._let_in(door)
            wasyncore.dispatcher.close(door)  # its own close would also silence the threads
        sys.setswitchinterval(usual)
        self._turn_for(LAST_WORDS_SECONDS)
        end = time.monotonic() + GRACE_SECONDS
        while self._busy() and self._signals < 2 and time.monotonic() < end:
            self._turn(0.05)

    def _let_in(self, door: BaseWSGIServer) -> None:
        """Whoever has knocked before the door shuts comes in: what the kernel still holds then, it turns away."""
        known = -1
        while known < len(self._sockets) < MOST_CONNECTIONS:
            known = len(self._sockets)
            door.handle_accept()

    def _busy(self) -> bool:
        """Whether a request is still being answered; connections where none is are closed."""
        channels = [each for each in self._sockets.values() if isinstance(each, HTTPChannel)]
        idle = [each for each in channels if not each.requests and not each.total_outbufs_len]
        for channel in idle:
            channel.handle_close()
        return len(idle) < len(channels)

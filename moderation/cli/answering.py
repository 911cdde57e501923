"""The threads that answer: one of them at a time, and another one whenever that one is held up.

Python runs one thread at a time. Several that are in the midst of an answer hand it to each other at every question
to the database, some forty times an answer, and each handing on costs about as much as the question. So whoever has
begun an answer ends it; the others come in while one waits for the disk, and when an answer takes long.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, get_ident
from typing import Any

from waitress.task import ThreadedTaskDispatcher

HELD_UP_SECONDS = 0.02
"""An answer that takes so long holds the next ones up no longer."""


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress has no types
    """Gives requests to threads in the order in which they came.

    Parameters
    ----------
    at_once
        So many answers may be made at once, besides those that wait for the disk or take long.

    Attributes
    ----------
    is_stopping
        Whether the server has been told to stop: each connection hears with its last answer that it ends.
    """

    def __init__(self, at_once: int) -> None:
        super().__init__()
        self.is_stopping = False
        self._at_once = at_once
        self._begun: dict[int, float] = {}
        self._came: dict[int, float] = {}
        self._all_begun = Event()

    @property
    def is_behind(self) -> bool:
        """Whether a request waits for a thread."""
        return bool(self.queue)

    @property
    def waiting(self) -> Sequence[Any]:
        """The requests that wait for a thread, the first ones first."""
        return tuple(self.queue)

    def handler_thread(self, thread_no: int) -> None:
        """One thread's life."""
        while (task := self._next(thread_no)) is not None:
            try:
                task.service()
            except BaseException:
                self.logger.exception("Exception when servicing %r", task)

    def add_task(self, task: Any) -> None:
        """Take a request in."""
        task.came = time.monotonic()
        with self.lock:
            self.queue.append(task)
            self._all_begun.clear()
            if self._may_begin():
                self.queue_cv.notify()

    def relieve(self) -> None:
        """Let another thread take over from one that is held up; the server asks for it as long as requests wait."""
        if self._may_begin():
            with self.lock:
                self.queue_cv.notify()

    def work_off(self, seconds: float) -> None:
        """Wait until all requests are begun, at most so long; not at all where none is at work.

        Whoever reads from the connections wakes up for each of them, and takes Python from the thread that answers
        twice for each. There is nothing to hurry for while requests wait: several are read in one go then.
        """
        if self.queue and self._begun:
            self._all_begun.wait(seconds)

    @property
    def gives_way(self) -> bool:
        """Whether a request waits for what this thread is making; threads of the background make no answer."""
        return bool(self.queue) and get_ident() in self._begun

    def came(self) -> float:
        """When the request came that this thread answers; now, where it answers none."""
        return self._came.get(get_ident(), time.monotonic())

    @contextmanager
    def resting(self) -> Iterator[None]:
        """The thread at work waits in this block; another one may begin."""
        began = self._begun.pop(get_ident(), None)
        if began is not None and self.queue:
            self.relieve()
        try:
            yield
        finally:
            if began is not None:
                self._begun[get_ident()] = began

    def _next(self, thread_no: int) -> Any:
        with self.lock:
            self._begun.pop(get_ident(), None)  # what it answered before
            self._came.pop(get_ident(), None)
            while not self._may_begin() and not self.stop_count:
                self.active_count -= 1
                self.queue_cv.wait()
                self.active_count += 1
            if self.stop_count:
                self.active_count -= 1
                self.stop_count -= 1
                self.threads.discard(thread_no)
                self.thread_exit_cv.notify()
                return None
            self._begun[get_ident()] = time.monotonic()
            task = self.queue.popleft()
            if not self.queue:
                self._all_begun.set()
            self._came[get_ident()] = task.came
            return task

    def _may_begin(self) -> bool:
        if not self.queue:
            return False
        if len(self._begun) < self._at_once:
            return True
        late = time.monotonic() - HELD_UP_SECONDS
        return sum(began > late for began in list(self._begun.values())) < self._at_once

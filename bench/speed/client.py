"""A closed-loop HTTP client: some connections, each sends its next request when the last one is answered.

One thread over epoll, in a process of its own, the same for everybody who is measured. A server that closes the
connection after its answer is met by a new one, whose making is part of the next request's time.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from urllib.parse import urlencode

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_BODILESS = {204, 304}
_FEWEST = 16


@dataclass(frozen=True, slots=True)
class Load:
    """What to send, whole requests as bytes.

    The round ends with the seconds, but not before some answers are there; or with the last request, sent once.
    """

    port: int
    connections: int
    seconds: float
    requests: Sequence[bytes]
    again: bool = True


@dataclass(slots=True)
class Heard:
    """What came of it: seconds that the round took, time to each answer in seconds, how often which status."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


def request(
    method: str,
    path: str,
    body: bytes = b"",
    kind: str = "application/x-www-form-urlencoded",
    **headers: str,
) -> bytes:
    """A request as it goes over the line; `_` in a header's name stands for a dash."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/html", "Accept-Encoding: identity"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if method == "POST":
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def form(fields: dict[str, str]) -> bytes:
    """Fields as a form sends them."""
    return urlencode(fields).encode()


def drive(load: Load) -> Heard:
    """Send until the end of the round."""
    heard, poll = Heard(), select.epoll()
    queue = cycle(load.requests) if load.again else iter(load.requests)
    began = time.perf_counter()
    end = began + load.seconds
    lines: dict[int, _Line] = {}
    for _ in range(load.connections):
        _next(_Line(load.port, poll), queue, lines)
    while lines:
        for number, _ in poll.poll(10):
            line = lines[number]
            if status := line.read():
                now = time.perf_counter()
                heard.waits.append(now - line.began)
                heard.statuses[status] += 1
                del lines[number]
                goes_on = now < end or len(heard.waits) < _FEWEST
                _next(line, queue if goes_on else iter(()), lines)
    heard.seconds = time.perf_counter() - began
    poll.close()
    return heard


def _next(line: _Line, queue: Iterator[bytes], lines: dict[int, _Line]) -> None:
    if (sent := next(queue, None)) is None:
        line.close()
        return
    line.send(sent)
    lines[line.number] = line


class _Line:
    """One connection."""

    def __init__(self, port: int, poll: select.epoll) -> None:
        self._port, self._poll = port, poll
        self._socket: socket.socket | None = None
        self._got, self._whole, self._status = b"", -1, 0
        self.number, self.began = -1, 0.0

    def send(self, sent: bytes) -> None:
        """Send a request, over a new connection where the last one was closed."""
        self.began = time.perf_counter()
        self._got, self._whole = b"", -1
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), 30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.number = self._socket.fileno()
            self._poll.register(self.number, select.EPOLLIN)
        self._socket.sendall(sent)

    def read(self) -> int:
        """Take what has come; the status once the answer is whole, 0 before."""
        part = self._socket.recv(1 << 18) if self._socket else b""
        if not part:
            raise ConnectionError("The server closed the connection before its answer was whole.")
        self._got += part
        if self._whole < 0 and (head := self._got.find(b"\r\n\r\n")) >= 0:
            self._status = int(self._got[9:12])
            length = _LENGTH.search(self._got, 0, head)
            if length is None and self._status not in _BODILESS:
                raise ConnectionError("An answer without a length.")
            self._whole = head + 4 + (int(length[1]) if length and self._status not in _BODILESS else 0)
            self._closes = _CLOSES.search(self._got, 0, head + 2) is not None
        if self._whole < 0 or len(self._got) < self._whole:
            return 0
        if self._closes:
            self.close()
        return self._status

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._poll.unregister(self.number)
            self._socket.close()
            self._socket = None

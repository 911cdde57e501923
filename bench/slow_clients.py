"""Sixty slow clients against the server as shipped, and a reader who wants a page meanwhile.

A third drips the head of a request, a third drips the body of a comment, a third asks for a page and hardly
reads the answer. The reader opens the article four times a second; the slowest answer must stay below five
seconds, and every one must come.

    python -m bench.slow_clients [--clients 60] [--seconds 15]
"""

from __future__ import annotations

import argparse
import socket
import statistics
import sys
import threading
import time
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException

from bench.installation import serving

LIMIT_SECONDS = 5.0
DRIP_SECONDS = 0.5

_HEAD = b"GET /articles/article-1 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: " + b"s" * 200
_POST = (
    b"POST /articles/article-1/comments HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000\r\n\r\n"
)
_PAGE = b"GET /articles/article-1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20


def main() -> int:
    """Exit status: 0 when the reader got every page in time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clients", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=15)
    chosen = parser.parse_args()
    with serving() as installation:
        waits, failures = kept_waiting(installation.host, installation.port, chosen.clients, chosen.seconds)
    slowest = max(waits, default=float("inf"))
    print(f"{chosen.clients} slow clients; a reader opened {len(waits)} pages, {failures} failed")
    print(f"slowest {slowest * 1000:.0f} ms, median {statistics.median(waits or [0]) * 1000:.0f} ms")
    return 1 if failures or slowest >= LIMIT_SECONDS else 0


def kept_waiting(host: str, port: int, clients: int, seconds: float) -> tuple[list[float], int]:
    """How long a reader waited for each page while so many were slow, in seconds, and how many did not come."""
    with ExitStack() as stack:
        stopping = threading.Event()
        stack.callback(stopping.set)
        for n in range(clients):
            threading.Thread(target=_drip, args=((host, port), n, stopping), daemon=True).start()
        time.sleep(1)  # all of them are at the door
        return _read(host, port, seconds)


def _read(host: str, port: int, seconds: float) -> tuple[list[float], int]:
    """How long each page took, in seconds, and how many did not come."""
    waits, failures, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end:
        link = HTTPConnection(host, port, 2 * LIMIT_SECONDS)
        begin = time.perf_counter()
        try:
            link.request("GET", "/articles/article-1")
            answer = link.getresponse()
            answer.read()
            failures += answer.status != 200
            waits.append(time.perf_counter() - begin)
        except (OSError, HTTPException):
            failures += 1
        link.close()
        time.sleep(0.25)
    return waits, failures


def _drip(where: tuple[str, int], n: int, stopping: threading.Event) -> None:
    """One slow client; when the server shuts the door on it, it comes back."""
    while not stopping.is_set():
        try:
            with socket.create_connection(where, timeout=30) as link:
                (_drip_head, _drip_body, _sip)[n % 3](link, stopping)
        except OSError:
            stopping.wait(DRIP_SECONDS)


def _drip_head(link: socket.socket, stopping: threading.Event) -> None:
    _send_slowly(link, _HEAD, stopping)


def _drip_body(link: socket.socket, stopping: threading.Event) -> None:
    link.sendall(_POST)
    _send_slowly(link, b"comment=" + b"s" * 1900, stopping)


def _sip(link: socket.socket, stopping: threading.Event) -> None:
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    link.sendall(_PAGE)
    while not stopping.wait(DRIP_SECONDS) and link.recv(1):
        pass


def _send_slowly(link: socket.socket, content: bytes, stopping: threading.Event) -> None:
    for n in range(len(content)):
        if stopping.wait(DRIP_SECONDS):
            return
        link.sendall(content[n : n + 1])


if __name__ == "__main__":
    sys.exit(main())

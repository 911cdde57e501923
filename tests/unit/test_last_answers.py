"""What connections are told with the answers that are given while the server stops."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from moderation.cli.serving import Server

pytestmark = pytest.mark.sqlite

ASKED = "GET /healthz HTTP/{version}\r\nHost: here\r\n{more}\r\n"


@pytest.fixture
def ask(idle_server: Server) -> Callable[[str], str]:
    """Sends bytes to a server that has been told to stop, and reads as long as answers come."""
    server = idle_server
    server._threads.is_stopping = True
    door = server._doors()[0]

    def asked(sent: str) -> str:
        with socket.create_connection(("127.0.0.1", door.effective_port)) as link:
            link.sendall(sent.encode())
            link.settimeout(0.01)
            heard = b""
            for _ in range(100):
                server._turn(0.02)
                try:
                    part = link.recv(1 << 16)
                except TimeoutError:
                    if heard and not server._threads.is_behind:
                        break
                    continue
                heard += part
                if not part:
                    break
            return heard.decode()

    return asked


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_the_last_answer_says_once_that_the_connection_ends(ask: Callable[[str], str], version: str) -> None:
    heard = ask(ASKED.format(version=version, more="Connection: keep-alive\r\n"))
    told = [line.lower() for line in heard.split("\r\n") if line.lower().startswith("connection:")]
    assert " 200 " in heard
    assert told == ["connection: close"]


def test_of_two_requests_both_are_answered_and_the_last_one_says_that_it_is(
    ask: Callable[[str], str],
) -> None:
    heard = ask(2 * ASKED.format(version="1.1", more=""))
    first, second = heard.split("HTTP/1.1 200 OK")[1:]
    assert "Connection" not in first
    assert "Connection: close" in second


def test_a_request_that_has_begun_to_arrive_is_not_told_that_the_one_before_was_the_last(
    ask: Callable[[str], str],
) -> None:
    whole = ASKED.format(version="1.1", more="")
    assert "Connection" not in ask(whole + whole[:10])

"""The real server, as its operator starts and stops it."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from bench.installation import started
from tests.visitors import ARTICLE, Visitor

pytestmark = pytest.mark.sqlite

WORDS = "Is the green lamp still on tonight?"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where nothing is installed yet."""
    return tmp_path / "home"


def stopped(process: subprocess.Popen[str]) -> str:
    """What the server said last; it ended well."""
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    return printed


def test_a_first_start_shows_the_demo_and_a_second_one_keeps_what_was_said(home: Path) -> None:
    with started("--init", "--demo", instance=home, form_min_seconds=0) as (process, address, printed):
        ada = Visitor(address)
        assert "Password:" in printed
        assert ada.opens("/healthz") == (200, "ok\n")
        assert ada.opens()[0] == 200
        status, location = ada.says(WORDS)
        assert (status, "held=" in location) == (303, False)
        assert "Gatepost has stopped." in stopped(process)

    with started("--init", "--demo", instance=home) as (process, address, printed):
        assert "Password:" not in printed
        assert "in use" in printed
        assert f'id="{location.rpartition("#")[2]}"' in Visitor(address).opens(location)[1]
        stopped(process)


def test_a_comment_in_flight_is_answered_and_kept_when_the_server_is_told_to_stop(home: Path) -> None:
    with started("--init", "--demo", instance=home) as (process, address, _):
        ada = Visitor(address)
        assert ada.says("What a night.")[0] == 303  # everything is loaded
        with (
            closing(sqlite3.connect(home / "gatepost.sqlite3", isolation_level=None)) as other,
            ExitStack() as leaving,
        ):
            other.execute("BEGIN IMMEDIATE")  # somebody else is writing, so the comment has to wait
            link = leaving.enter_context(closing(ada.sends(WORDS)))
            ada.opens(
                "/healthz"
            )  # requests are read in their order: once this is answered, the comment was read
            process.send_signal(signal.SIGTERM)
            ada.waits_until_the_door_is_shut()
            other.execute("ROLLBACK")
            answer = link.getresponse()
        process.communicate(timeout=20)

        assert answer.status == 303
        assert answer.headers["Connection"] == "close", "the next request would meet a closed door"
        assert process.returncode == 0
        with closing(sqlite3.connect(home / "gatepost.sqlite3")) as database:
            assert database.execute(
                "SELECT count(*) FROM comment_text WHERE text = ?", [WORDS]
            ).fetchone() == (1,)


def test_a_client_that_never_ends_its_request_does_not_keep_the_server_from_stopping(home: Path) -> None:
    with started("--init", "--demo", instance=home) as (process, address, _):
        ada = Visitor(address)
        with socket.create_connection((ada.host, ada.port), timeout=20) as slow:
            slow.sendall(f"GET {ARTICLE} HTTP/1.1\r\nHost: ".encode())
            assert ada.opens()[0] == 200
            assert "Gatepost has stopped." in stopped(process)
            assert slow.recv(1) == b""


def test_p24_sixty_slow_clients_keep_no_reader_waiting(home: Path) -> None:
    with started("--init", "--demo", instance=home) as (process, address, _), ExitStack() as stack:
        ada = Visitor(address)
        for n in range(60):
            slow = stack.enter_context(socket.create_connection((ada.host, ada.port), timeout=20))
            head = f"POST {ARTICLE}/comments HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\ncomment="
            slow.sendall(head.encode() if n % 2 else head[:30].encode())
        assert ada.opens()[0] == 200
        assert ada.says(WORDS)[0] == 303
        stopped(process)


@pytest.fixture
def redis_url() -> str:
    """A Redis database that is empty."""
    from redis import Redis

    url = os.environ.get("GATEPOST_TEST_REDIS_URL", "")
    if not url:
        pytest.skip("GATEPOST_TEST_REDIS_URL names no Redis; `make test` starts one where it is installed")
    with Redis.from_url(url) as redis:
        redis.flushdb()
    return url


@pytest.mark.redis
def test_two_processes_with_one_redis_count_mallorys_posts_together(home: Path, redis_url: str) -> None:
    chosen = {"instance": home, "redis_url": redis_url, "limit_posts": "2 per hour"}
    with started("--init", "--demo", **chosen) as (_, one, _), started(**chosen) as (_, other, _):
        answers = [
            Visitor(where).says(f"Buy boats, lesson {n}")[0] for n, where in enumerate((one, other, one))
        ]

    assert answers == [303, 303, 429]


@pytest.mark.redis
def test_without_its_redis_a_process_counts_for_itself(home: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        with started("--init", "--demo", instance=home, redis_url=away, limit_posts="2 per hour") as (
            _,
            address,
            _,
        ):
            answers = [Visitor(address).says(f"Buy boats, lesson {n}")[0] for n in range(3)]

    assert answers == [303, 303, 429]


def test_a_request_that_asks_whether_to_go_on_is_answered_with_or_without_a_body(home: Path) -> None:
    with started("--init", instance=home) as (process, address, _):
        host, port = address.removeprefix("http://").rstrip("/").split(":")
        for ask, answer in (
            ("GET /healthz HTTP/1.1\r\n", b"200 OK"),
            (f"POST {ARTICLE}/comments HTTP/1.1\r\n", b"404"),
        ):
            body = (
                ""
                if ask.startswith("GET")
                else "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n"
            )
            with socket.create_connection((host, int(port)), timeout=10) as link, link.makefile("rb") as said:
                link.sendall(
                    f"{ask}Host: {host}\r\n{body}Connection: close\r\nExpect: 100-continue\r\n\r\n".encode()
                )
                if body:
                    assert b"100" in said.readline()
                    said.readline()
                    link.sendall(b"comment=a")
                assert answer in said.readline()
        stopped(process)


def test_an_answer_without_a_body_leaves_the_connection_open_unless_asked_otherwise(home: Path) -> None:
    with started("--init", "--demo", instance=home) as (process, address, _):
        with closing(HTTPConnection(address.removeprefix("http://").rstrip("/"), timeout=10)) as link:
            link.request("GET", ARTICLE)
            page = link.getresponse()
            page.read()
            had = {"If-None-Match": page.headers["ETag"]}
            for more, stays in (({}, True), ({}, True), ({"Connection": "close"}, False)):
                link.request("GET", ARTICLE, headers=had | more)
                again = link.getresponse()
                assert (again.status, again.read()) == (304, b"")
                assert (again.headers.get("Connection") != "close") is stays
                assert (link.sock is not None) is stays
        stopped(process)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux")
def test_the_threads_that_answer_share_a_core_and_the_background_has_all_of_them(home: Path) -> None:
    with started("--init", instance=home, threads=3) as (process, address, _):
        assert Visitor(address).opens("/healthz")[0] == 200
        threads = [int(each.name) for each in Path(f"/proc/{process.pid}/task").iterdir()]
        cores = [os.sched_getaffinity(each) for each in threads]
        kept = [tuple(each) for each in cores if len(each) == 1]
        assert len(kept) >= 1 + 3
        assert len(set(kept)) == 1
        assert os.sched_getaffinity(0) in cores
        stopped(process)

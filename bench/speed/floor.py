"""What is left when everything is left out: one page and one insert, on the server class that Gatepost uses.

    python -m bench.speed.floor PORT DATABASE

`/page` is a page of 44 kB with an ETag; a POST to `/rows` is one row in SQLite, WAL and synchronous=FULL, one
writer at a time.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from typing import Any

from flask import Flask, Response, request
from waitress import serve

PAGE, TAG = "The lamp above the old gate. " * 1550, "a0b1c2d3e4f5"
THREADS = 4
_OF_THREAD = threading.local()
_TURN = threading.Lock()


def main() -> None:
    """Serve."""
    port, database = int(sys.argv[1]), sys.argv[2]
    _connection(database).execute("CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, name, text)")
    serve(_app(database), host="127.0.0.1", port=port, threads=THREADS)


def _app(database: str) -> Flask:
    app = Flask(__name__)

    @app.get("/page")
    def page() -> Response:
        if TAG in request.if_none_match:
            return Response(status=304)
        response = Response(PAGE, mimetype="text/html")
        response.set_etag(TAG)
        return response

    @app.post("/rows")
    def rows() -> Response:
        values = request.form["author"], request.form["comment"]
        connection = _connection(database)
        with _TURN:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO row (name, text) VALUES (?, ?)", values)
            connection.execute("COMMIT")
        return Response(status=303, headers={"Location": "/page"})

    return app


def _connection(database: str) -> Any:
    if not hasattr(_OF_THREAD, "connection"):
        _OF_THREAD.connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        _OF_THREAD.connection.execute("PRAGMA journal_mode=WAL")
        _OF_THREAD.connection.execute("PRAGMA synchronous=FULL")
    return _OF_THREAD.connection


if __name__ == "__main__":
    main()

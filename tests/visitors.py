"""People who come over the network, to a server that runs in its own process."""

from __future__ import annotations

import re
import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

ARTICLE = "/articles/the-library-at-night"


class Visitor:
    """ada, with a real connection; `address` is host:port."""

    def __init__(self, address: str) -> None:
        self.host, _, port = address.rpartition(":")
        self.port = int(port)

    def opens(self, path: str = ARTICLE) -> tuple[int, str]:
        """Status and text of a page."""
        with closing(self._link()) as link:
            link.request("GET", path)
            answer = link.getresponse()
            return answer.status, answer.read().decode()

    def says(self, words: str) -> tuple[int, str]:
        """Status and location of the answer to a comment."""
        with closing(self.sends(words)) as link:
            answer: HTTPResponse = link.getresponse()
            return answer.status, answer.getheader("Location", "")

    def sends(self, words: str) -> HTTPConnection:
        """A connection on which a filled in form was sent, and not answered yet."""
        _, page = self.opens()
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)"[^>]* value="([^"]*)"', page))
        fields |= {"comment": words, "author": "Ada", "email": "ada@example.org"}
        link = self._link()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        link.request("POST", f"{ARTICLE}/comments", urlencode(fields), headers)
        return link

    def waits_until_the_door_is_shut(self) -> None:
        """Knocks until nobody listens any more."""
        while True:
            try:
                socket.create_connection((self.host, self.port), timeout=5).close()
            except ConnectionRefusedError:
                return
            except ConnectionResetError:  # it was shut in the middle of the knock
                continue

    def _link(self) -> HTTPConnection:
        return HTTPConnection(self.host, self.port, timeout=20)

"""A moderator at the desk, over the network."""

from __future__ import annotations

import time
from http.client import HTTPConnection
from urllib.parse import urlencode

from drills.house import House, Server

PASSWORD = "nobody guesses this ferry at night"  # noqa: S105  of a throw-away house


class Desk:
    """Somebody with a browser of their own, signed in once `enters` was called."""

    def __init__(self, server: Server, source: str = "127.0.0.1") -> None:
        self.server, self.source, self.cookie, self.page = server, source, "", ""

    def enters(self, name: str) -> None:
        """Sign in.

        Raises
        ------
        PermissionError
            The door stayed shut.
        """
        status, _ = self.knock(name, PASSWORD)
        if status != 303 or not self.cookie:
            raise PermissionError(f"{name} could not sign in: {status}")

    def knock(self, name: str, password: str) -> tuple[int, float]:
        """Try a password; the status, and the seconds it took."""
        begin = time.monotonic()
        status, cookie = self._sent("/desk/sign-in", {"name": name, "password": password})
        self.cookie = cookie.partition(";")[0] or self.cookie
        return status, time.monotonic() - begin

    def decides(self, action: str, comment_id: int, version: int) -> int:
        """Decide on a comment; the status of the answer."""
        return self._sent("/desk/decisions", {"action": action, "comment": f"{comment_id}:{version}"})[0]

    def leaves(self) -> None:
        """Sign out."""
        self._sent("/desk/sign-out", {"next": ""})

    def is_in(self) -> bool:
        """Whether the desk lets us in."""
        return self._sent("/desk/")[0] == 200

    def reads(self, path: str) -> str:
        """A page of the desk."""
        self._sent(path)
        return self.page

    def _sent(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        headers = {"Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}
        headers |= {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        link = HTTPConnection("127.0.0.1", self.server.port, 20, source_address=(self.source, 0))
        try:
            link.request("POST" if form else "GET", path, urlencode(form) if form else None, headers)
            answer = link.getresponse()
            self.page = answer.read().decode()
            return answer.status, answer.getheader("Set-Cookie", "")
        finally:
            link.close()


def employ(home: House, *names: str) -> None:
    """Make accounts."""
    for name in names:
        command = ("moderator", "add", name, "--role", "admin", "--password-stdin")
        home.flask(*command, words=f"{PASSWORD}\n").check_returncode()

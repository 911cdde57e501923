"""An authenticator app, as the tests hold it in their hand."""

from __future__ import annotations

import re
from html import unescape

import pyotp

from tests.conftest import PASSWORD
from tests.people import Person


class Authenticator:
    """Makes the codes of one account, each of them once: time moves on by a step for every code."""

    def __init__(self, secret: str) -> None:
        self.secret, self.ahead = secret, 0

    @classmethod
    def set_up(cls, person: Person) -> Authenticator:
        """Put one to use in the person's account; the recovery codes are kept in `codes`."""
        page = person.post("/desk/account/authenticator", {"factors_current": PASSWORD}).text
        made = cls(re.sub(r"\s", "", re.search(r'class="secret">([^<]+)<', page)[1]))
        ticket = re.search(r'name="ticket" value="([^"]+)"', page)[1]
        answer = person.post("/desk/account/authenticator/code", {"ticket": ticket, "code": made.code(-1)})
        made.codes = [unescape(each) for each in re.findall(r"<code>([0-9a-z-]{19})</code>", answer.text)]
        return made

    def code(self, steps: int = 0) -> str:
        """The code that is shown now, or so many steps from now."""
        import time

        return pyotp.TOTP(self.secret).generate_otp(int(time.time()) // 30 + steps)

    def next_code(self) -> str:
        """A code that was not used before."""
        self.ahead += 1
        return self.code(self.ahead - 1)

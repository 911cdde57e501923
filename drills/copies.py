"""A backup is made while people post, put back elsewhere, and compared. P1, P12."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.private import PostgreSQL
from drills.crowd import crowd, post
from drills.house import House, house
from drills.ledger import Ledger
from drills.services import private_postgresql
from drills.telling import Telling, drill


@drill("P1")
def backup_while_posting(tell: Telling) -> None:
    """Four readers post while `flask backup` runs three times; the last file is put back by `flask restore` into an
    empty folder with the same key, and served."""
    _backed_up(tell, None)


@drill("P1")
def backup_of_postgresql(tell: Telling) -> None:
    """The same from PostgreSQL; what is put back is an installation on SQLite."""
    with private_postgresql() as cluster:
        _backed_up(tell, cluster)


def _backed_up(tell: Telling, cluster: PostgreSQL | None) -> None:
    with TemporaryDirectory(prefix="gatepost-copy-") as made, house(cluster) as home:
        server, file = home.serve(), Path(made, "kept.backup")
        with crowd(server, pause=0.02) as readers:
            for _ in range(3):
                readers.waits_for(20)
                before = dict(readers.ledger.acknowledged)
                file.unlink(missing_ok=True)
                home.flask("backup", str(file)).check_returncode()
        tell.saw(
            f"{len(before)} were acknowledged before the last backup began, {len(readers.ledger.sent)} in all"
        )
        readers.ledger.compare(home, tell, is_complete=True)
        with house(folder=Path(made, "again")) as again:
            emptied(again, home)
            said = again.flask("restore", str(file))
            tell.expect(said.returncode == 0, f"restore: {said.stdout}{said.stderr}")
            tell.saw(said.stdout.strip().splitlines()[-1])
            Ledger(acknowledged=before, sent=set(readers.ledger.sent)).compare(again, tell)
            taken = post(again.serve(), "And on it goes in the new house.", network=(9, 9))
            tell.expect(taken.comment_id > max(before.values()), f"the new house answered {taken.status}")


def emptied(again: House, home: House) -> None:
    """Nothing but the key of the other house."""
    again.engine.dispose()
    for path in again.folder.iterdir():
        path.unlink()
    shutil.copy2(home.folder / "root.key", again.folder / "root.key")

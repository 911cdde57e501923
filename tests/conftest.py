"""The stage: an installation of its own for every test, and the people who visit it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask, current_app
from flask.testing import FlaskCliRunner
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from sqlalchemy import Engine, delete, event, text
from werkzeug.routing import Rule

from models import Article, ClassifierVersion, db, writing
from models.db import turns
from models.schema import migrator
from moderation import learning, moderators, passwords, spam
from moderation.app import create_app
from moderation.cli.serving import Server
from moderation.parts import parts
from moderation.privacy import RootKeys
from moderation.settings import Settings
from moderation.vocabulary import Role
from moderation.web.limits import limiter
from tests.database import copied, database, emptied, is_postgresql
from tests.learned import CAMPAIGN, KINDLY, House
from tests.people import NOON, PASSWORD, Person


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """Which of several parallel runs this is."""
    return getattr(request.config, "workerinput", {}).get("workerid", "master")


@pytest.fixture(scope="session")
def template(worker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """An installed database and instance folder, made once; a test gets a copy or finds it emptied."""
    folder = tmp_path_factory.mktemp("template")
    RootKeys.create(folder / "root.key")
    with database(worker, folder) as url:
        app = create_app(Settings(instance=folder, database_url=url))
        with app.app_context():
            migrator(current_app).upgrade()
            learning.install_base(NOON)
            db.session.remove()
            db.engine.dispose()
        yield url, folder


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Templates are compiled once, not once a test."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(scope="session", autouse=True)
def rules_compiled_once() -> Iterator[None]:
    """Every app of a run has the same addresses; what werkzeug compiles for each is most of what making one costs."""
    compiled: dict[tuple[object, ...], Any] = {}
    compile_builder = Rule._compile_builder

    def once(rule: Rule, append_unknown: bool = True) -> Any:
        key = (tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Rule, "_compile_builder", once)
        yield


@pytest.fixture(autouse=True)
def cheap_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing is made to cost; who is only to be signed in does not pay for it (`real_passwords` does)."""
    if not request.node.get_closest_marker("real_passwords"):
        monkeypatch.setattr(passwords, "_hasher", PasswordHasher(memory_cost=64, time_cost=1, parallelism=1))


@pytest.fixture
def make_app(
    template: tuple[str, Path], tmp_path: Path, compiled: BytecodeCache
) -> Iterator[Callable[..., Flask]]:
    """Builds the app of this test; keyword arguments are settings."""
    url, folder = template
    if not is_postgresql():
        copied(folder / "gatepost.sqlite3", tmp_path / "gatepost.sqlite3")
        url = f"sqlite:///{tmp_path / 'gatepost.sqlite3'}"
    copied(folder / "root.key", tmp_path / "root.key")
    (tmp_path / "root.key").chmod(0o600)
    made: list[Flask] = []

    def make(**knobs: Any) -> Flask:
        chosen = {"form_min_seconds": 0, "limit_posts": "10000 per minute", "spot_check_share": 0, **knobs}
        app = create_app(Settings(instance=tmp_path, database_url=url, **chosen))
        if is_postgresql() and not made:
            with app.app_context():
                emptied(db.engine, keep=frozenset({"alembic_version", "classifier"}))
                _unlearned()
        app.jinja_env.bytecode_cache = compiled
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _unlearned() -> None:
    """Of the classifiers the shipped one alone is left, as it was."""
    with writing() as session:
        session.execute(delete(ClassifierVersion).where(ClassifierVersion.version != spam.base().version))
        session.execute(text("SELECT setval('classifier_id_seq', (SELECT max(id) FROM classifier))"))
    learning.install_base(NOON)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The app with the settings most tests want."""
    return make_app()


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """Inside the app, for tests that ask a story directly."""
    with app.app_context():
        yield app


@pytest.fixture(autouse=True)
def forgotten_limits() -> Iterator[None]:
    """Limits are counted in memory: nobody pays for what an earlier test did."""
    yield
    if limiter.initialized:
        limiter.reset()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The time is given: noon of a day in March, until a test moves it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def article(app: Flask) -> Article:
    """An open article."""
    return add_article(app)


@pytest.fixture
def ada(app: Flask) -> Person:
    """Reads and comments."""
    return Person(app, name="Ada", email="ada@example.org")


@pytest.fixture
def mallory(app: Flask) -> Person:
    """Spams."""
    return Person(app, name="Mallory", email="mallory@example.net")


@pytest.fixture
def eve(app: Flask) -> Person:
    """Has no business here."""
    return Person(app, name="Eve", email="eve@example.com")


@pytest.fixture
def max_(app: Flask) -> Person:
    """Moderates, and is signed in."""
    return signed_in(app, "max", Role.MODERATOR)


@pytest.fixture
def selma(app: Flask) -> Person:
    """Moderates as a senior, and is signed in."""
    return signed_in(app, "selma", Role.SENIOR)


@pytest.fixture
def root(app: Flask) -> Person:
    """Administers, and is signed in."""
    return signed_in(app, "root", Role.ADMIN)


@pytest.fixture
def desk(held: Flask) -> Person:
    """Max, signed in where every comment waits: a module says what else holds there."""
    return signed_in(held, "max", Role.MODERATOR)


@pytest.fixture
def reader(held: Flask) -> Person:
    """Ada, reading there."""
    return Person(held, "Ada", "ada@example.org")


@pytest.fixture
def home(make_app: Callable[..., Flask]) -> Iterator[House]:
    """A house that learns, where every comment waits for a person."""
    app = make_app(hold_everything=True)
    article = add_article(app)
    with app.app_context():
        yield House(app, article.id)


@pytest.fixture
def taught(home: House) -> House:
    """Max has called the beavers spam and let the hens pass, two dozen times each."""
    home.teaches(home.employs("max"), CAMPAIGN, KINDLY)
    return home


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """The command line."""
    return app.test_cli_runner()


@pytest.fixture
def counted() -> Callable[[Callable[[], Any]], int]:
    """Counts the statements that the databases of this test are sent while something is done."""

    def count(do: Callable[[], Any]) -> int:
        seen: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            seen.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            do()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return len([each for each in seen if not each.startswith(("BEGIN", "PRAGMA"))])

    return count


@pytest.fixture
def idle_server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that listens, and is not run; what it changes of who writes when is put back."""
    for hook in ("resting", "came", "committing", "others_come"):
        monkeypatch.setattr(turns, hook, getattr(turns, hook))
    with app.app_context():
        server = Server(app, parts().settings.model_copy(update={"port": 0}))
    yield server
    server.close()


def add_article(app: Flask, key: str = "the-ferry", **values: Any) -> Article:
    """An article, open and published unless said otherwise."""
    with app.app_context(), writing() as session:
        row = Article(
            key=key,
            **{
                "title": "The ferry",
                "body": "<p>It sails at seven.</p>",
                "published_at": datetime.now(UTC),
                **values,
            },
        )
        session.add(row)
        session.flush()
        session.expunge(row)
    return row


def signed_in(app: Flask, name: str, role: Role) -> Person:
    """A person with an account, signed in through the door."""
    with app.app_context():
        moderators.add(name, role, PASSWORD, datetime.now(UTC))
    person = Person(app, name=name, email="")
    answer = person.post("/desk/sign-in", {"name": name, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return person

"""Whatever happens to learning, readers and moderators notice nothing of it."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from models import ClassifierVersion, Figure, Scoring, db, writing
from models.classifier import Kind
from moderation import learning, spam
from moderation.learning import background, progress, versions
from moderation.learning.background import Learner
from moderation.learning.scorer import Scorer
from moderation.parts import parts
from moderation.spam import artefact
from moderation.spam.correction import Labels, corrected
from moderation.spam.kept import Kept
from moderation.vocabulary import Action, Status
from tests.conftest import NOON, add_article
from tests.learned import CAMPAIGN, KINDLY, WORDS, House
from tests.people import Person

ROOT = Path(__file__).parents[1]
CANDIDATE = spam.Candidate("The lamp on the second pier is out.")


def site() -> ClassifierVersion:
    query = select(ClassifierVersion).where(ClassifierVersion.kind == Kind.SITE)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def damage(change: Callable[[ClassifierVersion], None]) -> None:
    with writing():
        change(site())


def torn(row: ClassifierVersion) -> None:
    row.artefact = (row.artefact or b"")[:-100]
    row.sha256 = "0" * 64


def corrupt(row: ClassifierVersion) -> None:
    content = bytearray(row.artefact or b"")
    middle = len(content) // 2
    for at in range(middle - 32, middle + 32):  # a single byte may be one that nothing is read from
        content[at] ^= 0x40
    row.artefact, row.sha256 = bytes(content), hashlib.sha256(content).hexdigest()


def hostile(row: ClassifierVersion) -> None:
    row.artefact = b"\x80\x04cposix\nsystem\n(S'touch owned'\ntR."
    row.sha256 = hashlib.sha256(row.artefact).hexdigest()


@pytest.mark.parametrize("harm", [torn, corrupt, hostile])
def test_a_sick_newcomer_is_refused_and_the_old_one_stays(
    taught: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[ClassifierVersion], None]
) -> None:
    monkeypatch.chdir(tmp_path)
    learning.learn(taught.now)
    scorer = Scorer()
    sound = scorer.score(CANDIDATE)
    assert sound is not None
    assert sound.version.startswith("site-")
    damage(harm)
    scorer.look_again()
    assert scorer.score(CANDIDATE) == sound
    assert not Path("owned").exists()
    fresh = Scorer().score(CANDIDATE)
    assert fresh is not None
    assert fresh.version.startswith("base-")


def test_another_process_takes_the_new_one_within_seconds(
    taught: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = "moderation.learning.scorer._LOOK_AGAIN_SECONDS"
    assert learning.scorer._LOOK_AGAIN_SECONDS <= 10
    monkeypatch.setattr(again, 3600)  # however long this machine takes to learn
    elsewhere = Scorer()
    assert elsewhere.score(CANDIDATE).version.startswith("base-")
    attempt = learning.learn(taught.now)
    assert attempt.is_promoted
    assert elsewhere.score(CANDIDATE).version.startswith("base-")
    monkeypatch.setattr(again, 0)
    assert elsewhere.score(CANDIDATE).version.startswith(attempt.version)


def test_readers_notice_nothing_while_versions_come_and_go(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ada goes on posting while versions are promoted and rolled back: nothing fails, every score names a version."""
    monkeypatch.setattr("moderation.learning.scorer._LOOK_AGAIN_SECONDS", 0)
    app = make_app()
    add_article(app)
    with app.app_context():
        names = put_versions(3)
    answers: list[int] = []
    is_over = threading.Event()

    def ada_posts(number: int) -> None:
        ada = Person(app, f"Ada {number}", "ada@example.org")
        n = 0
        while not is_over.is_set():
            n += 1
            answers.append(
                ada.comment(f"Remark {n} of {number} on the ferry, which sails at seven.").status_code
            )

    threads = [threading.Thread(target=ada_posts, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    with app.app_context():
        for turn in range(20):
            learning.promote(names[turn % 3], NOON)
            if turn % 5 == 4:
                learning.roll_back(NOON)
    is_over.set()
    for thread in threads:
        thread.join()
    assert set(answers) == {303}
    with app.app_context():
        known = {row.version for row in versions.every()}
        said = set(db.session.scalars(select(Scoring.classifier_version)))
        assert said
        assert {each.partition("+")[0] for each in said} <= known


def put_versions(count: int) -> list[str]:
    base = artefact.from_bytes(spam.base_bytes())
    judge = spam.Classifier(base)
    made = []
    for n in range(count):
        kept = Kept.joined([judge.kept(spam.Candidate(text)) for text in CAMPAIGN[: n + 2]])
        learned = corrected(base, Labels(kept, kept.lengths > 0))
        with writing():
            told = {"base": judge.version, "until": 0}
            made.append(versions.put_site(learned, told, NOON, None, is_promoted=True))
    return made


@pytest.mark.sqlite
def test_a_training_that_is_killed_leaves_nothing_half_done_and_nobody_waiting_for_long(
    taught: House, tmp_path: Path
) -> None:
    surroundings = {**os.environ, "GATEPOST_INSTANCE": str(tmp_path), "PYTHONPATH": str(ROOT)}
    slow = (
        "import time; from moderation.spam import correction;"
        " f = correction.Correcting._fitted;"
        " correction.Correcting._fitted = lambda *a: (time.sleep(60), f(*a))[1];"
        " from wsgi import app; app.test_cli_runner().invoke(args=['spam', 'learn'])"
    )
    db.session.rollback()
    training = subprocess.Popen([sys.executable, "-c", slow], env=surroundings, cwd=ROOT)
    deadline = time.monotonic() + 60
    while not is_learning():
        assert training.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    training.send_signal(signal.SIGKILL)
    training.wait()

    assert [row.version for row in versions.every()] == [spam.base().version]
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    with pytest.raises(learning.champion.Refused, match="Another process"):
        learning.learn(now)
    assert learning.learn(now + progress.HELD_FOR).is_promoted


def is_learning() -> bool:
    db.session.rollback()
    row = db.session.get(Figure, progress.NAME, populate_existing=True)
    return row is not None and row.value["stage"].startswith("learning from")


def test_it_learns_after_so_many_decisions_at_night_or_when_somebody_asks(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(hold_everything=True, learn_every=30, learn_at=3)
    article = add_article(app)
    settings = parts_of(app)
    night = NOON.replace(hour=3)
    with app.app_context():
        home = House(app, article.id)
        max_ = home.employs("max")
        home.teaches(max_, CAMPAIGN[:10], KINDLY[:9])
        assert not background.is_due(settings, NOON)
        assert not background.is_due(settings, night)  # too few to learn anything from
        home.teaches(max_, CAMPAIGN[10:14])
        assert not background.is_due(settings, NOON)
        assert background.is_due(settings, night)
        home.teaches(max_, CAMPAIGN[14:21])
        assert background.is_due(settings, NOON)
        learning.learn(home.now)
        assert not background.is_due(settings, NOON)
        learning.wish(max_, NOON)
        assert background.is_due(settings, NOON)
        assert learning.granted() == max_
        assert learning.granted() is None
        assert not background.is_due(settings, NOON)


def parts_of(app: Flask):
    with app.app_context():
        return parts().settings


def test_the_sweep_starts_one_process_and_pauses_after_one_that_failed(taught: House) -> None:
    settings = parts().settings
    learning.wish(1, NOON)
    learner = Learner(settings, (sys.executable, "-c", "raise SystemExit(3)"))
    assert learner.sweep(NOON) == 0
    first = learner._process
    assert first is not None
    first.wait()
    learner.sweep(NOON)
    assert learner._process is None
    learner.sweep(NOON + timedelta(minutes=1))
    assert learner._process is None
    learner.sweep(NOON + background.PAUSE)
    assert learner._process is not None
    learner.stop()


def test_stopping_ends_a_learning_process(taught: House) -> None:
    learning.wish(1, NOON)
    learner = Learner(parts().settings, (sys.executable, "-c", "import time; time.sleep(60)"))
    learner.sweep(NOON)
    process = learner._process
    learner.stop()
    assert process is not None
    assert process.poll() is not None


def test_a_new_base_takes_over_with_labels_and_champion_learned_anew(
    taught: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = learning.learn(taught.now)
    assert first.is_promoted
    told: list[str] = []
    newer = another_base()
    monkeypatch.setattr("moderation.spam.base_bytes", lambda: newer)

    version = learning.install_base(taught.now, tell=told.append)

    assert version == spam.Classifier.from_bytes(newer).version
    assert versions.active(Kind.BASE).version == version
    champion = versions.active(Kind.SITE)
    assert champion is not None, told
    assert champion.version != first.version
    assert champion.metrics["base"] == version
    scorer = Scorer()
    assert scorer.score(CANDIDATE).version.startswith(champion.version)
    with pytest.raises(learning.champion.Refused, match="another base"):
        learning.promote(first.version, taught.now)


def test_a_new_feature_map_drops_labels_without_text_and_says_how_many(
    taught: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import update

    from models import CommentText, Label
    from moderation.spam.features import MAP_VERSION

    with writing() as session:
        session.execute(update(Label).values(feature_map=MAP_VERSION - 1))
        session.execute(update(CommentText).where(CommentText.comment_id <= 5).values(text=""))
    told: list[str] = []
    newer = another_base()
    monkeypatch.setattr("moderation.spam.base_bytes", lambda: newer)
    learning.install_base(taught.now, tell=told.append)
    assert told[0] == "43 labels made for the new classifier; 5 dropped."


def another_base() -> bytes:
    """The shipped base, a little surer of everything."""
    import dataclasses

    base = artefact.from_bytes(spam.base_bytes())
    return artefact.to_bytes(dataclasses.replace(base, bias=base.bias + 0.01))


def test_a_campaign_is_held_at_the_eleventh_without_waiting_for_a_champion(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app()
    article = add_article(app)
    with app.app_context():
        home = House(app, article.id)
        max_ = home.employs("max")
        campaign = [f"I heard the blue kettle of {place} sing again last night" for place in WORDS]
        numbers = [home.gets(text) for text in campaign[:10]]
        assert {home.status(number) for number in numbers} == {Status.APPROVED}
        for number in numbers:
            home.decides(max_, Action.SPAM, number)
        assert home.status(home.gets(campaign[10])) is Status.HELD
        assert home.status(home.gets("Does the seven o'clock boat take bicycles?")) is Status.APPROVED
        for number in numbers:
            home.undoes(max_, number)
        assert home.status(home.gets(campaign[11])) is Status.APPROVED

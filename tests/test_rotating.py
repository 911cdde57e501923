"""root puts a new key to use while people read and write, and nothing is lost however often it is killed."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select

from models import Article, Base, Comment, Contact, Credential, Ticket, db
from moderation import rights
from moderation.errors import Misconfigured
from moderation.moderators import SignedIn, factors
from moderation.parts import parts
from moderation.privacy import RootKeys, Sealed, Vault, add_key, keys
from moderation.rights import Asked
from moderation.rights.rotating import SEALED
from moderation.vocabulary import Role, Status
from tests.conftest import NOON
from tests.people import Person, number_in

ADDRESS = "ada@example.org"


def said(ada: Person, count: int = 7) -> list[int]:
    return [
        number_in(ada.comment(f"Remark number {n} on the ferry, which sails at seven.")) for n in range(count)
    ]


def opened(vault: Vault, comment_id: int) -> str:
    contact = db.session.get_one(Contact, comment_id, populate_existing=True)
    return vault.open(Sealed(contact.key_id or "", contact.sealed_address or b""), f"comment:{comment_id}")


def test_a_new_key_opens_all_and_the_old_one_nothing(
    app: Flask, runner: FlaskCliRunner, tmp_path: Path, article: Article, ada: Person
) -> None:
    ids = said(ada)
    old = Vault(RootKeys.load(tmp_path / "root.key"))

    result = runner.invoke(args=["privacy", "rotate-keys", "--batch", "3"])

    assert result.exit_code == 0, result.output
    assert "7 sealed anew, 0 do not open" in result.output
    assert oct((tmp_path / "root.key").stat().st_mode & 0o777) == "0o600"
    new = Vault(RootKeys.load(tmp_path / "root.key"))
    with app.app_context():
        assert parts().vault.key_id == new.key_id != old.key_id
        assert {opened(new, each) for each in ids} == {ADDRESS}
        assert rights.comments_of(new, Asked(address=ADDRESS)) == ids
        assert not db.session.scalar(select(Contact).where(Contact.key_id == old.key_id))


@pytest.mark.parametrize("killed_after", [0, 1, 2])
def test_a_rotation_that_is_killed_goes_on_where_it_stopped(
    app: Flask, runner: FlaskCliRunner, article: Article, ada: Person, monkeypatch, killed_after: int
) -> None:
    ids = said(ada)
    batches: list[int] = []

    def counted(done: int) -> None:
        batches.append(done)
        if len(batches) > killed_after:
            raise KeyboardInterrupt

    with app.app_context():
        add_key(parts().key_file, parts().vault.key_id)
        with pytest.raises(KeyboardInterrupt):
            rights.rotate(parts().vault, NOON, batch=2, told=counted)
        assert {opened(parts().vault, each) for each in ids} == {ADDRESS}
        assert rights.comments_of(parts().vault, Asked(address=ADDRESS)) == ids
    assert runner.invoke(args=["privacy", "rotate-keys", "--retire"]).exit_code == 1
    assert runner.invoke(args=["privacy", "rotate-keys"]).exit_code == 1

    assert "0 do not open" in runner.invoke(args=["privacy", "rotate-keys", "--resume"]).output

    retired = runner.invoke(args=["privacy", "rotate-keys", "--retire"])
    assert "is the only one now" in retired.output
    with app.app_context():
        assert parts().vault.former_key_ids == ()
        assert {opened(parts().vault, each) for each in ids} == {ADDRESS}
    assert "no former key" in runner.invoke(args=["privacy", "rotate-keys", "--retire"]).output


@pytest.mark.parametrize("options", [(), ("--retire",)])
def test_a_key_that_another_rotation_puts_to_use_meanwhile_is_not_lost(
    app: Flask, runner: FlaskCliRunner, article: Article, ada: Person, monkeypatch, options: tuple[str, ...]
) -> None:
    ids = said(ada)
    if options:
        runner.invoke(args=["privacy", "rotate-keys"])
    theirs: list[str] = []
    left = rights.left

    def looked(vault: Vault) -> int:
        found = left(vault)
        if not theirs:
            file = parts().key_file
            theirs.extend(key.name for key in add_key(file, vault.key_id).newest_first)
            rights.rotate(parts().vault, NOON)
        return found

    monkeypatch.setattr(rights, "left", looked)

    refused = runner.invoke(args=["privacy", "rotate-keys", *options])

    assert refused.exit_code == 1
    assert f"Key {theirs[0]} was put to use meanwhile" in refused.output
    with app.app_context():
        kept = RootKeys.load(parts().key_file)
        assert [key.name for key in kept.newest_first] == theirs
        assert {opened(Vault(kept), each) for each in ids} == {ADDRESS}


def test_of_two_who_add_a_key_at_once_the_second_waits_and_is_told(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "root.key"
    first = RootKeys.create(file).newest_first[0].name
    with ThreadPoolExecutor(1) as other:
        second: list[Future[RootKeys]] = []

        def drawn() -> str:
            if not second:
                second.append(other.submit(add_key, file, first))
                wait(second, timeout=0.5)
            return new_key()

        new_key = keys._new_key
        monkeypatch.setattr(keys, "_new_key", drawn)
        made = add_key(file, first)
        with pytest.raises(Misconfigured, match="was put to use meanwhile"):
            second[0].result()
    assert RootKeys.load(file).newest_first == made.newest_first
    assert made.newest_first[1].name == first
    assert {oct(each.stat().st_mode & 0o777) for each in tmp_path.iterdir()} == {"0o600"}


def test_a_key_file_whose_lock_cannot_be_opened_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "root.key"
    made = RootKeys.create(file)
    (tmp_path / "root.key.lock").symlink_to(file)
    with pytest.raises(Misconfigured, match=r"root\.key\.lock cannot be opened"):
        add_key(file, made.newest_first[0].name)
    assert RootKeys.load(file).newest_first == made.newest_first


def test_after_a_key_was_lost_keys_are_rotated_and_what_does_not_open_is_told(
    app: Flask, runner: FlaskCliRunner, tmp_path: Path, article: Article, ada: Person
) -> None:
    said(ada, 2)
    (tmp_path / "root.key").unlink()
    RootKeys.create(tmp_path / "root.key")
    said_since = number_in(ada.comment("The ferry was late, and nobody knew why."))

    rotated = runner.invoke(args=["privacy", "rotate-keys"])

    assert rotated.exit_code == 0, rotated.output
    assert "1 sealed anew, 2 do not open" in rotated.output
    assert "is the only one now" in runner.invoke(args=["privacy", "rotate-keys", "--retire"]).output
    assert "2 rows do not open" in runner.invoke(args=["doctor"]).output
    with app.app_context():
        assert opened(parts().vault, said_since) == ADDRESS


def test_people_read_and_write_meanwhile_and_browsers_are_known_before_and_after(
    app: Flask, make_app, runner: FlaskCliRunner, article: Article, ada: Person
) -> None:
    serving = make_app(hold_first_time=True)
    ada.client = serving.test_client()
    first = number_in(ada.comment("It sails at seven.", **{"wp-comment-cookies-consent": "yes"}))
    with app.app_context():
        comment = db.session.get_one(Comment, first)
        comment.status = Status.APPROVED
        db.session.commit()
    form = ada.form()

    assert runner.invoke(args=["privacy", "rotate-keys"]).exit_code == 0

    typed = {"comment": "And the coffee is good.", "author": "Ada", "email": ADDRESS, **form}
    second = number_in(ada.post("/articles/the-ferry/comments", typed))
    with serving.app_context():
        assert db.session.get_one(Comment, second).status is Status.APPROVED
        assert {opened(parts().vault, each) for each in (first, second)} == {ADDRESS}
        assert rights.left(parts().vault) == 0


def test_an_address_moved_to_another_row_is_counted_and_left_alone(
    app: Flask, runner: FlaskCliRunner, article: Article, ada: Person
) -> None:
    first, second = said(ada, 2)
    with app.app_context():
        one, other = (db.session.get_one(Contact, each) for each in (first, second))
        one.sealed_address = other.sealed_address
        db.session.commit()
    assert "1 sealed anew, 1 do not open" in runner.invoke(args=["privacy", "rotate-keys"]).output
    assert "0 sealed anew, 1 do not open" in runner.invoke(args=["privacy", "rotate-keys", "--resume"]).output


def test_a_key_file_that_breaks_while_serving_changes_nothing(
    app: Flask, tmp_path: Path, article: Article, ada: Person
) -> None:
    said(ada, 1)
    (tmp_path / "root.key").write_text("nonsense!\n")
    assert ada.comment("Still here, and the ferry is late.").status_code == 303
    (tmp_path / "root.key").unlink()
    assert ada.comment("And still, though it rains.").status_code == 303


def test_everything_that_is_sealed_is_moved() -> None:
    sealed = {
        f"{name}.{column.name}"
        for name, table in Base.metadata.tables.items()
        for column in table.columns
        if column.name.startswith("sealed")
        or (column.name == "key_id" and "sealed" not in str(table.columns))
    }

    assert {f"{kind.table.__tablename__}.{kind.column.key}" for kind in SEALED} == sealed


def test_somebody_who_is_setting_an_app_up_finishes_under_the_new_key(
    app: Flask, runner: FlaskCliRunner, max_: Person
) -> None:
    with app.app_context():
        me = SignedIn(1, "max", Role.MODERATOR, 1)
        setup = factors.begin_authenticator(parts().vault, me, "Gatepost", NOON)
    assert "1 sealed anew, 0 do not open" in runner.invoke(args=["privacy", "rotate-keys"]).output
    assert "only one now" in runner.invoke(args=["privacy", "rotate-keys", "--retire"]).output
    with app.app_context():
        row = db.session.scalars(select(Ticket).where(Ticket.sealed_secret.is_not(None))).one()
        sealed = Sealed(row.key_id or "", row.sealed_secret or b"")
        assert parts().vault.open_secret(sealed, factors.ticket_context(row)) == setup.secret.replace(" ", "")


def test_second_factors_are_moved_too(app: Flask, runner: FlaskCliRunner, max_: Person) -> None:
    with app.app_context():
        row = Credential(moderator_id=1, kind="authenticator", created_at=NOON)
        db.session.add(row)
        db.session.flush()
        sealed = parts().vault.seal_secret("JBSWY3DPEHPK3PXP", factors.seal_context(row))
        row.sealed_secret, row.key_id = sealed.data, sealed.key_id
        db.session.commit()
        number = row.id
    assert "1 sealed anew" in runner.invoke(args=["privacy", "rotate-keys"]).output
    with app.app_context():
        row = db.session.get_one(Credential, number, populate_existing=True)
        assert row.key_id == parts().vault.key_id
        sealed = Sealed(row.key_id or "", row.sealed_secret or b"")
        assert parts().vault.open_secret(sealed, factors.seal_context(row)) == "JBSWY3DPEHPK3PXP"


def test_the_same_comment_is_known_again_under_a_new_key(
    runner: FlaskCliRunner, article: Article, ada: Person
) -> None:
    typed = {"comment": "It sails at seven.", "author": "Ada", "email": ada.email, **ada.form()}
    first = number_in(ada.post("/articles/the-ferry/comments", typed))
    assert runner.invoke(args=["privacy", "rotate-keys"]).exit_code == 0
    assert number_in(ada.post("/articles/the-ferry/comments", typed)) == first


def test_the_same_answer_of_the_publication_is_known_again_under_a_new_key(
    app: Flask, runner: FlaskCliRunner, article: Article, ada: Person, max_: Person
) -> None:
    (mine,) = said(ada, 1)
    for _ in range(2):
        assert max_.post(f"/desk/comments/{mine}/answer", {"words": "Thank you."}).status_code == 303
        assert runner.invoke(args=["privacy", "rotate-keys"]).exit_code == 0
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Comment.is_ours.is_(True))) == 1


def test_a_remark_that_is_indented_is_no_key_to_keep(
    runner: FlaskCliRunner, article: Article, tmp_path: Path
) -> None:
    assert runner.invoke(args=["privacy", "rotate-keys"]).exit_code == 0
    file = tmp_path / "root.key"
    in_use = RootKeys.load(file).newest_first[0].name
    file.write_text(f"  # put here in winter\n{file.read_text()}")
    retired = runner.invoke(args=["privacy", "rotate-keys", "--retire"])
    assert retired.exit_code == 0, retired.output
    assert [key.name for key in RootKeys.load(file).newest_first] == [in_use]

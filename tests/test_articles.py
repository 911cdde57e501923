"""root publishes, changes, closes and takes down articles from the command line; ada sees it at once."""

from __future__ import annotations

import pytest
from flask.testing import FlaskCliRunner

from moderation import articles
from tests.people import Person


@pytest.fixture
def ferry(runner: FlaskCliRunner) -> None:
    """An article that root has published."""
    assert runner.invoke(args=["article", "add", "the-ferry", "The ferry"]).exit_code == 0


def told(runner: FlaskCliRunner, *command: str, typed: str = "") -> str:
    result = runner.invoke(args=["article", *command], input=typed)
    assert result.exit_code == 0, result.output
    return result.output


def refusal(runner: FlaskCliRunner, *command: str) -> str:
    result = runner.invoke(args=["article", *command])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    return result.output


def test_a_new_article_has_a_page_and_stands_on_the_front(runner, ferry, ada: Person) -> None:
    assert ada.get("/articles/the-ferry").status_code == 200
    assert "/articles/the-ferry" in ada.get("/").text


def test_a_body_comes_from_standard_input_and_is_cleaned(runner, ada: Person) -> None:
    body = "<p>It sails.</p><script>alert(1)</script><p onclick='x()'>At seven.</p>"
    told(runner, "add", "the-boat", "The boat", "--body-file", "-", typed=body)

    page = ada.get("/articles/the-boat").text

    assert "<p>It sails.</p>" in page
    assert "alert(1)" not in page
    assert "onclick" not in page


def test_an_edited_article_shows_its_new_title_and_keeps_its_body(runner, ada: Person) -> None:
    told(runner, "add", "the-boat", "The boat", "--body-file", "-", typed="<p>It sails.</p>")
    ada.get("/articles/the-boat")
    told(runner, "edit", "the-boat", "--title", "The <last> boat")

    page = ada.get("/articles/the-boat").text

    assert "The &lt;last&gt; boat" in page
    assert "<p>It sails.</p>" in page


def test_an_unpublished_article_is_gone_and_comes_back(runner, ferry, ada: Person) -> None:
    told(runner, "unpublish", "the-ferry")
    assert ada.get("/articles/the-ferry").status_code == 404
    assert "the-ferry" not in ada.get("/").text
    assert "unpublished" in told(runner, "list")

    told(runner, "publish", "the-ferry")
    assert ada.get("/articles/the-ferry").status_code == 200


def test_a_closed_article_takes_nothing_and_a_holding_one_lets_ada_wait(runner, ferry, ada: Person) -> None:
    told(runner, "mode", "the-ferry", "closed")
    assert ada.post("/articles/the-ferry/comments", {"comment": "Hello"}).status_code == 403

    told(runner, "mode", "the-ferry", "holding")
    assert "held=" in ada.comment("It sails at seven, as far as I know.").location


@pytest.mark.parametrize(
    "key", ["", "The-Ferry", "the ferry", "-ferry", "the--ferry", "ferry/7", "..", "x" * 121]
)
def test_a_key_that_makes_no_good_address_is_refused(runner, key: str) -> None:
    assert "Error: " in refusal(runner, "add", "--", key, "The ferry")


@pytest.mark.parametrize("key", ["пором", "渡轮", "fähre-7", "7"])
def test_a_key_may_be_written_in_any_script(runner, ada: Person, key: str) -> None:
    told(runner, "add", key, "The ferry")

    assert ada.get(f"/articles/{key}").status_code == 200


def test_a_key_is_given_once(runner, ferry) -> None:
    assert "already" in refusal(runner, "add", "the-ferry", "Another ferry")


def test_an_address_that_is_no_web_page_is_refused(runner, ferry) -> None:
    assert "not the address of a page" in refusal(runner, "edit", "the-ferry", "--url", "javascript:alert(1)")


@pytest.mark.parametrize(
    "command",
    [["edit", "no-such", "--title", "The boat"], ["mode", "no-such", "open"], ["unpublish", "no-such"]],
)
def test_an_unknown_key_is_told(runner, command: list[str]) -> None:
    assert "There is no article with the key no-such." in refusal(runner, *command)


def test_every_change_grows_the_revision_so_that_no_kept_page_survives(context) -> None:
    from datetime import UTC, datetime

    articles.add("the-ferry", "The ferry", datetime.now(UTC))
    before = articles.find("the-ferry").revision
    articles.edit("the-ferry", title="The boat")
    articles.unpublish("the-ferry")

    assert articles.find("the-ferry").revision == before + 2

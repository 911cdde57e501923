"""A stored score names its version, and that version still says the same number."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from models import Article, ClassifierVersion, Comment, CommentText, db, writing
from models.classifier import Kind
from moderation import learning
from moderation.errors import NotFound
from moderation.learning.recompute import Again, again
from moderation.parts import parts
from moderation.vocabulary import Action, Status
from tests.learned import CAMPAIGN, KINDLY, House


def said_again(number: int) -> Again:
    (found,) = again(number, parts().scorer.given)
    return found


def told(home: House, number: int) -> str:
    result = home.app.test_cli_runner().invoke(args=["spam", "explain", "--comment", str(number)])
    assert result.exit_code == 0, result.output
    return result.output


def test_scores_of_all_three_layers_come_out_the_same(home: House) -> None:
    max_ = home.employs("max")
    by_the_base = home.gets("A remark before anybody decided anything.")
    home.teaches(max_, CAMPAIGN[:3], KINDLY[:3])
    with_the_latest = home.gets(CAMPAIGN[3])
    home.teaches(max_, CAMPAIGN[4:], KINDLY[4:])
    version = learning.learn(home.now).version
    parts().scorer.look_again()
    by_the_site = home.gets("Another remark, after something was learned.")
    home.teaches(max_, ham=["A line about nothing much."])
    with_everything = home.gets("The beavers of nowhere build nothing")
    home.teaches(max_, ham=["One more line about nothing much, to go on from there."])
    found = [said_again(n) for n in (by_the_base, with_the_latest, by_the_site, with_everything)]
    assert [each.version.partition("-")[0] for each in found] == ["base", "base", "site", "site"]
    assert ["+" in each.version for each in found] == [False, True, True, True]
    assert found[2].version.startswith(f"{version}+")
    assert all(each.is_same for each in found), [
        each.explanation.score.log_odds - each.log_odds for each in found
    ]
    assert "still the same number." in told(home, with_everything)
    assert "this site's decisions" in told(home, with_everything)


def test_a_score_comes_out_the_same_after_the_decisions_behind_it_were_taken_back(home: House) -> None:
    max_ = home.employs("max")
    numbers = home.teaches(max_, CAMPAIGN[:4])
    later = home.gets(CAMPAIGN[5])
    for number in numbers[:2]:
        home.undoes(max_, number)
    home.decides(max_, Action.APPROVE, numbers[2])
    assert said_again(later).is_same


def test_an_erased_comment_behind_a_score_is_named_as_the_reason(home: House) -> None:
    max_ = home.employs("max")
    numbers = home.teaches(max_, CAMPAIGN[:4])
    later = home.gets(CAMPAIGN[5])
    with writing() as session:
        session.execute(update(Comment).where(Comment.id == numbers[0]).values(status=Status.ERASED))
        session.execute(update(CommentText).where(CommentText.comment_id == numbers[0]).values(text=""))
        learning.forget([numbers[0]], home.now)
    assert said_again(later).explanation is None
    assert "A comment that the latest decisions were about has been forgotten." in told(home, later)


def test_a_withdrawn_version_is_named_as_the_reason(home: House) -> None:
    max_ = home.employs("max")
    numbers = home.teaches(max_, CAMPAIGN, KINDLY)
    learning.learn(home.now)
    parts().scorer.look_again()
    later = home.gets("Another remark, after something was learned.")
    with writing():
        learning.forget(numbers[:1], home.now)
    assert "had learned from a comment that was erased since" in told(home, later)


def test_a_forgotten_text_is_named_as_the_reason(home: House) -> None:
    number = home.gets(KINDLY[0])
    with writing() as session:
        session.execute(update(CommentText).values(text=""))
    assert "The text that was scored has been forgotten." in told(home, number)


def test_arrays_of_another_time_are_named_as_the_reason(home: House) -> None:
    home.teaches(home.employs("max"), CAMPAIGN, KINDLY)
    learning.learn(home.now)
    parts().scorer.look_again()
    number = home.gets("Another remark, after something was learned.")
    with writing() as session:
        torn = update(ClassifierVersion).where(ClassifierVersion.kind == Kind.SITE)
        session.execute(torn.values(artefact=b"torn"))
    assert "cannot be read any more" in told(home, number)


def test_another_title_makes_another_number_and_is_named(home: House) -> None:
    with writing() as session:
        session.execute(update(Article).values(title="Of hens and mills, and what my grandmother kept"))
    number = home.gets(KINDLY[0])
    with writing() as session:
        session.execute(update(Article).values(title="The stock exchange"))
    assert not said_again(number).is_same
    assert "The article's title" in told(home, number)


def test_what_is_not_there_is_said_so(home: House) -> None:
    with pytest.raises(NotFound):
        again(99, parts().scorer.given)
    result = home.app.test_cli_runner().invoke(args=["spam", "explain", "--comment", "99"])
    assert result.exit_code == 1
    assert "There is no such comment." in result.output
    with db.session.no_autoflush:
        assert db.session.get(Comment, 99) is None

"""mallory's machines say one thing in a hundred ways, and max sees one thing; what readers say is never among it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from models import Article, Campaign, Comment, Likeness, LikenessPlace, db, writing
from models.schema import migrator
from moderation import campaigns, sweeps
from moderation.campaigns import Card
from moderation.errors import NotFound
from moderation.intake import Written
from moderation.parts import parts
from moderation.review import Target
from moderation.sweeps import sweep
from moderation.vocabulary import Action
from tests.campaign_stories import ADVERTS, GENUINE, PRAISE, name, spun
from tests.conftest import NOON, add_article
from tests.people import Person, number_in


def says(app: Flask, text: str, who: str = "Ada", network: int = 1, **fields: str) -> int:
    """Somebody with a browser of their own says something; the comment's id."""
    person = Person(app, who, f"{who.split(maxsplit=1)[0].lower()}@example.org")
    visitor = {"REMOTE_ADDR": f"198.18.{network % 250}.7"}
    typed = {"comment": text, "author": who, "email": person.email, **fields}
    answer = person.post("/articles/the-ferry/comments", {**typed, **person.form()}, environ_base=visitor)
    assert answer.status_code == 303, answer.text
    return number_in(answer)


@pytest.fixture
def holding(make_app) -> Flask:
    """An app where everything waits."""
    app = make_app(hold_everything=True)
    add_article(app)
    return app


def flood(app: Flask, advert: str = ADVERTS[0], count: int = 8, seed: int = 1) -> list[int]:
    """One advert, each time in other words and from another network."""
    chance = random.Random(seed)
    return [says(app, spun(advert, chance), name(chance), network=seed * 20 + n) for n in range(count)]


def cards(app: Flask) -> list[Card]:
    with app.app_context():
        return campaigns.cards()


def all_of(app: Flask, campaign_id: int) -> set[int]:
    with app.app_context():
        waits, done = (campaigns.members(campaign_id, waiting=waiting) for waiting in (True, False))
        return {member.id for member in (*waits, *done)}


def test_three_campaigns_among_what_people_say_are_three_cards(holding: Flask) -> None:
    chance = random.Random(7)
    texts = [(spun(advert, chance), n) for n, advert in enumerate(ADVERTS) for _ in range(20)]
    texts += [(text, -1) for text in (*GENUINE, *PRAISE)]
    chance.shuffle(texts)
    planted: dict[int, set[int]] = {-1: set(), 0: set(), 1: set(), 2: set()}
    for network, (text, kind) in enumerate(texts):
        planted[kind].add(says(holding, text, name(chance), network))

    found = [all_of(holding, card.id) for card in cards(holding)]

    assert len(found) == 3
    for kind in range(3):
        assert max(len(members & planted[kind]) for members in found) >= 19
    assert not any(members & planted[-1] for members in found)


def test_a_card_says_how_many_wait_and_shows_the_one_that_waits_longest(holding: Flask) -> None:
    sent = flood(holding, count=5)

    (card,) = cards(holding)

    assert (card.size, card.waiting, card.first) == (5, 5, sent[0])
    with holding.app_context():
        assert campaigns.targets([card.id]) == {card.id: " ".join(f"{comment_id}:1" for comment_id in sent)}
        assert campaigns.of([sent[3]])[sent[3]] == card


def test_two_alike_are_no_campaign_but_each_is_shown_as_like_the_other(holding: Flask) -> None:
    one, other = flood(holding, count=2)

    assert cards(holding) == []
    with holding.app_context():
        (similar,) = campaigns.similar(one)
        assert (similar.id, similar.is_of_campaign) == (other, True)
        assert 0.3 <= similar.share < 1
        assert campaigns.of([one]) == {}


@pytest.mark.parametrize("words", PRAISE)
def test_thanks_of_many_readers_from_one_network_are_no_campaign(holding: Flask, words: str) -> None:
    for n in range(6):
        says(holding, words, f"Reader {n}", network=1)

    assert cards(holding) == []


def test_short_words_with_one_link_are_a_campaign(holding: Flask) -> None:
    for n in range(4):
        says(holding, f"Great article! http://shop{n}.pills.example/{n}", f"Reader {n}", network=n)

    assert [card.waiting for card in cards(holding)] == [4]


def test_so_are_short_words_with_one_website(holding: Flask) -> None:
    for n in range(3):
        says(holding, "Great article, really!", f"Reader {n}", network=n, url="https://www.pills.example")

    assert [card.waiting for card in cards(holding)] == [3]


def test_a_link_to_where_approved_comments_lead_as_well_says_nothing(holding: Flask) -> None:
    link = "https://www.encyclopedia.example/ferry"
    first = says(holding, f"Their history is told here: {link}", "Ada", network=1)
    with holding.app_context():
        parts().review.decide(None, Action.APPROVE, [Target(first, 1)], datetime.now(UTC))
    for n in range(4):
        says(holding, f"Great article! {link}", f"Reader {n}", network=n + 2)

    assert cards(holding) == []


def test_one_network_that_says_different_things_is_no_campaign(holding: Flask) -> None:
    for n, text in enumerate(GENUINE):
        says(holding, text, f"Reader {n}", network=1)

    assert cards(holding) == []


def test_what_links_two_campaigns_makes_them_one_and_the_old_address_leads_on(holding: Flask) -> None:
    left, right = ADVERTS[1], ADVERTS[2]
    flood(holding, left, 4, seed=1)
    flood(holding, right, 3, seed=2)
    first, second = sorted(card.id for card in cards(holding))
    chance = random.Random(9)

    says(holding, f"{spun(left, chance)} {spun(right, chance)}", network=99)

    (card,) = cards(holding)
    assert (card.id, card.size, card.waiting) == (first, 8, 8)
    with holding.app_context():
        assert campaigns.card(second) == card
    assert len(all_of(holding, first)) == 8


def decide(app: Flask, action: Action, targets: list[str]) -> tuple[int, ...]:
    with app.app_context():
        found = [Target.read(target) for target in targets]
        return parts().review.decide(None, action, found, datetime.now(UTC), batch="b" * 32).decisions


def test_decisions_and_undo_are_followed(holding: Flask, max_: Person) -> None:
    max_.client = holding.test_client()
    sent = flood(holding, count=6)
    (card,) = cards(holding)
    with holding.app_context():
        max_id = db.session.scalar(select(func.min(Comment.id))) and 1
    made = decide(holding, Action.SPAM, [f"{comment_id}:1" for comment_id in sent[:4]])

    with holding.app_context():
        after = campaigns.card(card.id)
        assert (after.size, after.waiting, after.first) == (6, 2, sent[4])
        assert [member.id for member in campaigns.members(card.id)] == sent[4:]
        assert [member.version for member in campaigns.members(card.id, waiting=False)] == [2] * 4
        assert campaigns.cards() == []
        parts().review.undo_batch(made[0], max_id, datetime.now(UTC), batch="c" * 32)
        assert campaigns.card(card.id) == card


def test_kept_counts_are_what_counting_would_give(holding: Flask) -> None:
    for seed, advert in enumerate(ADVERTS):
        flood(holding, advert, 5, seed + 1)
    decide(holding, Action.SPAM, ["1:1", "2:1", "7:1"])
    decide(holding, Action.HOLD, ["7:2"])

    with holding.app_context():
        counted = select(Likeness.campaign_id, func.count(), func.sum(Likeness.waits.cast(db.Integer)))
        rows = db.session.execute(
            counted.where(Likeness.campaign_id.is_not(None)).group_by(Likeness.campaign_id)
        )
        kept = {row.id: (row.size, row.waiting) for row in db.session.scalars(select(Campaign))}
        assert {row[0]: (row[1], int(row[2])) for row in rows} == kept


def test_what_is_taken_out_stays_out_draws_nobody_in_and_can_be_put_back(
    holding: Flask, max_: Person
) -> None:
    sent = flood(holding, count=5)
    (card,) = cards(holding)
    with holding.app_context():
        assert campaigns.take_out(card.id, [sent[1], 9_999], 1, datetime.now(UTC)) == 1
        assert campaigns.take_out(card.id, [sent[1]], 1, datetime.now(UTC)) == 0
        assert campaigns.card(card.id).waiting == 4
        assert [member.id for member in campaigns.members(card.id, taken_out=True)] == [sent[1]]
        assert sent[1] not in campaigns.of(sent)
    decide(holding, Action.APPROVE, [f"{sent[1]}:1"])
    with holding.app_context():
        assert campaigns.card(card.id).waiting == 4
        assert campaigns.put_back(card.id, [sent[1]], 1, datetime.now(UTC)) == 1
        after = campaigns.card(card.id)
        assert (after.size, after.waiting) == (5, 4)
        with pytest.raises(NotFound):
            campaigns.take_out(77, sent, 1, datetime.now(UTC))


def rewords(app: Flask, number: int, text: str) -> None:
    with app.app_context():
        version = db.session.get_one(Comment, number).version
        parts().intake.reword(number, version, Written(1, text, datetime.now(UTC)))


def test_other_words_make_another_sketch(holding: Flask, max_: Person) -> None:
    sent = flood(holding, count=5)
    (card,) = cards(holding)
    rewords(holding, sent[0], GENUINE[0])
    assert all_of(holding, card.id) == set(sent[1:])
    with holding.app_context():
        after = campaigns.card(card.id)
        assert (after.size, after.waiting, after.latest_at) == (4, 4, card.latest_at)
    says(holding, GENUINE[0], "Ines", network=90)
    with holding.app_context():
        assert db.session.get_one(Likeness, sent[0]).campaign_id != card.id

    rewords(holding, sent[0], spun(ADVERTS[0], random.Random(9)))
    assert all_of(holding, card.id) == set(sent)


def test_what_was_taken_out_stays_out_in_other_words(holding: Flask, max_: Person) -> None:
    sent = flood(holding, count=4)
    (card,) = cards(holding)
    with holding.app_context():
        campaigns.take_out(card.id, [sent[0]], 1, datetime.now(UTC))
    rewords(holding, sent[0], spun(ADVERTS[0], random.Random(9)))
    with holding.app_context():
        assert [member.id for member in campaigns.members(card.id, taken_out=True)] == [sent[0]]
        assert campaigns.card(card.id).size == 3
        assert db.session.get_one(Likeness, sent[0]).sketch is not None


def test_an_answer_of_the_publication_is_nobodys_campaign_in_other_words_either(
    holding: Flask, max_: Person
) -> None:
    sent = flood(holding, count=3)
    decide(holding, Action.APPROVE, [f"{sent[0]}:1"])
    with holding.app_context():
        ours = parts().intake.answer(sent[0], Written(1, "No thanks.", datetime.now(UTC)))
    rewords(holding, ours, spun(ADVERTS[0], random.Random(9)))
    with holding.app_context():
        assert db.session.get(Likeness, ours) is None


def is_named_as_it_is(app: Flask, campaign_id: int) -> bool:
    """Whether what a decision on a campaign names are the comments that wait, each with its version."""
    with app.app_context():
        waits = campaigns.members(campaign_id)
        return campaigns.targets([campaign_id])[campaign_id].split() == [member.target for member in waits]


def test_a_decision_names_each_comment_as_it_is_now(holding: Flask, max_: Person) -> None:
    sent = flood(holding, count=6)
    (card,) = cards(holding)
    decide(holding, Action.SPAM, [f"{sent[0]}:1", f"{sent[1]}:1"])
    decide(holding, Action.HOLD, [f"{sent[0]}:2"])
    assert is_named_as_it_is(holding, card.id)

    rewords(holding, sent[0], spun(ADVERTS[0], random.Random(9)))
    assert is_named_as_it_is(holding, card.id)

    with holding.app_context():
        campaigns.take_out(card.id, [sent[2]], 1, datetime.now(UTC))
    rewords(holding, sent[2], spun(ADVERTS[0], random.Random(8)))
    with holding.app_context():
        campaigns.put_back(card.id, [sent[2]], 1, datetime.now(UTC))
    assert is_named_as_it_is(holding, card.id)

    with holding.app_context(), writing():
        campaigns.forget(sent)
    rewords(holding, sent[3], spun(ADVERTS[0], random.Random(7)))
    assert is_named_as_it_is(holding, card.id)
    with holding.app_context():
        named = campaigns.targets([card.id])[card.id]
        assert named.split() == [
            f"{sent[0]}:4",
            f"{sent[2]}:2",
            f"{sent[3]}:2",
            f"{sent[4]}:1",
            f"{sent[5]}:1",
        ]

    with holding.app_context():
        migrator(current_app).downgrade(revision="0009")
        migrator(current_app).upgrade()
        assert campaigns.targets([card.id])[card.id] == named


def test_what_was_erased_is_met_no_more(holding: Flask) -> None:
    sent = flood(holding, count=3)
    with holding.app_context():
        with writing():
            campaigns.forget(sent)
        assert db.session.scalar(select(func.count()).select_from(LikenessPlace)) == 0
        assert db.session.scalars(select(Likeness.sketch)).all() == [None] * 3
        assert campaigns.similar(sent[0]) == []

    later = says(holding, spun(ADVERTS[0], random.Random(5)), network=77)

    with holding.app_context():
        assert db.session.get_one(Likeness, later).campaign_id is None


def test_a_sketch_is_forgotten_after_three_months(clock, make_app) -> None:
    app = make_app(hold_everything=True)
    add_article(app)
    old = flood(app, count=3)
    clock.move_to(NOON + timedelta(days=89))
    new = flood(app, ADVERTS[1], 3, seed=4)

    with app.app_context():
        kept = sweeps.retention(parts().settings)
        assert sweep(NOON + timedelta(days=90), "here", more=kept)["sketches of words forgotten"] == 3
        kept = select(Likeness.comment_id).where(Likeness.sketch.is_not(None))
        assert set(db.session.scalars(kept)) == set(new)
        assert len(campaigns.members(campaigns.card(1).id)) == len(old)


def test_what_makes_no_sense_is_no_campaign(holding: Flask) -> None:
    with holding.app_context():
        for number in (0, -1, 7, 2**31, 2**70):
            with pytest.raises(NotFound):
                campaigns.card(number)
        assert campaigns.cards(after="x~y") == campaigns.cards(after="1~2~3") == campaigns.cards() == []
        assert campaigns.similar(2**40) == []


def test_cards_go_on_by_key(holding: Flask) -> None:
    for seed, (advert, count) in enumerate(zip(ADVERTS, (5, 3, 4), strict=True)):
        flood(holding, advert, count, seed + 1)
    with holding.app_context():
        first = campaigns.cards(limit=2)
        assert [card.waiting for card in first] == [5, 4]
        assert [card.waiting for card in campaigns.cards(after=first[-1].after)] == [3]


def test_an_arrival_asks_as_many_questions_as_ever(holding: Flask, counted) -> None:
    flood(holding, count=4)
    early = counted(lambda: flood(holding, count=1, seed=5))
    flood(holding, count=12, seed=6)
    assert counted(lambda: flood(holding, count=1, seed=7)) == early


def test_an_article_alone(article: Article, app: Flask) -> None:
    """Published comments are compared as well, and never shown as waiting."""
    chance = random.Random(3)
    for n in range(4):
        says(app, f"{GENUINE[1]} {GENUINE[2]}{' ' * n} {name(chance)}", f"Reader {n}", network=n)
    assert cards(app) == []


@pytest.mark.parametrize("is_mended", [False, True])
def test_a_link_that_was_taken_out_of_a_comment_makes_no_site_everybodys(
    holding: Flask, is_mended: bool
) -> None:
    from moderation.vocabulary import Role
    from tests.conftest import signed_in

    linked = says(holding, "A fair word about the pier http://shop-of-lamps.example/x")
    if is_mended:
        max_ = signed_in(holding, "max", Role.MODERATOR)
        mended = {"words": "A fair word about the pier", "version": "1"}
        assert max_.post(f"/desk/comments/{linked}/text", mended).status_code == 303
        approved = {"action": "approve", "comment": f"{linked}:2"}
        assert max_.post("/desk/decisions", approved).status_code == 303
    for n, word in enumerate(("now", "today friend", "please")):
        says(holding, f"Buy lanterns cheaply {word} http://shop-of-lamps.example/{n}", f"Seller{n}", 20 + n)
    assert [(card.size, card.waiting) for card in cards(holding)] == [(3, 3)]

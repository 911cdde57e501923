"""One decision on what is alike: max sees one card, opens it, takes out what does not belong, and decides."""

from __future__ import annotations

import random
import re
from html import unescape

import pytest

from tests.campaign_stories import ADVERTS, GENUINE, spun
from tests.people import Person
from tests.test_campaigns import flood, holding, says  # noqa: F401  a fixture


@pytest.fixture
def max_(holding) -> Person:  # noqa: F811
    from moderation.vocabulary import Role
    from tests.conftest import signed_in

    return signed_in(holding, "max", Role.MODERATOR)


def covered(page: str) -> list[str]:
    return re.findall(r'name="covers" value="([^"]*)"', page)


def statuses(max_: Person, ids: list[int]) -> list[str]:
    pages = [max_.get(f"/desk/comments/{comment_id}").text for comment_id in ids]
    return [re.search(r"status-([a-z]+)", page)[1] for page in pages]  # type: ignore[index]


def test_max_clears_a_campaign_with_one_decision_and_takes_it_back(holding, max_) -> None:  # noqa: F811
    sent = flood(holding, count=5)
    page = max_.get("/desk/campaigns/").text
    assert "5 alike" in page
    (covers,) = covered(page)
    assert covers.split() == [f"{comment_id}:1" for comment_id in sent]

    answer = max_.post(
        "/desk/campaigns/1/decisions", {"action": "spam", "covers": covers, "next": "/desk/campaigns/"}
    )
    after = max_.get(answer.location).text
    assert "5 comments sent to spam." in after
    assert "No campaign waits." in after
    assert statuses(max_, sent) == ["spam"] * 5

    undo = re.search(r"/desk/decisions/(\d+)/undo", after)[1]  # type: ignore[index]
    answer = max_.post(f"/desk/decisions/{undo}/undo", {"bulk": "yes", "next": "/desk/campaigns/"})
    assert "5 alike" in max_.get(answer.location).text
    assert statuses(max_, sent) == ["held"] * 5


def test_what_was_unticked_goes_on_waiting(holding, max_) -> None:  # noqa: F811
    sent = flood(holding, count=4)
    page = max_.get("/desk/campaigns/1").text
    listed = re.findall(r'name="comment" value="([^"]+)" id="[^"]+" checked', page)
    assert listed == [f"{comment_id}:1" for comment_id in sent]

    max_.post("/desk/campaigns/1/decisions", {"action": "reject", "comment": listed[1:]})

    assert statuses(max_, sent) == ["held", "rejected", "rejected", "rejected"]
    assert "What was decided" in max_.get("/desk/campaigns/1?part=decided").text


def test_what_has_changed_since_is_left_alone_and_named(holding, max_) -> None:  # noqa: F811
    sent = flood(holding, count=3)
    (covers,) = covered(max_.get("/desk/campaigns/").text)
    max_.post("/desk/decisions", {"action": "approve", "comment": f"{sent[0]}:1"})
    late = says(holding, spun(ADVERTS[0], random.Random(99)), network=120)

    answer = max_.post("/desk/campaigns/1/decisions", {"action": "spam", "covers": covers})

    said = max_.get(answer.location).text
    assert "2 comments sent to spam." in said
    assert f"Comment {sent[0]} by" in said
    assert statuses(max_, [*sent, late]) == ["approved", "spam", "spam", "held"]


def test_an_outlier_is_taken_out_and_put_back(holding, max_) -> None:  # noqa: F811
    sent = flood(holding, count=4)
    answer = max_.post("/desk/campaigns/1/out", {"comment": f"{sent[2]}:1", "next": "/desk/campaigns/1"})
    assert "1 comment taken out." in max_.get(answer.location).text
    assert f"{sent[2]}:1" not in covered(max_.get("/desk/campaigns/").text)[0]
    assert f'value="{sent[2]}:1"' in max_.get("/desk/campaigns/1?part=out").text

    answer = max_.post("/desk/campaigns/1/back", {"comment": f"{sent[2]}:1", "next": "/desk/campaigns/1"})
    assert "1 comment put back." in max_.get(answer.location).text
    assert f"{sent[2]}:1" in covered(max_.get("/desk/campaigns/").text)[0]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"action": "spam", "covers": "1:x"}, 400),
        ({"action": "burn", "covers": "1:1"}, 400),
        ({"action": "spam", "covers": " ".join(f"{n}:1" for n in range(1, 1002))}, 400),
        ({"action": "spam", "covers": ""}, 303),
        ({"action": "spam", "covers": "1:1 1:1 999:1 2:7"}, 303),
        ({"action": "spam", "covers": " ".join(f"{n}:1" for n in range(1, 1001))}, 303),
        ({"action": "spam", "comment": [f"{n}:1" for n in range(1, 1001)]}, 303),
    ],
)
def test_odd_decisions_get_clear_answers(holding, max_, fields, status) -> None:  # noqa: F811
    flood(holding, count=3)
    answer = max_.post("/desk/campaigns/1/decisions", fields)
    assert answer.status_code == status
    if status == 303:
        assert max_.get(answer.location).status_code == 200
    else:
        assert statuses(max_, [1, 2, 3]) == ["held"] * 3


@pytest.mark.parametrize("path", ["/desk/campaigns/7", "/desk/campaigns/99999999999999999999"])
def test_there_is_no_such_campaign(max_, path) -> None:
    assert max_.get(path).status_code == 404
    for what in ("decisions", "out", "back"):
        assert max_.post(f"{path}/{what}", {"action": "spam", "covers": "1:1"}).status_code == 404


def test_eve_sees_none_of_it(holding, eve) -> None:  # noqa: F811
    eve.client = holding.test_client()
    flood(holding, count=3)
    assert eve.get("/desk/campaigns/").status_code == 303
    assert eve.get("/desk/campaigns/1").status_code == 303
    assert eve.post("/desk/campaigns/1/decisions", {"action": "spam", "covers": "1:1"}).status_code == 401


def test_pages_ask_as_many_questions_for_three_as_for_thirty(holding, max_, counted) -> None:  # noqa: F811
    flood(holding, count=3)
    pages = ("/desk/campaigns/", "/desk/campaigns/1", "/desk/campaigns/1?part=decided")
    few = [counted(lambda path=path: max_.get(path)) for path in pages]
    flood(holding, count=27, seed=2)
    for seed, advert in enumerate(ADVERTS[1:]):
        flood(holding, advert, 3, seed + 4)
    for n, text in enumerate(GENUINE):
        says(holding, text, network=n)
    assert [counted(lambda path=path: max_.get(path)) for path in pages] == few


def test_behind_what_is_shown_as_one_the_queue_looks_on_for_the_rest(
    holding,  # noqa: F811
    max_,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from moderation.review import listing

    alike = flood(holding, count=6)
    singly = [says(holding, text, network=200 + n) for n, text in enumerate(GENUINE[:4])]
    monkeypatch.setattr(listing, "_LITTLE_OF_ALIKE", 2)
    page = max_.get("/desk/?view=held").text
    assert "6 alike" in page
    assert [int(number) for number in re.findall(r'id="entry-(\d+)"', page)] == singly
    assert not any(f'id="entry-{number}"' in page for number in alike)

    monkeypatch.setattr(listing, "WINDOW_OF_ALIKE", 7)
    page = max_.get("/desk/?view=held").text
    assert [int(number) for number in re.findall(r'id="entry-(\d+)"', page)] == singly[:1]
    further = re.search(r'rel="next" href="([^"]+)"', page)[1]  # type: ignore[index]
    page = max_.get(unescape(further)).text
    assert [int(number) for number in re.findall(r'id="entry-(\d+)"', page)] == singly[1:]

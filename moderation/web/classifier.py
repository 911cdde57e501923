"""The classifier at the desk: how it does, every version with one click back, and thresholds from costs."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import learning
from moderation.errors import BadInput, Fault, FormFaults, GatepostError, Refused
from moderation.learning import forecasting, terms
from moderation.parts import parts
from moderation.spam.costs import Costs
from moderation.vocabulary import Role
from moderation.web import portrait
from moderation.web.access import myself, needs
from moderation.web.charts import percent
from moderation.web.deskpage import answer_at_desk, desk_page, seen_version, written_over
from moderation.web.notes import go_on
from moderation.web.pages import now

classifier = Blueprint("classifier", __name__, url_prefix="/desk/classifier")
classifier.register_error_handler(GatepostError, answer_at_desk)

_PAGE = "/desk/classifier"
_THRESHOLDS = f"{_PAGE}/thresholds"
COSTS = ("published_spam", "held_ham", "lost_ham", "look")


@classifier.get("")
@needs(Role.MODERATOR)
def show() -> AnyResponse:
    """How the classifier does, whether it drifts, and its versions."""
    return desk_page("desk/classifier.html", "Classifier", **portrait.of_classifier())


@classifier.post("/learn")
@needs(Role.ADMIN)
def learn() -> AnyResponse:
    """Ask for a challenger; the sweeps train it."""
    learning.wish(myself().moderator_id, now())
    return go_on(_PAGE, "It will learn within a minute or two, and say here what came of it.")


@classifier.post("/back")
@needs(Role.ADMIN)
def back() -> AnyResponse:
    """Go back to the version before the one in use.

    Raises
    ------
    Refused
    """
    version = learning.roll_back(now(), myself().moderator_id)
    parts().scorer.look_again()
    return go_on(_PAGE, f"{version} is in use now." if version else "The base works alone now.")


@classifier.post("/promote")
@needs(Role.ADMIN)
def promote() -> AnyResponse:
    """Put a version to use that was in use before.

    Raises
    ------
    NotFound, Refused
    """
    version = request.form.get("version", "")
    learning.promote(version, now(), myself().moderator_id)
    parts().scorer.look_again()
    return go_on(_PAGE, f"{version} is in use now.")


@classifier.get("/thresholds")
@needs(Role.MODERATOR)
def show_thresholds() -> AnyResponse:
    """What costs would lead to, before anybody saves them."""
    current = parts().scorer.terms
    asked = {name: request.args.get(name, "") for name in (*COSTS, "prior")}
    if not any(asked.values()):
        return _page_of(current.costs, current.saved_prior)
    seen = seen_version(request.args)
    meanwhile = [_MEANWHILE] if seen is not None and seen < current.version else []
    try:
        return _page_of(*_read(asked), meanwhile)
    except FormFaults as error:
        faults = [*error.faults, *meanwhile]
        return _page_of(current.costs, current.saved_prior, faults, error.status, asked)


@classifier.post("/thresholds")
@needs(Role.ADMIN)
def save_thresholds() -> AnyResponse:
    """Save costs; the thresholds follow.

    Raises
    ------
    FormFaults
    """
    costs, prior = _read({name: request.form.get(name, "") for name in (*COSTS, "prior")})
    try:
        terms.save(costs, prior, myself().moderator_id, now(), seen_version(request.form))
    except Refused:
        parts().scorer.look_again()
        return _page_of(costs, prior, [_MEANWHILE], 409)
    parts().scorer.look_again()
    at = parts().scorer.terms.thresholds
    held, called = percent(at.hold).text, percent(at.spam).text
    return go_on(
        _THRESHOLDS, f"Saved. Comments wait from a score of {held} on, and go to spam from {called}."
    )


@classifier.post("/thresholds/undo")
@needs(Role.ADMIN)
def take_thresholds_back() -> AnyResponse:
    """Go back to the costs before.

    Raises
    ------
    BadInput, Refused
    """
    version = request.form.get("version", "")
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise BadInput("Which change is to be taken back is not clear. Nothing was changed.")
    terms.take_back(int(version), myself().moderator_id, now())
    parts().scorer.look_again()
    return go_on(_THRESHOLDS, "Taken back. The costs before are in force again.")


_MEANWHILE = Fault("saved", written_over("costs", "saved", "below, under “What was saved”"))


def _page_of(
    costs: Costs,
    prior: float | None,
    faults: Sequence[Fault] = (),
    status: int = 200,
    typed: dict[str, str] | None = None,
) -> AnyResponse:
    preview = forecasting.preview(parts().scorer, costs, prior, now())
    values = portrait.of_thresholds(preview, typed)
    return desk_page("desk/thresholds.html", "Costs and thresholds", status, faults=faults, **values)


def _read(typed: dict[str, str]) -> tuple[Costs, float | None]:
    """Costs and prior as typed; the prior in percent, or nothing.

    Raises
    ------
    FormFaults
    """
    read = {name: _number(typed[name]) for name in COSTS}
    faults = [Fault(name, "Please type a number.") for name, value in read.items() if value is None]
    prior = _number(typed["prior"]) if typed["prior"].strip() else None
    if typed["prior"].strip() and (prior is None or not 0 < prior < 100):
        faults.append(Fault("prior", "The share of spam lies between 0 and 100 %."))
    if faults:
        raise FormFaults(faults)
    try:
        costs = Costs(**{name: value for name, value in read.items() if value is not None})
    except ValueError as error:
        raise FormFaults([Fault("published_spam", str(error))]) from None
    return costs, None if prior is None else prior / 100


def _number(typed: str) -> float | None:
    try:
        return float(typed.strip().replace(",", "."))
    except ValueError:
        return None

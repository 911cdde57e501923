"""The one place where errors become answers: a page in the product's clothes, or problem+json where asked for."""

from __future__ import annotations

import math
import time
from typing import Any

import structlog
from flask import Flask, Response, jsonify, render_template, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from models import give_up, is_passing
from moderation.errors import (
    BadInput,
    FormFaults,
    GatepostError,
    NotFound,
    Refused,
    TooLarge,
    TooMany,
    Unavailable,
)
from moderation.web.limits import limiter

log = structlog.get_logger("gatepost.web")

_BY_STATUS: dict[int, type[GatepostError]] = {400: BadInput, 403: Refused, 404: NotFound, 413: TooLarge}


def init_answers(app: Flask) -> None:
    """Answer every error of the app."""
    app.register_error_handler(Exception, answer)


def answer(raised: Exception) -> Response:
    """The answer to whatever was raised. Nothing of the request is repeated in it."""
    error = told(raised)
    response = in_time(_as_json(error) if wants_json() else _as_page(error), error)
    if isinstance(raised, HTTPException):
        for name, value in raised.get_headers():
            if name == "Allow":
                response.headers[name] = value
    return response


def in_time(response: Response, error: GatepostError) -> Response:
    """The response with the error's status, kept by no cache, saying when to try again where that is known."""
    response.status_code = error.status
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, TooMany | Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def wants_json() -> bool:
    """Whether the client prefers JSON to a page."""
    offered = ["text/html", "application/problem+json", "application/json"]
    return (request.accept_mimetypes.best_match(offered) or "text/html") != "text/html"


def told(raised: Exception) -> GatepostError:
    """The member of our family of errors that says what happened."""
    if isinstance(raised, GatepostError):
        return raised
    if isinstance(raised, RateLimitExceeded):
        return TooMany(_seconds_until_free())
    if isinstance(raised, HTTPException):
        return _from_http(raised)
    give_up()
    if is_passing(raised):
        log.warning("database unavailable", kind=type(raised).__name__)
        return Unavailable()
    log.error("unexpected", exc_info=raised)
    return GatepostError("Something went wrong on our side. Please try again in a moment.")


def _from_http(raised: HTTPException) -> GatepostError:
    code = raised.code or 500
    error = _BY_STATUS.get(code, GatepostError)()
    if type(error) is GatepostError:
        error.status, error.title = code, raised.name
        error.sentence = "This address does not take that kind of request." if code == 405 else error.sentence
    return error


def _seconds_until_free() -> int:

    limit = limiter.current_limit
    return max(1, math.ceil(limit.reset_at - time.time())) if limit else 60


def _as_json(error: GatepostError) -> Response:
    problem: dict[str, Any] = {"title": error.title, "status": error.status, "detail": error.sentence}
    if isinstance(error, FormFaults):
        problem["faults"] = [{"field": fault.field, "detail": fault.sentence} for fault in error.faults]
    response = jsonify(problem)
    response.mimetype = "application/problem+json"
    return response


def _as_page(error: GatepostError) -> Response:
    return Response(
        render_template("reader/error.html", error=error, page_title=error.title), mimetype="text/html"
    )

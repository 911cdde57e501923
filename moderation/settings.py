"""Every knob once: its name, type, default and meaning.

Each setting is read from `GATEPOST_<NAME>`, or from the file that `GATEPOST_<NAME>_FILE` names (for secrets
and long word lists). A wrong one stops the start and is named. `docs/settings.md` lists them all; a test
compares.
"""

from __future__ import annotations

import hashlib
import os
import re
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import idna
import limits
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from moderation.errors import Misconfigured

PREFIX = "GATEPOST_"


def _lines(value: object) -> object:
    """Words come one a line or between commas; order is kept, blanks and repeats go."""
    if isinstance(value, str):
        value = [piece.strip() for piece in re.split(r"[\n,]", value)]
    if isinstance(value, list | tuple):
        return tuple(dict.fromkeys(piece for piece in value if piece))
    return value


def _or_none(value: object) -> object:
    return None if value == "" else value


def _site(url: str) -> str:
    """The origin as browsers send it: in small letters of ASCII, and without a port that goes without saying."""
    if not (said := url.strip().lower()):
        return ""
    parts = _ORIGIN.fullmatch(said)
    host = _as_sent(parts["host"]) if parts and _is_port(parts["port"]) and _is_read(said) else ""
    if not parts or not host:
        raise ValueError("must be an address such as https://comments.example.org, without a path")
    is_usual = parts["port"] in {None, {"http": "80", "https": "443"}[parts["scheme"]]}
    return f"{parts['scheme']}://{host}" + ("" if is_usual else f":{parts['port']}")


_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[^\x00-\x20\x7f\s:/?#@*\\\[\]]+)(:(?P<port>\d{1,5}))?/*"
)


def _as_sent(host: str) -> str:
    """The name as it goes over the wire, bücher.example as xn--bcher-kva.example; "" where it is none."""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""


def _is_read(url: str) -> bool:
    """Whether Python takes what stands for the host as one: it knows IPv6, and letters that only look like others."""
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _is_port(port: str | None) -> bool:
    return port is None or (port.isdecimal() and 0 < int(port) < 65_536)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except Exception as error:
        raise ValueError("must be a time zone such as Europe/Berlin") from error
    return name


def _proxy_networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    found = [ip_network(network, strict=False) for network in networks]
    for version in (4, 6):
        if any(network.prefixlen == 0 for network in collapse_addresses(_of(found, version))):
            raise ValueError("trusting every address as a proxy would let anyone forge theirs")
    return networks


def _of(networks: list[IPv4Network | IPv6Network], version: int) -> Any:
    return [network for network in networks if network.version == version]


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_site(origin) for origin in origins)


def _limit(limit: str) -> str:
    try:
        limits.parse_many(limit)
    except ValueError:
        raise ValueError("must be a limit such as 10 per minute; 60 per hour") from None
    return limit


def database_address(url: str) -> str:
    """The address of a database as it was given, if an installation may lie there; "" is none.

    Raises
    ------
    ValueError
        Saying what is wrong with it, and nothing of what it holds.
    """
    if url.startswith("sqlite:///"):
        file = url.removeprefix("sqlite:///").partition("?")[0]
        if not file or ":memory:" in file:
            raise ValueError(
                "names no file; an installation needs one, such as sqlite:////srv/gatepost.sqlite3"
            )
    elif url and not url.startswith(("postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    elif url and not ((parts := _POSTGRESQL.fullmatch(url)) and _is_port(parts["port"])):
        raise ValueError(
            "is no address such as postgresql://gatepost@db.example.org:5432/gatepost; a password stands behind the"
            " name and a colon, with @ as %40, : as %3A and / as %2F; behind the “?” an @ is %40, too"
        )
    return url


# What SQLAlchemy reads, but for an @ behind the host: a password with one of its own is cut there, and its end would
# be taken, and told, for the name of the host.
_POSTGRESQL = re.compile(
    r"[^:]+://([^:/]*(:[^@]*)?@)?(\[[^/?@\[\]]+\]|[^/:?@\[\]]*)(:(?P<port>[^/?@]*))?(/[^?@]*)?(\?[^@]*)?"
)


def _redis(url: str) -> str:
    if url and not url.startswith(("redis://", "rediss://", "unix://", "redis+unix://")):
        raise ValueError("must begin with redis:// or rediss://")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("is no address such as redis://cache.example.org:6379/0") from None
    if "unix" in parts.scheme and not parts.path.strip("/"):
        raise ValueError("names no socket; it is written unix:///run/redis.sock")
    return url


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_lines)]
Limit = Annotated[str, AfterValidator(_limit)]


class Settings(BaseSettings):
    """What an operator may set. Every field's `description` is the sentence the documentation shows."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True
    )

    instance: Path = Field(default=Path("instance"), description="Folder of the database and the keys.")
    database_url: Annotated[str, AfterValidator(database_address)] = Field(
        default="", description="SQLAlchemy URL of the database; empty: SQLite in the instance folder."
    )
    redis_url: Annotated[str, AfterValidator(_redis)] = Field(
        default="", description="Redis that shares the limits between processes; empty: limits in memory."
    )
    root_key: SecretStr = Field(
        default=SecretStr(""),
        description="Root key, the text of the file that `flask init` makes; empty: that file, `root.key`.",
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="Address that `flask serve` listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port that `flask serve` listens on.")
    threads: int = Field(
        default=4,
        ge=1,
        le=64,
        description="Threads that answer: on SQLite one at a time, the others where that one is held up.",
    )
    site_name: str = Field(
        default="Gatepost", max_length=80, description="Name of the publication, in titles and headings."
    )
    site_url: Annotated[str, AfterValidator(_site)] = Field(
        default="",
        description="Public address, such as https://comments.example.org; https turns on secure cookies.",
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="Time zone in which pages show times."
    )
    trusted_proxies: Annotated[Words, AfterValidator(_proxy_networks)] = Field(
        default=(),
        description="Networks whose X-Forwarded-For is believed, such as 127.0.0.1/32; empty: nobody's.",
    )
    form_origins: Annotated[Words, AfterValidator(_origins)] = Field(
        default=(),
        description="Other origins whose pages may post a comment here, such as https://www.example.org.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged."
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description="What a scraper of `/metrics` shows (`Authorization: Bearer …`); empty: there are none.",
    )
    slow_query_ms: int = Field(
        default=500,
        ge=0,
        le=3_600_000,
        description="Statements that take so many milliseconds are logged; 0: none.",
    )

    require_name_email: bool = Field(
        default=True, description="Readers must give a name and an e-mail address."
    )
    hold_everything: bool = Field(default=False, description="Every comment waits for a person.")
    hold_first_time: bool = Field(
        default=False, description="Comments wait unless the browser is a known reader's."
    )
    links_that_hold: int = Field(
        default=2,
        ge=0,
        le=100_000,
        description="A comment with this many links waits; 0: never for its links.",
    )
    words_that_hold: Words = Field(default=(), description="A comment with one of these words waits.")
    words_that_spam: Words = Field(default=(), description="A comment with one of these words goes to spam.")
    comments_per_page: int = Field(default=50, ge=1, le=200, description="Comments on one page of a thread.")
    order: Literal["oldest", "newest"] = Field(default="oldest", description="Which threads come first.")
    depth: int = Field(default=5, ge=1, le=10, description="How deep replies are nested; 1: not at all.")
    close_after_days: int = Field(
        default=0,
        ge=0,
        le=36_500,
        description="Days after publication when an article stops taking comments; 0: never.",
    )
    busy_article_per_hour: int = Field(
        default=60,
        ge=0,
        le=1_000_000,
        description="Comments an article may get in an hour before further ones wait; 0: no limit.",
    )
    form_min_seconds: int = Field(
        default=2,
        ge=0,
        le=86_400,
        description="A form sent back faster than this was hardly filled in by a person: it waits.",
    )
    form_max_hours: int = Field(default=24, ge=1, le=100_000, description="A form older than this waits.")
    held_days: int = Field(
        default=7,
        ge=1,
        le=90,
        description="Days for which the author of a waiting comment can see it through its link.",
    )

    reports_that_hold: int = Field(
        default=3,
        ge=0,
        le=1000,
        description="Readers' reports that bring a comment back to the queue, a known reader's counts two; 0: none.",
    )

    prior: Annotated[float | None, Field(gt=0, lt=1), BeforeValidator(_or_none)] = Field(
        default=None,
        description="Share of spam among the comments that arrive; empty: what is saved at the desk.",
    )
    hold_threshold: Annotated[float | None, Field(gt=0, le=1), BeforeValidator(_or_none)] = Field(
        default=None, description="From this score on a comment waits; empty: what follows from the costs."
    )
    spam_threshold: Annotated[float | None, Field(gt=0, le=1), BeforeValidator(_or_none)] = Field(
        default=None,
        description="From this score on a comment goes to spam; empty: what follows from the costs.",
    )

    learn_every: int = Field(
        default=50,
        ge=0,
        le=1_000_000,
        description="After so many new decisions the site's classifier learns again; 0: only at night.",
    )
    learn_at: Annotated[int | None, Field(ge=0, le=23), BeforeValidator(_or_none)] = Field(
        default=3,
        description="Hour of the night at which it learns if ten decisions or more are new; empty: not at night.",
    )
    spot_check_share: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Share of what the policy approves or calls spam that a person is asked to check.",
    )

    limit_posts: Limit = Field(
        default="10 per minute; 60 per hour", description="Comments one network (/24, /64) may send."
    )
    limit_sign_ins: Limit = Field(
        default="20 per 10 minutes", description="Attempts to sign in that one network may make."
    )
    limit_sign_ins_per_account: Limit = Field(
        default="5 per 10 minutes", description="Attempts to sign in to one account from one network."
    )
    limit_reports: Limit = Field(
        default="5 per minute; 30 per day",
        description="Reports that one network may send; further ones are not counted.",
    )
    session_hours: int = Field(
        default=8, ge=1, le=24, description="Hours after which a moderator signs in again."
    )

    keep_network_days: int = Field(
        default=30,
        ge=1,
        le=36_500,
        description="Days after which a comment's network fingerprint is forgotten.",
    )
    keep_unwelcome_days: int = Field(
        default=90,
        ge=1,
        le=36_500,
        description="Days after which the address of a rejected or spam comment is forgotten.",
    )
    keep_address_days: int = Field(
        default=365,
        ge=0,
        le=36_500,
        description="Days after which an approved or waiting comment's address is forgotten; 0: with the comment.",
    )
    keep_token_days: int = Field(
        default=365,
        ge=1,
        le=36_500,
        description="Days after which a known reader's token is forgotten, counted from each comment.",
    )
    keep_spam_text_days: int = Field(
        default=180,
        ge=0,
        le=36_500,
        description="Days after which spam is erased but for what was learned of it; 0: never.",
    )
    keep_sketches_days: int = Field(
        default=90,
        ge=1,
        le=36_500,
        description="Days after which a comment's sketch, by which similar ones are found, is forgotten.",
    )
    keep_reports_days: int = Field(
        default=90,
        ge=1,
        le=36_500,
        description="Days after which the words of readers' reports are forgotten.",
    )
    keep_notes_days: int = Field(
        default=365,
        ge=0,
        le=36_500,
        description="Days after which moderators' notes are forgotten; 0: with the comment.",
    )
    keep_reasons_days: int = Field(
        default=730,
        ge=1,
        le=36_500,
        description="Days after which moderators' reasons are forgotten; of rules and pauses, from their end.",
    )
    keep_sessions_days: int = Field(
        default=1, ge=1, le=3_650, description="Days after which an ended session is forgotten."
    )
    keep_sign_ins_days: int = Field(
        default=365,
        ge=1,
        le=36_500,
        description="Days after which the trail forgets who signed in when; its chain keeps their links.",
    )

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.instance.resolve() / 'gatepost.sqlite3'}"

    @property
    def digest(self) -> str:
        """A short name for what is set, secrets aside: pages made under other settings are other pages."""
        told = self.model_dump_json(exclude={"root_key", "metrics_token", "database_url", "redis_url"})
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    @property
    def is_secure(self) -> bool:
        """Whether readers come over TLS."""
        return self.site_url.startswith("https://")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *_: Any, **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Given values win over the environment, and the environment over files."""
        return sources["init_settings"], sources["env_settings"], _FileSource(settings_cls)


class _FileSource(PydanticBaseSettingsSource):
    """Reads `GATEPOST_<NAME>_FILE`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE", "")
        return (Path(path).read_text(encoding="utf-8").strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in Settings.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def load() -> Settings:
    """The settings of this process.

    Raises
    ------
    Misconfigured
        Naming each variable that is wrong and why; never its value, which may be a secret.
    """
    known = {f"{PREFIX}{name.upper()}{ending}" for name in Settings.model_fields for ending in ("", "_FILE")}
    strangers = sorted(
        name for name in os.environ if name.startswith(PREFIX) and name not in known | _NOT_OURS
    )
    if strangers:
        raise Misconfigured(
            f"There is no setting named {', '.join(strangers)}. docs/settings.md lists them all."
        )
    try:
        return Settings()
    except ValidationError as error:
        faults = [
            f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_input=False)
        ]
        raise Misconfigured("Please mend these settings. " + "; ".join(faults)) from None
    except UnicodeDecodeError:
        raise Misconfigured("A settings file is not UTF-8 text.") from None
    except OSError as error:
        raise Misconfigured(f"A settings file cannot be read: {error.strerror}: {error.filename}") from None


_NOT_OURS = {f"{PREFIX}TEST_DATABASE_URL", f"{PREFIX}TEST_REDIS_URL", f"{PREFIX}BENCH_DATA"}

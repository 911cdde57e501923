"""Settings: read once, checked once, and a wrong one stops the start by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.errors import Misconfigured
from moderation.settings import Settings, load

SECRET = "hunter2"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("GATEPOST_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HOST", "", "GATEPOST_HOST"),
        ("PORT", "eighty", "GATEPOST_PORT"),
        ("SITE_URL", "comments.example.org", "such as https"),
        ("SITE_URL", "https://example.org/comments", "without a path"),
        *(
            (name, url, f"GATEPOST_{name}: .*such as https")
            for name in ("SITE_URL", "FORM_ORIGINS")
            for url in (
                f"https://ada:{SECRET}@example.org",
                "https://example.org?from=here",
                "https://example.org/#top",
                "https://exam ple.org",
                "https://example.org:abc",
                "https://example.org:99999",
                "https://[::1",
                "https://[1:2]",
                "https://example.org／x",
                "https://*.example.org",
                "https://",
            )
        ),
        ("TIME_ZONE", "Middle/Earth", "time zone"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "forge"),
        ("TRUSTED_PROXIES", "::/0", "forge"),
        ("HOLD_THRESHOLD", "1.5", "GATEPOST_HOLD_THRESHOLD"),
        ("ORDER", "random", "GATEPOST_ORDER"),
        ("LIMIT_POSTS", "10 per minut", "such as 10 per minute"),
        ("LIMIT_SIGN_INS", "", "such as 10 per minute"),
        ("CLOSE_AFTER_DAYS", "9999999999", "GATEPOST_CLOSE_AFTER_DAYS"),
        ("KEEP_NETWORK_DAYS", "99999999", "GATEPOST_KEEP_NETWORK_DAYS"),
        ("KEEP_UNWELCOME_DAYS", "3000000", "GATEPOST_KEEP_UNWELCOME_DAYS"),
        ("TRUSTED_PROXIES", "0.0.0.0/1,128.0.0.0/1", "forge"),
        ("FORM_ORIGINS", "news.example.org", "such as https"),
        ("REDIS_URL", "junk", "redis://"),
        ("SITE_URL", "https://bücher..example", "GATEPOST_SITE_URL: .*must be an address"),
        ("FORM_ORIGINS", "https://bü_cher.example", "GATEPOST_FORM_ORIGINS: .*must be an address"),
        ("DATABASE_URL", "junk", "sqlite:///"),
        ("REDIS_URL", "redis://127.0.0.1:abc", "GATEPOST_REDIS_URL: .*is no address"),
        ("REDIS_URL", "redis://127.0.0.1:99999", "GATEPOST_REDIS_URL: .*is no address"),
        ("REDIS_URL", "redis://[::1", "GATEPOST_REDIS_URL: .*is no address"),
        ("REDIS_URL", "unix://", "GATEPOST_REDIS_URL: .*names no socket"),
        ("DATABASE_URL", "postgresql:///gatepost?user=ada@desk", "behind the “\\?” an @ is %40, too"),
        ("DATABASE_URL", "sqlite:///", "names no file"),
        ("DATABASE_URL", "sqlite:///:memory:", "names no file"),
        ("DATABASE_URL", "sqlite:///file::memory:?uri=true", "names no file"),
        ("DATABASE_URL", "postgresql://127.0.0.1:abc/x", "GATEPOST_DATABASE_URL: .*is no address"),
        ("DATABASE_URL", "postgresql://127.0.0.1:99999/x", "GATEPOST_DATABASE_URL: .*is no address"),
        ("DATABASE_URL", "postgresql://[::1/x", "GATEPOST_DATABASE_URL: .*is no address"),
        ("COMENTS_PER_PAGE", "50", "no setting named GATEPOST_COMENTS_PER_PAGE"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"GATEPOST_{name}", value)
    with pytest.raises(Misconfigured, match=says):
        load()


def test_no_number_is_so_large_that_it_breaks_only_once_readers_come(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [name for name, field in Settings.model_fields.items() if field.annotation is int]
    for name in numbers:
        monkeypatch.setenv(f"GATEPOST_{name.upper()}", "3000000000")
    with pytest.raises(Misconfigured) as raised:
        load()
    assert [name for name in numbers if f"GATEPOST_{name.upper()}:" not in str(raised.value)] == []


def test_a_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPOST_ROOT_KEY", "hunter2")
    monkeypatch.setenv("GATEPOST_PORT", "hunter2")
    with pytest.raises(Misconfigured) as raised:
        load()
    assert "hunter2" not in str(raised.value)
    monkeypatch.delenv("GATEPOST_PORT")
    assert "hunter2" not in repr(load())


@pytest.mark.parametrize("password", ["hun@ter2", "hun:t@er2", "hun@12/ter2", "hun@ter2:5432", "hunter2:@x/"])
def test_a_password_that_is_not_escaped_is_asked_for_in_a_sentence_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("GATEPOST_DATABASE_URL", f"postgresql://gatepost:{password}@db.example.org/gatepost")
    with pytest.raises(Misconfigured, match=r"GATEPOST_DATABASE_URL: .*@ as %40") as raised:
        load()
    assert "ter2" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://gatepost:{SECRET}%40@db.example.org:5432/gatepost?sslmode=require",
        "postgresql+psycopg://gatepost@[::1]:5432/gatepost",
        "postgresql:///gatepost?host=/run/postgresql",
        "sqlite:////srv/gatepost.sqlite3",
    ],
)
def test_a_database_that_is_well_named_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("GATEPOST_DATABASE_URL", url)
    assert load().database == url


@pytest.mark.parametrize(
    "url", ["redis://:hun@ter2@cache.example.org/0", "rediss://[::1]:6379", "unix:///run/redis.sock?db=1"]
)
def test_a_redis_that_is_well_named_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("GATEPOST_REDIS_URL", url)
    assert load().redis_url == url


def test_words_come_by_line_or_comma_and_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GATEPOST_WORDS_THAT_HOLD", "one, two\nthree,,one")
    words = tmp_path / "words.txt"
    words.write_text("four\nfive six\n")
    monkeypatch.setenv("GATEPOST_WORDS_THAT_SPAM_FILE", str(words))
    settings = load()
    assert settings.words_that_hold == ("one", "two", "three")
    assert settings.words_that_spam == ("four", "five six")


def test_a_settings_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPOST_ROOT_KEY_FILE", "/nowhere/root.key")
    with pytest.raises(Misconfigured, match=r"/nowhere/root\.key"):
        load()


@pytest.mark.parametrize("name", ["prior", "hold_threshold", "spam_threshold", "learn_at"])
def test_a_number_that_may_be_empty_is_as_if_it_were_not_there(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"GATEPOST_{name.upper()}", "")
    assert getattr(load(), name) is None


def test_https_is_what_makes_cookies_secure() -> None:
    assert Settings(site_url="https://comments.example.org").is_secure
    assert not Settings().is_secure


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("HTTPS://Comments.Example.org", "https://comments.example.org"),
        (" https://comments.example.org/ ", "https://comments.example.org"),
        ("https://comments.example.org:443", "https://comments.example.org"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("https://Bücher.example:8443/", "https://xn--bcher-kva.example:8443"),
        ("https://faß.example", "https://xn--fa-hia.example"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_read_as_browsers_write_it(written: str, read: str) -> None:
    settings = Settings(site_url=written, form_origins=(written,))
    assert settings.site_url == read
    assert settings.form_origins == (read,)
    assert settings.is_secure is read.startswith("https:")

"""Which websites may be printed as a link."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.addresses import has_address
from moderation.markup import safe_url
from moderation.markup.urls import bare_urls

WORDS = "http :// https:// // / . example .org : 80 ? # @ % %00 \\ [ ] ::1 javascript: data: é ' \" < 。 - _"
BITS = st.sampled_from([*WORDS.split(), *" \t\n\u200b"])


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://example.org", "https://example.org"),
        (" HTTP://Example.ORG:8080/a?b=c#d ", "HTTP://Example.ORG:8080/a?b=c#d"),
        ("example.org", "https://example.org"),
        ("example.org:8080/about", "https://example.org:8080/about"),
        ("//example.org/x", "https://example.org/x"),
        ("https://bücher.example/ä", "https://bücher.example/ä"),
        ("https://उदाहरण.भारत/", "https://उदाहरण.भारत/"),
        ("https://[2001:db8::1]/", "https://[2001:db8::1]/"),
        ("https://videos.example/@some.channel", "https://videos.example/@some.channel"),
        ("http://x.example/?'onmouseover='alert(1)'x='", "http://x.example/?'onmouseover='alert(1)'x='"),
    ],
)
def test_a_page_is_a_page(typed, url):
    assert safe_url(typed) == url


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "https://",
        "https:example.org",
        "https:///example.org",
        "/desk/",
        "//",
        "localhost",
        "https://localhost/",
        "https://.example.org",
        "https://a..b",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript:alert(1)//example.org",
        "\x01javascript:alert(1)",
        "javascript&colon;alert(1)",
        "data:text/html,x",
        "mailto:ada@example.org",
        "ftp://example.org/",
        "ada@example.org",
        "https://ada@example.org/",
        "https://ada:x@example.org/",
        "https://example.org@evil.example/",
        "https://example.org/?m=ada%40example.org",
        "https://example.org\\@evil.example",
        "https://example.org:99999/",
        "https://example.org:x/",
        "https://[::1",
        "https://[zz]/",
        "https://exa mple.org/",
        "https://example.org/a b",
        "https://example.org/\u202egro",
        "https://example.org/\u200b",
        'https://example.org/"onclick=x',
        "https://example.org/<b>",
        "https://exam`ple.org/",
        "https://exam%70le.org/",
        "https://example。org/",
        "https://example.org/\ud800",
        "https://example.org/" + "a" * 2000,
    ],
)
def test_what_is_no_page_or_says_too_much_is_refused(typed):
    assert safe_url(typed) is None


@settings(max_examples=150, deadline=None)
@given(st.lists(BITS | st.characters(), max_size=12).map("".join))
def test_whatever_is_typed_a_url_that_comes_out_is_plain(typed):
    url = safe_url(typed)
    if url is not None:
        assert urlsplit(url).scheme in {"http", "https"}
        assert urlsplit(url).hostname
        assert "@" not in urlsplit(url).netloc
        assert not set(url) & set(' \t\n\r"<>\\`')
        assert not has_address(url)
        assert len(url) <= len(typed) + 8
        assert safe_url(url) == url


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see http://a.example/b.", ["http://a.example/b"]),
        ("(http://a.example/b) http://a.example/c_(d)", ["http://a.example/b", "http://a.example/c_(d)"]),
        ("http://a.example/b)))))!", ["http://a.example/b"]),
        ("见http://a.example/b。「http://a.example/c」", ["http://a.example/b", "http://a.example/c"]),
        ("[url]HTTPS://a.example/[/url]", ["HTTPS://a.example/"]),
        ("<http://a.example/>", ["http://a.example/"]),
        ("http:// example", []),
    ],
)
def test_bare_urls_end_where_the_sentence_goes_on(text, urls):
    assert [text[start:end] for start, end in bare_urls(text)] == urls

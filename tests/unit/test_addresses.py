"""No address stays in a text that was masked, however it is spelled; honest text stays as it is."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import addresses
from moderation.addresses import (
    MASK,
    find_addresses,
    has_address,
    mask_addresses,
    normal_address,
    read_addresses,
    read_in_page,
)

SIMPLE = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
WORDS = """
    @ ＠ %40 &#64; &amp;#x40; &commat; \\u0040 ada example .org . 。 - _ " [ ] / // : = https: é пошта 1
    ' { % & &# ; <b> ( ) ⓐ %c3%a9 %EF%BC%A0
"""
BITS = st.sampled_from([*WORDS.split(), *" \n\u200b\u0301\u00ad\ud800\u3164\x00", MASK])
TEXTS = st.lists(BITS | st.characters(), max_size=24).map("".join)


@pytest.mark.parametrize(
    "spelling",
    [
        "ada@example.org",
        "ADA.L+news@mail.Example.ORG",
        "ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ",
        "ada﹫example。org",
        "ada%40example.org",
        "ada%2540example.org",
        "%61da%40ex%61mple%2Eorg",
        "ad%C3%A9%EF%BC%A0example.org",
        "ada&#64;example.org",
        "ada&#064example.org",
        "ada&#x40;example&period;org",
        "ada&amp;#64;example.org",
        "ada&commat;example.org",
        "ada\\u0040example.org",
        "a\u200bd\u00ada@exam\u2060ple.o\ufeffrg",
        "a\u0301da@example.org",
        "ada@example.org\u0301",
        "ada\u3164@example.org",
        "пошта@приклад.укр",
        "अदा@उदाहरण.भारत",
        "用户@例子.中国",
        "ⓐⓓⓐ@ⓔⓧⓐⓜⓟⓛⓔ.ⓞⓡⓖ",
        "ada@my\u2010site.example.org",
        "o'ada@example.org",
        "ada=@example.org",
        "/@example.org",
        "%00@example.org",
        "%20@example.org",
        "&#32@example.org",
        "%22ada%22%40example.org",
        "{ada}@example.org",
        '"ada lovelace"@example.org',
        "ada@[203.0.113.9]",
        "ada@[IPv6:2001:db8::1]",
        "ada@xn--mller-kva.example",
        "ada@example.org@example.com",
    ],
)
def test_every_spelling_of_an_address_is_hidden_and_the_words_around_it_stay(spelling):
    assert mask_addresses(f"Write to {spelling}, please!") == f"Write to {MASK}, please!"
    assert has_address(spelling)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no address at all",
        "@ada said so",
        "ada@localhost",
        "ada @ example.org",
        "at 3 pm @home.today",
        "two@3.50 each",
        "react@18.2.0",
        "https://videos.example/@some.channel",
        "https://videos.example/?q=@some.channel",
        'he wrote "yes" and "@some.name"',
        '"\n"@example.org',
        '"@example.org',
        '""@example.org',
        "ada@.org",
        "ada@-",
        "100%&#9999999;@",
        "&nosuchname;@example",
    ],
)
def test_what_is_no_address_stays(text):
    assert mask_addresses(text) == text
    assert find_addresses(text) == []


def test_the_sentence_keeps_its_punctuation_and_a_link_its_beginning():
    assert mask_addresses("(ada@example.org).") == f"({MASK})."
    assert mask_addresses("'ada@example.org'") == f"'{MASK}'"
    assert mask_addresses("mail%20ada%40example.org") == f"mail%20{MASK}"
    assert mask_addresses("<ada@example.org>") == f"<{MASK}>"
    assert mask_addresses("https://x.example/?m=ada@example.org&n=1") == f"https://x.example/?m={MASK}&n=1"


def test_offsets_point_into_the_text_as_typed():
    text = "é\u0301 &#97;da&#64;example.org, then ada@example.org"
    assert [text[start:end] for start, end in find_addresses(text)] == [
        "&#97;da&#64;example.org",
        "ada@example.org",
    ]


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_masking_twice_is_masking_once_and_leaves_no_address(text):
    once = mask_addresses(text)
    assert mask_addresses(once) == once
    assert not has_address(once)
    assert not SIMPLE.search(once)


@settings(max_examples=80, deadline=None)
@given(TEXTS)
def test_spans_ascend_apart_inside_the_text(text):
    edges = [edge for span in find_addresses(text) for edge in span]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(text) for edge in edges)
    assert all(start < end for start, end in find_addresses(text))


@settings(max_examples=80, deadline=None)
@given(
    st.emails(),
    st.sampled_from([" ", "", "(", "\n", "é ", "mailto:", "<"]),
    st.sampled_from([" ", ".", ")", ", x"]),
)
def test_any_address_a_mail_server_may_have_is_hidden(address, before, after):
    for spelling in (address, quote(address, safe=""), address.replace("@", "&#64;"), address.upper()):
        hidden = mask_addresses(before + spelling + after)
        assert spelling not in hidden
        assert not has_address(hidden)


@pytest.mark.parametrize(
    "unit", ["@", "a@", '"@', "a@b.de ", "&#64", "%25", "&amp;", "@a.", "\u0301", "a.", '" "@']
)
def test_the_work_grows_with_the_length_and_no_faster(unit, monkeypatch):
    """Counted, not timed: each look to the left or right moves over characters that no other one crosses."""
    looked_at = 0
    inner = addresses._back

    def counted(shadow, at, allowed):
        nonlocal looked_at
        start = inner(shadow, at, allowed)
        looked_at += at - start + 1
        return start

    monkeypatch.setattr(addresses, "_back", counted)
    text = unit * 8_000
    find_addresses(text)
    assert looked_at <= 4 * len(text)


@pytest.mark.parametrize(
    "spelling",
    [
        "Ada@Example.org",
        " ada@example.ORG ",
        "ａｄａ＠example.org",
        "a\u200bda@example.org",
        "ada@exa\u00admple.org",
    ],
)
def test_one_address_has_one_normal_form(spelling):
    assert normal_address(spelling) == "ada@example.org"


def test_an_international_domain_is_the_same_in_letters_and_in_ascii():
    assert normal_address("ada@Bücher.example") == normal_address("ADA@xn--bcher-kva.example")
    assert normal_address("ada@bücher.example") != normal_address("ada@bucher.example")


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=40) | st.emails() | TEXTS)
def test_the_normal_form_of_any_text_is_its_own_normal_form(text):
    assert normal_address(normal_address(text)) == normal_address(text)


PAGE_PIECES = [
    "@",
    "＠",
    "%40",
    "&#64;",
    "&commat;",
    "ada",
    "example",
    ".org",
    ".",
    " ",
    "\n",
    "<p>",
    "&#39;",
    "ж",
    '"',
]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PAGE_PIECES), max_size=60))
def test_what_is_near_a_sign_is_all_that_has_to_be_read(pieces: list[str]) -> None:
    page = "".join(pieces)
    assert sorted(set(read_in_page(page))) == sorted(set(read_addresses(page)))

"""What a reader types becomes a small, safe, balanced HTML; an address in it becomes a mask."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

import html5lib
import nh3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation.addresses import MASK, has_address
from moderation.markup import plain, render, render_inert

ALLOWED = {
    "a",
    "b",
    "strong",
    "i",
    "em",
    "blockquote",
    "q",
    "code",
    "pre",
    "s",
    "del",
    "p",
    "br",
    "ul",
    "ol",
    "li",
}
CONSTANT = 30_000

WORDS = """
    <b> </b> <i> </i> <em class="x"> </em> <strong> </strong> <q> </q> <code> </code> <s> </s> <del> </del>
    <pre> </pre>
    <p> </p> <br> <br/> <ul> </ul> <ol> </ol> <li> </li> <blockquote> </blockquote> </a> <a> < > & " ' = / <!-- -->
    <script> </script> <svg/onload=x> <style> <math> <table> <td> <textarea> <plaintext> <![CDATA[ ]]> <B ONCLICK=x>
    ada @ example .org ada@example.org &#64; &lt; &gt; &amp; &nbsp; &#0; &#x110000; &#99999999999;
    https://example.org/ http://x.example/?a=1&b='x' javascript:alert(1) (https://example.org). www.example.org
"""
LINKS = [
    '<a href="https://example.org/">',
    "<a href='//example.org/?q=ada@example.org' title='ada@example.org'>",
    '<a title="x" onclick="y" href=javascript:alert(1)>',
    '<a href="https://x.example/&quot;onmouseover=alert(1)">',
    "<a href=https://x.example/'onmouseover='alert(1)>",
    '<a href="java\nscript:alert(1)">',
    '<a href="/desk/">',
]
BITS = st.sampled_from(
    [*WORDS.split(), *LINKS, *" \n\t\r\x00\x0b\ud800\u200b\u2028\u00a0\ufffe", "\n\n", "  \n \n"]
)
TYPED = st.lists(BITS | st.characters(), max_size=40).map("".join)


def parsed(html: str) -> Element:
    return html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)


def words_of(html: str) -> str:
    return "".join(parsed(html).itertext())


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", ""),
        (" \n\n ", ""),
        ("Hello", "<p>Hello</p>"),
        ("one\ntwo\r\nthree\rfour\u2028five", "<p>one<br>\ntwo<br>\nthree<br>\nfour<br>\nfive</p>"),
        ("one\n \n\ntwo", "<p>one</p>\n<p>two</p>"),
        (
            "one<p>two</p>three<br><br>four<BR />\nfive",
            "<p>one</p>\n<p>two</p>\n<p>three</p>\n<p>four<br>\nfive</p>",
        ),
        ("<B class=x>loud</B> <i>soft</i>", "<p><b>loud</b> <i>soft</i></p>"),
        ("<em>one\n\ntwo</em> three", "<p><em>one</em></p>\n<p><em>two</em> three</p>"),
        ("<b><i>x</b>y</i>z", "<p><b><i>x</i></b><i>y</i>z</p>"),
        ("<b><b>x</b>y", "<p><b><b>x</b>y</b></p>"),
        ("</b>x<b></b><i>", "<p>x</p>"),
        ("if a<b and c>d: 1 < 2 & 3", "<p>if a&lt;b and c&gt;d: 1 &lt; 2 &amp; 3</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("&lt;b&gt; &amp;amp; &copy; &#8364;", "<p>&lt;b&gt; &amp;amp; © €</p>"),
        ("&#0;&#99999999999; &nosuch; &copy", "<p>\ufffd&amp;#99999999999; &amp;nosuch; &amp;copy</p>"),
        ("a\x00b\x1bc\ud800d\ufffee", "<p>abcde</p>"),
        ("{{ 7*7 }} {% raw %} [code]", "<p>{{ 7*7 }} {% raw %} [code]</p>"),
        (
            "<blockquote>said\n\nso</blockquote>yes",
            "<blockquote>\n<p>said</p>\n<p>so</p>\n</blockquote>\n<p>yes</p>",
        ),
        ("<ul>\n<li>one</li>\n<li>two\nmore", "<ul>\n<li>one\n</li>\n<li>two<br>\nmore\n</li>\n</ul>"),
        ("<ol>one<li>two</ol>", "<ol>\n<li>one\n</li>\n<li>two\n</li>\n</ol>"),
        ("<ul><ul>x</ul>y</ul>z", "<ul>\n<li><ul>\n<li>x\n</li>\n</ul>\ny\n</li>\n</ul>\n<p>z</p>"),
        (
            "<ul><li>x<blockquote>y</li></ul>",
            "<ul>\n<li>x\n<blockquote>\n<p>y</p>\n</blockquote>\n</li>\n</ul>",
        ),
        ("<li>x</li></ul></blockquote>y", "<p>x</p>\n<p>y</p>"),
        (
            "<pre>\n a < b\n\n  <b>c</b></pre>d",
            "<pre> a &lt; b\n\n  <b>c</b></pre>\n<p>d</p>",
        ),
        ("<pre>a<br>b<ul>c</ul><p>d</pre>", "<pre>a\nb\nc\nd</pre>"),
        ("<pre></pre>x", "<pre></pre>\n<p>x</p>"),
        ("<b>one<pre>two</pre></b>three", "<p><b>one</b></p>\n<pre><b>two</b></pre>\n<p>three</p>"),
    ],
)
def test_what_ada_types_is_shown_as_she_means_it(typed, shown):
    assert render(typed) == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (
            '<a href="https://example.org/?a=1&amp;b=2" title="More" target=_top>here</a>',
            '<p><a href="https://example.org/?a=1&amp;b=2" title="More" rel="nofollow ugc noopener">here</a></p>',
        ),
        (
            "<a href=//example.org/?a=1>x</a>",
            '<p><a href="https://example.org/?a=1" rel="nofollow ugc noopener">x</a></p>',
        ),
        (
            "See https://example.org/a_(b)?c=1&d=2).",
            '<p>See <a href="https://example.org/a_(b)?c=1&amp;d=2" rel="nofollow ugc noopener">'
            "https://example.org/a_(b)?c=1&amp;d=2</a>).</p>",
        ),
        ("<a href=javascript:alert(1)>x</a><a href='/desk/'>y</a><a title=x>z</a>", "<p>xyz</p>"),
        ("<a href='https://x.example/'></a>hidden", "<p>hidden</p>"),
        (
            "http://localhost https://a:b@x.example/ https://",
            f"<p>http://localhost https://a:{MASK}/ https://</p>",
        ),
        ("<code>https://example.org</code>", "<p><code>https://example.org</code></p>"),
        (
            "https://x.example/?m=",
            '<p><a href="https://x.example/?m=" rel="nofollow ugc noopener">https://x.example/?m=</a></p>',
        ),
    ],
)
def test_links_go_to_pages_elsewhere_and_vouch_for_none(typed, shown):
    assert render(typed) == shown


def test_a_link_holds_no_link_and_ends_with_its_paragraph():
    typed = "<a href=https://a.example/>one <a href=https://b.example/>two https://c.example/\n\nthree</a>"
    assert re.sub(' rel="[^"]*"', "", render(typed)) == (
        '<p><a href="https://a.example/">one </a><a href="https://b.example/">two https://c.example/</a></p>\n<p>three</p>'
    )


def test_the_desk_sees_where_a_link_goes_and_cannot_click_it():
    typed = "<b><a href='https://x.example/?a&b' title=t>click</a></b> https://y.example/ <a href=https://z.example/>https://z.example/</a>"
    assert (
        render_inert(typed)
        == "<p><b>click (https://x.example/?a&amp;b)</b> https://y.example/ https://z.example/</p>"
    )


@pytest.mark.parametrize(
    "typed",
    [
        "ada@example.org",
        "<b>ada</b>@<i>example</i>.org",
        "ada@exam<b></b>ple.org",
        "ada&#64;example.org",
        "ada&amp;commat;example.org",
        "ada\x00@exam\ud800ple.org",
        "ada&#8203;@example.org",
        "<code>ada@example.org</code>",
        "<a href=https://x.example/>ada</a>@example.org",
        "<pre>ada@example.org</pre>",
    ],
)
@pytest.mark.parametrize("made", [render, render_inert, plain])
def test_an_address_in_any_dress_is_masked(typed, made):
    shown = made(f"Write to {typed} now")
    assert MASK in shown
    assert not has_address(words_of(shown))
    assert "example.org" not in shown
    assert "now" in shown


@pytest.mark.parametrize("made", [render, render_inert])
def test_an_address_in_a_link_or_its_title_is_masked(made):
    shown = made(
        '<a href="https://x.example/?m=ada%40example.org">a</a>'
        ' <a href=https://y.example/ title="ada@example.org">b</a>'
    )
    assert "example.org" not in shown
    assert "x.example" not in shown
    assert "y.example" in shown
    assert made("<a href='mailto:ada@example.org'>m</a>") == "<p>m</p>"


@pytest.mark.parametrize("made", [render, render_inert])
@settings(max_examples=60, deadline=None)
@given(typed=TYPED)
@example(typed="<a href='https://x.example/?'onmouseover='alert(1)'x='>y</a>")
def test_whatever_is_typed_only_the_small_html_comes_out_and_no_address(made, typed):
    shown = made(typed)
    tree = parsed(shown)
    assert not has_address("".join(tree.itertext()))
    for element in tree.iter():
        assert element.tag in ALLOWED | {"DOCUMENT_FRAGMENT"}
        assert not any(has_address(value) for value in element.attrib.values())
        if element.tag == "a":
            assert made is render
            assert set(element.attrib) <= {"href", "title", "rel"}
            assert re.match(r"https?://", element.attrib["href"])
            assert element.attrib["rel"] == "nofollow ugc noopener"
        else:
            assert not element.attrib


@pytest.mark.parametrize("made", [render, render_inert])
@settings(max_examples=100, deadline=None)
@given(typed=TYPED)
@example(typed="<pre>\n\n")
@example(typed="<pre>\n\n one\n\n<b>\ntwo")
def test_the_html_is_balanced_so_a_parser_finds_nothing_to_repair(made, typed):
    shown = made(typed)
    again = nh3.clean(shown, tags=ALLOWED, link_rel=None, attributes={"a": {"href", "title", "rel"}})
    assert again == shown.replace("\u00a0", "&nbsp;")
    opened = re.findall(r"<([a-z]+)[ >]", shown)
    assert sorted(opened) == sorted(re.findall(r"</([a-z]+)>", shown) + ["br"] * opened.count("br"))


@settings(max_examples=80, deadline=None)
@given(TYPED)
def test_no_word_gets_lost_and_none_is_added(typed):
    assert "".join(words_of(render(typed)).split()) == "".join(plain(typed).split())


@settings(max_examples=80, deadline=None)
@given(TYPED, st.integers(min_value=0, max_value=30))
def test_an_excerpt_is_one_line_within_its_limit(typed, limit):
    words, cut = plain(typed), plain(typed, limit)
    assert "\n" not in words
    assert words == " ".join(words.split())
    assert len(cut) <= limit or cut == words
    assert cut == words or words.startswith(cut.removesuffix("…"))


def test_an_excerpt_ends_between_words_where_it_can():
    assert plain("<b>Well</b> said,<br>Ada & Max &lt;3") == "Well said, Ada & Max <3"
    assert plain("one two three", limit=8) == "one two…"
    assert plain("one two three", limit=9) == "one two…"
    assert plain("abcdefghij", limit=4) == "abc…"
    assert plain("one two", limit=7) == "one two"


ATTACKS = [
    *[
        "&",
        "<",
        ">",
        "\u00a0",
        "[",
        "@",
        "a@b.de ",
        "a\n",
        "a\n\n",
        "&\n",
        "\n",
        " ",
        '"',
        "&#64",
        "&#0;",
        "\ud800",
    ],
    *[
        "<b>",
        "<b>x\n\n",
        "<br>",
        "<br>x",
        "<p>x",
        "<li>",
        "<ul>",
        "<ul>x",
        "<ul><li>",
        "<blockquote>",
        "<blockquote>x",
    ],
    *[
        "<pre>",
        "</b>",
        "<b",
        "<b ",
        "<b a=",
        "<a ",
        "<a href=",
        "<a href=http://a.bc>x",
        "http://a.bc ",
        "http://",
        "www.",
    ],
    *[
        "<a href='http://a.bc/" + "&" * 1900 + "'>x\n\n",
        "http://a.bc/" + ")" * 500,
        "<i><b>x</i>",
        "<b><blockquote>x",
    ],
    "<p>" + "".join(f"<b a{n}=1>" for n in range(400)) + "<p>" * 4000,
]


@pytest.mark.parametrize("made", [render, render_inert])
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: repr(attack)[:12])
def test_mallory_cannot_blow_a_comment_up(made, attack):
    typed = (attack * 65_525)[:65_525]
    shown = made(typed)
    assert len(shown) <= 5 * len(typed) + CONSTANT
    assert len(re.findall(r"<(?!p>|/|br>)", shown)) <= 3_300

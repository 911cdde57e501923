"""An article's body keeps what an article needs, and nothing that runs."""

from __future__ import annotations

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.markup import article_body

TAGS = """
    <p> </p> <h1> <h2/id=x> </h2> <b/title=1> </b> <em/x=2> <img/src=/static/a.png> <img> <script> </script> <style>
    </style> <svg> <math> <table> <tr> <td/colspan=2> <iframe/src=x> <a/href=/a> </a> <a/href=//x>
    <img/src=//x.example/a.png/onerror=x> <form> <input> <object> <base> <link> <!-- --> text & < >
"""
BITS = st.sampled_from(
    [*TAGS.replace("/", " ").split("\n"), *TAGS.split(), '<a href="javascript:alert(1)">', "\ud800"]
)


@pytest.mark.parametrize(
    ("given_html", "kept"),
    [
        ("<h2 id=a class=b onclick=c>Rain</h2>", "<h2>Rain</h2>"),
        ("<p style='color:red'>a <b title=x>b</b></p>", "<p>a <b>b</b></p>"),
        ("<script>x</script><style>y</style><p>z", "<p>z</p>"),
        (
            '<figure><img src="/static/rain.png" alt="Rain" width=640 height=9><figcaption>x</figcaption></figure>',
            '<figure><img src="/static/rain.png" alt="Rain" width="640" height="9">'
            "<figcaption>x</figcaption></figure>",
        ),
        ('<img src="https://x.example/a.png" alt="x">', ""),
        ('<img src="/static/../desk/a.png"><img src="/static/a.png?x"><img src="//static/a.png">', ""),
        ('<p lang="uk" dir="rtl">x</p><p lang="x y" dir="up">y</p>', '<p lang="uk" dir="rtl">x</p><p>y</p>'),
        ('<a href="/articles/rain">x</a>', '<a href="/articles/rain" rel="noopener">x</a>'),
        ('<a href="#notes">x</a>', '<a href="#notes" rel="noopener">x</a>'),
        ('<a href="https://example.org/">x</a>', '<a href="https://example.org/" rel="noopener">x</a>'),
        ('<a href="//example.org/">x</a>', '<a href="https://example.org/" rel="noopener">x</a>'),
        (
            '<a href="/\\example.org/">x</a><a href="javascript:1">y</a>',
            '<a rel="noopener">x</a><a rel="noopener">y</a>',
        ),
        ('<td colspan="2">x', "x"),
        (
            '<table><tbody><tr><td colspan="2">x</td><td colspan="z">y</td></tr></tbody></table>',
            '<table><tbody><tr><td colspan="2">x</td><td>y</td></tr></tbody></table>',
        ),
        ("Write to desk@example.org", "Write to desk@example.org"),
        ("a\ud800b", "ab"),
    ],
)
def test_an_article_keeps_what_it_needs(given_html, kept):
    assert article_body(given_html) == kept


@settings(max_examples=80, deadline=None)
@given(st.lists(BITS | st.characters(), max_size=30).map("".join))
def test_nothing_that_runs_or_is_loaded_from_elsewhere_survives(typed):
    tree = html5lib.parseFragment(article_body(typed), treebuilder="etree", namespaceHTMLElements=False)
    for element in tree.iter():
        assert element.tag not in {
            "script",
            "style",
            "svg",
            "math",
            "iframe",
            "form",
            "input",
            "object",
            "base",
            "h1",
        }
        assert not {"style", "class", "id"} & set(element.attrib)
        assert not any(name.startswith("on") for name in element.attrib)
        assert element.attrib.get("src", "/static/").startswith("/static/")
        assert element.attrib.get("href", "/").startswith(("/", "#", "http://", "https://"))
        assert not element.attrib.get("href", "/").startswith("//")


def test_a_body_full_of_formatting_stays_in_proportion():
    html = "<p>" + "".join(f"<b a{n}>" for n in range(400)) + "<p>" * 4000
    assert len(article_body(html)) < 20 * len(html)

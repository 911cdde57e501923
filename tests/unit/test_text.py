"""What mallory hides is found again, and what ada writes in her own script is left alone."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text import (
    Link,
    canonical,
    canonical_with_origins,
    is_suffix,
    language_of,
    links,
    script_of,
    words,
)

DISGUISES = {
    "ca\u200bsi\u2060no": ("casino", "invisible characters"),
    "c\u0430sin\u043e": ("casino", "look-alike letters"),
    "з\u0061р\u0061бот\u006fк": ("заработок", "look-alike letters"),
    "\u0420\u0430yp\u0430l": ("Paypal", "look-alike letters"),
    "𝐜𝐚𝐬𝐢𝐧𝐨": ("casino", "stylised letters"),
    "ｃａｓｉｎｏ": ("casino", "stylised letters"),
    "ⓒⓐⓢⓘⓝⓞ": ("casino", "stylised letters"),
    "ᴄᴀꜱɪɴᴏ": ("casino", "stylised letters"),
    "🅲🅰🆂🅸🅽🅾": ("casino", "stylised letters"),
    "c̶a̶s̶i̶n̶o̶": ("casino", "stacked marks"),
    "c̷̛̗a̸̧̛s̵̢̛i̴̡n̷̨o": ("casino", "stacked marks"),
    "c a s i n o": ("casino", "spaced letters"),
    "c.a.s.i.n.o": ("casino", "spaced letters"),
    "c-a-s-i-n-o": ("casino", "spaced letters"),
    "v1agr4": ("viagra", "numbers as letters"),
    "c4s1n0": ("casino", "numbers as letters"),
    "th1s s1t3 h4s fr33 c01ns": ("this site has free coins", "numbers as letters"),
    "&#99;&#97;sino": ("casino", "letters as codes"),
    "cas<!-- x -->ino": ("casino", "hidden markup"),
    "cas<b></b>ino": ("casino", "hidden markup"),
    "\u202eonisac\u202c": ("casino", "reversed text"),
    "lucky dot com": ("lucky.com", "spelled-out links"),
    "lucky-wins. com/?ref=1": ("lucky-wins.com/?ref=1", "spelled-out links"),
    "bit dot ly/3xYz": ("bit.ly/3xYz", "spelled-out links"),
    "goo. gl/3nf": ("goo.gl/3nf", "spelled-out links"),
    "t. me/lucky": ("t.me/lucky", "spelled-out links"),
    "lucky. eu/#1": ("lucky.eu/#1", "spelled-out links"),
    "lucky[.]com": ("lucky.com", "spelled-out links"),
    "hxxps://lucky.example": ("https://lucky.example", "spelled-out links"),
}

HONEST = [
    "That is fine. it/she is all the same to me.",
    "Use the input. in/out matters here.",
    "He said so. de/fr versions exist.",
    "I never liked the new bus stop, and that's that.",
    "Дякую за статтю! Чекаємо на продовження.",
    "Наш IT-шник сказал, что PDFка не открывается",
    "می‌خواهم بدانم چرا این خیابان بسته است؟",
    "\u200fשלום לכולם\u200f!",
    "क्‍या यह सच है? हाँ, बिल्कुल।",
    "👩\u200d👩\u200d👧 ❤\ufe0f 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f 1\ufe0f\u20e3",
    "🇺🇦🇵🇱🇩🇪 greetings from all of us",
    "日本のＡＢＣ放送を見ました。",
    "Tiếng Việt có nhiều dấu, ví dụ: ngữ, phở, được.",
    "cafe\u0301 and re\u0301sume\u0301",
    "за́мок или замо́к?",
    "Η αγορά είναι κλειστή σήμερα",
    "The U.S.S.R. and the U.S.A. signed it.",
    "h264, mp3, k8s, utf8, python3, log4j, i18n and 3d",
    "commit a1b2c3d4 and 0x3f4a, then 5d0e again",
    "the dot com bubble",
    "x = 5; y = x - 3 / 4",
    "\ufeffThe file began with a mark",
    "Tom &amp; Jerry &lt;3",
    "10 µm, 5 kΩ and ΔT",
]


@pytest.mark.parametrize("typed", DISGUISES)
def test_mallory_cannot_hide_a_word(typed):
    plain, kind = DISGUISES[typed]
    found = canonical(f"Win at {typed}, now!")
    assert found.text == f"Win at {plain}, now!"
    assert found.disguises == (kind,)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("Call ①②③④⑤⑥, or ①", "Call 123456, or 1"),
        ("кᴀзинᴏ", "казино"),
        ("❶❷❸❹ or ❶", "1234 or 1"),
        ("ᴨᴘᴏᴦ ᴫᴏ", "прог ло"),
        ("кино ᴄᴀꜱɪɴᴏ win", "кино casino win"),
        ("v1agra 100mg 20min", "viagra 100mg 20min"),
        ("ᴨᴘивᴇᴛ", "привет"),
        (
            "ca\U0001f600si\U0001f600no and c\U0001f600a\U0001f600s\U0001f600i\U0001f600n\U0001f600o",
            "casino and casino",
        ),
        ("привет кaк дела abc aбвгzю", "привет как дела abc aбвгzю"),
        ("сделай\\nпривет", "сделай\\nпривет"),
        ("обычный т3кст3ик и в3д", "обычный тзкстзик и в3д"),
        ("a c a s i n o", "a casino"),
        ("a C A S I N O", "a CASINO"),
        ("VIAAAAGRA", "VIAGRA"),
        ("fr.ee vi.ag.ra ca.si.no bo.nus wi.nn.er", "free viagra casino bonus winner"),
        ("ooooh sooooo niiiiice veeeery coooool plaaaace daaaay", "oh so nice very col place day"),
        ("Fröé vïàgrâ ñów ìs hêré fòr yóu tödäy", "Froe viagra now is here for you today"),
    ],
)
def test_whole_sentences_in_disguise_are_read(typed, plain):
    assert canonical(typed).text == plain
    assert canonical_with_origins(typed)[0].text == plain


def test_a_text_that_does_not_come_to_rest_costs_so_many_passes_and_no_more(monkeypatch):
    monkeypatch.setattr("moderation.text.canon._PASSES_WITH_ENTITIES", 1)
    monkeypatch.setattr("moderation.text.canon._PASSES", 0)
    restless = "&amp;amp;amp;lt; \u202eonisac\u202c"
    assert canonical(restless) == canonical_with_origins(restless)[0]


def test_a_host_that_is_no_name_is_told_as_it_stands():
    assert [link.host for link in links(f"http://{'ü' * 70}.example and http://10.1.2.3/x")] == [
        f"{'ü' * 70}.example",
        "10.1.2.3",
    ]
    assert (is_suffix("github.io"), is_suffix("ada.github.io")) == (True, False)


@pytest.mark.parametrize("typed", HONEST)
def test_ada_is_not_suspected_for_her_script_or_her_emoji(typed):
    assert canonical(typed).disguises == ()


@pytest.mark.parametrize("typed", [text for text in HONEST if text.isascii() and "&" not in text])
def test_plain_text_stays_as_it_is(typed):
    assert canonical(typed).text == typed


NASTY = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("aAоeа013@$ .-_&#;x<>b/!\u200b\u200d\u202e\u202c\u0301\u0336\ud800ｃ𝐜ᴄ🅰🇦dotcmp"),
    ),
    max_size=60,
)


@given(NASTY)
def test_canonical_text_is_at_rest(text):
    once = canonical(text).text
    assert canonical(once).text == once


@pytest.mark.parametrize(
    "text",
    [
        "&amp;" * 50 + "lt;",
        "&&#97;mp;" * 20,
        "&#38;#38;#97;",
        "&a\u200bmp;#99;",
        "＆＃９９；a",
        "h h h h h hxxp:// h",
    ],
)
def test_codes_within_codes_come_to_rest(text):
    once = canonical(text).text
    assert canonical(once).text == once


@given(NASTY)
def test_every_character_knows_where_it_came_from(text):
    plain, origins = canonical_with_origins(text)
    assert plain == canonical(text)
    assert len(origins) == len(plain.text) + 1
    assert all(0 <= origin <= len(text) for origin in origins)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 65536,
        "\u0301" * 1_000_000,
        "a\u0301\u0336" * 20000,
        "&amp;" * 13000,
        "x. " * 20000,
        "аa" * 30000,
    ],
)
def test_long_hostile_texts_are_read_to_the_end(text):
    assert isinstance(canonical(text).text, str)
    assert isinstance(links(text), tuple)


def test_no_link_escapes():
    text = (
        "See https://Blog.example.co.uk/a?b=1, www.example.it and example.com; <a href='http://a.example.org/x'>here</a>,"
        " [url=http://b.example.net]there[/url], [words](https://c.example.de) or t.me/mallory."
    )
    assert [link.domain for link in links(text)] == [
        "example.co.uk",
        "example.it",
        "example.com",
        "example.org",
        "example.net",
        "example.de",
        "t.me",
    ]


def test_an_anchor_that_repeats_its_address_is_one_link():
    assert links('<a href="http://example.org">example.org</a>') == (Link("example.org", "example.org"),)


def test_a_host_in_another_script_is_named_in_ascii():
    assert links("https://пример.рф/")[0].host == "xn--e1afmkfd.xn--p1ai"


@pytest.mark.parametrize(
    "text",
    ["ada@example.org", "main.py and readme.md", "ASP.NET", "end.The next", "e.g. this, i.e. that", "3.14"],
)
def test_what_is_no_link_is_not_counted(text):
    assert links(text) == ()


@given(NASTY)
def test_links_raises_on_nothing(text):
    assert all(re.search(r"\S", link.host) for link in links(text))


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("hello", "Latin"),
        ("привет", "Cyrillic"),
        ("שלום", "Hebrew"),
        ("こんにちは世界", "Kana"),
        ("你好", "Han"),
        ("42 !", ""),
    ],
)
def test_the_script_is_named(text, script):
    assert script_of(text) == script


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("This is the first time that I have seen it", "en"),
        ("Das ist nicht der Weg, den wir gehen", "de"),
        ("Це їхня справа і більше нічия", "uk"),
        ("Это не их дело, и точка", "ru"),
        ("यह सच है", "hi"),
        ("ok", ""),
        ("", ""),
    ],
)
def test_the_language_is_guessed_or_left_open(text, language):
    assert language_of(text) == language


def test_arabic_letters_are_told_from_persian_ones():
    assert (language_of("این یک جمله فارسی است"), language_of("هذه جملة عربية")) == ("fa", "ar")


def test_words_keep_their_marks():
    assert words("ЁЛКА हिन्दी 日本") == ("ёлка", "हिन्दी", "日", "本")

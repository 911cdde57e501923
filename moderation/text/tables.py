"""Letters that look like other letters, and words that are often hidden. Our own lists, kept short on purpose."""

from __future__ import annotations

import re
import string


def listed(words: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(words.split())


_CYRILLIC_AS_LATIN = dict(
    zip("АВСЕНІЈКМОРЅТХУҮԚԜЬаеорсухіјѕһԁԛԝӏᴦгпьк", "ABCEHIJKMOPSTXYYQWbaeopcyxijshdqwlrrnbk", strict=True)
)
_GREEK_AS_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαεικνορτυχγηω", "ABEZHIKMNOPTYXaeikvoptuxynw", strict=True))
_LATIN_AS_CYRILLIC = dict(
    zip("ABCEHIKMOPTXYaceopxyikbmnruthgd", "АВСЕНІКМОРТХУасеорхуікьмпгитһгд", strict=True)
)
_LATIN_AS_CYRILLIC.update(
    {"i": "і", "n": "п", "r": "г", "u": "и", "t": "т", "h": "н", "g": "д", "b": "ь", "m": "м"}
)
_LATIN_AS_GREEK = dict(zip("ABEZHIKMNOPTYXaikvoptux", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχ", strict=True))

_GREEK_AS_CYRILLIC = dict(
    zip("ΑΒΓΕΗΚΛΜΟΠΡΤΥΦΧαβγεικλοπρστυφχϲω", "АВГЕНКЛМОПРТУФХавуеіклопротифхсш", strict=True)
)
_CYRILLIC_AS_GREEK = dict(zip("АВЕНІКМОРТХаеікорух", "ΑΒΕΗΙΚΜΟΡΤΧαεικορυχ", strict=True))

TO_LATIN = str.maketrans(_CYRILLIC_AS_LATIN | _GREEK_AS_LATIN)
TO_CYRILLIC = str.maketrans(_LATIN_AS_CYRILLIC | _GREEK_AS_CYRILLIC)
TO_GREEK = str.maketrans(_LATIN_AS_GREEK | _CYRILLIC_AS_GREEK)

_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰғɢʜɪᴊᴋʟᴍɴᴏᴘꞯǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdeffghijklmnopqqrstuvwyz", strict=True))
SMALL_CAPITAL_LETTERS = "".join(_SMALL_CAPITALS)
SMALL_CAPITALS = str.maketrans(_SMALL_CAPITALS)
ONLY_LATIN = frozenset("ᴅꜰɢɪᴊʟɴꞯǫʀꜱᴜᴠᴡᴢ")
_CYRILLIC_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴇᴋᴍʜᴏᴘᴛʏᴨᴩᴧᴦᴙᴎᴫᴣʍɯɸⲃ", "авсекмнортупрлгяилзмшфв", strict=True))
CYRILLIC_SMALL_CAPITAL_LETTERS = "".join(_CYRILLIC_SMALL_CAPITALS)
CYRILLIC_SMALL_CAPITALS = str.maketrans(_CYRILLIC_SMALL_CAPITALS)
ONLY_CYRILLIC = frozenset("ᴨᴩᴧᴦᴙᴎᴫᴣ")

_BOXES = {
    chr(first + i): string.ascii_lowercase[i] for first in (0x1F150, 0x1F170, 0x1F1E6) for i in range(26)
}
BOXED = str.maketrans(_BOXES)

_DIGITS = {
    chr(first + i): str(1 + i) for first in (0x2776, 0x2780, 0x278A, 0x24F5) for i in range(9)
} | dict.fromkeys("⓿🄋🄌", "0")
DIGIT_SIGNS = "".join(_DIGITS)
DIGITS = str.maketrans(_DIGITS)

LEET = str.maketrans("0134578@$!|", "oieastbasil")
LEET_WITH_L = str.maketrans("0134578@$!|", "oleastbasll")
DIGIT_AS_CYRILLIC = str.maketrans("036", "озб")

HIDDEN_WORDS = listed(
    "account bank bet betting bitcoin bonus bonuses buy cash casino casinos cheap cialis click coin coins"
    " credit crypto customer dating deal deposit discount dollar dollars download earn escort forex free"
    " gambling girl girls hack income invest investing investment investor jackpot job jobs levitra loan"
    " loans lottery money mortgage naked nude offer online order paypal pharmacy pills poker porn price"
    " prize profit profits rich replica sale sell sex sexy signals site slot slots subscribe telegram trader"
    " trading update verify viagra video videos wallet watch webcam website whatsapp win winner winners judi"
    " gacor maxwin togel zeus depo situs toto"
    " kredit geld gratis dinero casa gagner argent"
)

STRETCHED_WORDS = {re.sub(r"(.)\1+", r"\1", word): word for word in sorted(HIDDEN_WORDS, reverse=True)}
"""The same by what is left of them with every repeated letter written once."""

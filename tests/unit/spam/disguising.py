"""The ways mallory hides, as functions from a plain text to a disguised one. Deterministic."""

import re


def _each_word(change, shortest=4):
    return lambda text: re.sub(
        rf"(?<![\w/.@:])[A-Za-z]{{{shortest},}}(?![\w/.@:])", lambda m: change(m[0]), text
    )


def _mapped(pairs):
    table = str.maketrans(pairs)
    return _each_word(lambda word: word.translate(table))


def _shifted(upper, lower):
    pairs = {chr(65 + i): chr(upper + i) for i in range(26)} | {
        chr(97 + i): chr(lower + i) for i in range(26)
    }
    return _mapped(pairs)


def _between(mark):
    return _each_word(mark.join)


DISGUISES = {
    "zero-width spaces": _between("\u200b"),
    "word joiners": _between("\u2060"),
    "soft hyphens": _between("\u00ad"),
    "Cyrillic look-alikes": _mapped({"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "x": "х"}),
    "Greek look-alikes": _mapped({"o": "ο", "v": "ν", "A": "Α", "E": "Ε", "i": "ι"}),
    "full-width letters": _shifted(0xFF21, 0xFF41),
    "bold letters": _shifted(0x1D400, 0x1D41A),
    "sans-serif letters": _shifted(0x1D5A0, 0x1D5BA),
    "circled letters": _shifted(0x24B6, 0x24D0),
    "small capitals": _mapped(dict(zip("abcdeghiklmnoprtu", "ᴀʙᴄᴅᴇɢʜɪᴋʟᴍɴᴏᴘʀᴛᴜ", strict=True))),
    "strike-through": _between("\u0336"),
    "stacked marks": _each_word(lambda word: "".join(letter + "\u0300\u0327" for letter in word)),
    "spaced letters": _between(" "),
    "dotted letters": _between("."),
    "dashed letters": _between("-"),
    "numbers as letters": _mapped({"a": "4", "e": "3", "i": "1", "o": "0"}),
    "letters as codes": _each_word(lambda word: "".join(f"&#{ord(letter)};" for letter in word)),
    "empty tags": _each_word(lambda word: f"{word[:2]}<b></b>{word[2:]}"),
    "comments in words": _each_word(lambda word: f"{word[:2]}<!-- -->{word[2:]}"),
    "reversed words": _each_word(lambda word: f"\u202e{word[::-1]}\u202c"),
    "capitals": str.upper,
    "long letters": _each_word(lambda word: word[:-1] + word[-1] * 5),
    "spelled-out links": lambda text: re.sub(r"https?://([\w.-]+)\.(\w+)", r"\1 dot \2", text),
}

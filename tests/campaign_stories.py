"""What mallory's machines send: a few adverts in a hundred spellings each, and what people say meanwhile."""

from __future__ import annotations

import random
import re

_SLOT = re.compile(r"\{([^{}]*)\}")

ADVERTS = (
    "{Hello|Dear|Good day} {name}, our {certified|licensed|trusted} workshop {repairs|restores|mends} every "
    "{kind|sort|type} of {antique|vintage|old} clock, we {collect|fetch|pick up} it from your {home|house|flat}, "
    "{deliver|bring|return} it within {three|four|five} weeks and {guarantee|warrant|promise} the movement for ten "
    "years, {visit|see|open} {link} for {prices|rates|offers}",
    "I {earned|made|collected} nine hundred last {week|month|Friday} from my {kitchen|sofa|bedroom} with this "
    "{simple|easy|honest} lesson, {name} showed me everything step by step, {anyone|everybody|whoever} can "
    "{start|begin|try} without {experience|knowledge|money}, places are {limited|few|rare} so register at {link}",
    "{Professor|Doctor|Master} {name} {returned|brought back|restored} my husband after seven lonely years, the "
    "{ritual|spell|prayer} worked in {two|three|four} days, write to this {gifted|powerful|kind} helper about "
    "marriage, {court|money|health} and lottery troubles through {link} before the full moon",
)

GENUINE = (
    "The ferry was late again this morning and nobody at the pier could say why the board showed nothing.",
    "My grandmother baked this loaf every Saturday, she let the dough rest overnight beside the stove.",
    "I disagree with the second paragraph, the council voted on that budget before the elections, not after.",
    "Could you explain how the library pays for opening at night? Our town closed both branches last winter.",
    "Lovely photographs, the one of the lighthouse at dusk hangs in our kitchen now, printed rather large.",
    "We crossed in October with two small children and a dog, the crew could not have been more patient.",
    "Rye flour behaves differently here at altitude, I add a spoon of honey and wait an hour longer.",
    "As a former timetable planner I can say that seven minutes of change at Northgate never worked.",
    "Es fährt seit Jahren kein Nachtbus mehr dorthin, wer im Schichtdienst arbeitet, braucht ein Auto.",
    "Спасибо за рассказ, моя сестра работала в этой библиотеке двадцать лет и помнит старый каталог.",
)

PRAISE = ("Thank you!", "Great article, thank you very much!", "Thanks, very interesting.", "Well said.")

_NAMES = (
    "Anna",
    "Boris",
    "Carla",
    "Deniz",
    "Emeka",
    "Farah",
    "Goran",
    "Hilde",
    "Ivo",
    "Jun",
    "Karim",
    "Lena",
)


def spun(advert: str, chance: random.Random) -> str:
    """The advert with other words, another name and another link."""
    text = _SLOT.sub(lambda match: _chosen(match[1], chance), advert)
    return text[0].upper() + text[1:]


def name(chance: random.Random) -> str:
    """Somebody's name."""
    return f"{chance.choice(_NAMES)} {chance.randrange(100)}"


def _chosen(words: str, chance: random.Random) -> str:
    if words == "name":
        return chance.choice(_NAMES)
    if words == "link":
        return f"http://{chance.randrange(10**6):06x}-{chance.choice(_NAMES).lower()}.example/{chance.randrange(99)}"
    return chance.choice(words.split("|"))

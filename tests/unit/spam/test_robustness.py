"""Mallory in disguise is held as mallory in plain letters is; ada is not held for being unusual."""

import pytest

from moderation.spam import Candidate, base
from tests.unit.spam.disguising import DISGUISES

MALLORY = [
    "Best online casino with free spins and welcome bonus, visit http://lucky-casino-spins.com today",
    "Buy cheap viagra and cialis without prescription http://cheap-pills-pharmacy.net fast shipping",
    "I earned five thousand dollars weekly trading bitcoin with the help of my mentor, contact her on WhatsApp",
    "Need a loan? We offer quick personal loans at low interest, apply online http://quick-loans-today.com now",
    "Cheap replica handbags and designer watches, discount outlet http://replica-bags-outlet.com",
    "Great article! I really enjoyed reading your blog. Check out my website http://seo-traffic-boost.com",
    "Hot girls waiting for you, free webcam dating http://hot-dating-girls.net join now",
    "Invest in crypto today and get guaranteed profit daily, message our expert on Telegram",
    "Weight loss pills that really work, order now http://slim-diet-pills.com limited offer",
    "Increase your website traffic with our cheap backlinks service http://buy-seo-backlinks.com",
]
INNOCENT = {
    "Ukrainian": "Наші хлопці тримаються, а ми чекаємо на них удома. Дякую, що пишете про це.",
    "Russian": "Не понимаю, почему об этом молчат. У меня в Харькове живут родители, каждый день звоню им.",
    "Greek": "Κάθε χειμώνα η ίδια ιστορία με τους δρόμους στο χωριό μας.",
    "Arabic": "شكرا على المقال، كنت أعيش في ذلك الشارع قبل سنوات.",
    "Hebrew": "תודה על הכתבה, גרתי ברחוב הזה לפני שנים.",
    "Persian": "می‌خواستم بگویم که این پل را پدربزرگم ساخته است.",
    "Hindi": "हमारे गाँव में भी यही समस्या है, कोई सुनता नहीं।",
    "Chinese": "我觉得这篇文章写得很清楚，谢谢作者。",
    "Japanese": "この橋は子供のころによく渡りました。懐かしいです。",
    "Korean": "우리 동네 이야기라서 반가웠어요.",
    "code": "If x is None you get an error; use `value = data.get('x', 0)` then `for i in range(value)`.",
    "a poem": "The river goes,\nthe river stays,\nI count the stones\nand lose the days.",
    "a quotation": "> The council will decide in May.\nThey said the same last year, and the year before.",
    "short thanks": "Thank you, that cleared it up for me.",
    "angry politics": "These liars in parliament should all resign, every single one of them. Shame!",
    "grief in capitals": "WE MISS YOU EVERY DAY GRANDPA. THE HOUSE IS SO QUIET NOW.",
    "a source": "The figures are in last year's report, see page 14 at https://en.wikipedia.org/wiki/Street_light",
    "talk of money": "My bank raised the rate on my mortgage again, and the savings account pays nothing.",
    "a warning": "Careful, somebody called my mother yesterday and pretended to be from the bank.",
}


# A run of a letter is shortened to two of it, which is not always how the word is spelled.
STILL_HELPS = {"long letters": 3}


def held(text):
    return base().score(Candidate(text)).probability >= base().thresholds.hold


def test_mallory_is_held_in_plain_letters():
    assert sum(map(held, MALLORY)) >= 9


@pytest.mark.parametrize("name", DISGUISES)
def test_no_disguise_helps_mallory(name):
    disguised = [DISGUISES[name](text) for text in MALLORY]
    assert disguised != MALLORY
    assert sum(map(held, disguised)) >= sum(map(held, MALLORY)) - STILL_HELPS.get(name, 1)


@pytest.mark.parametrize("kind", INNOCENT)
def test_ada_is_not_held_for_being_unusual(kind):
    assert not held(INNOCENT[kind])

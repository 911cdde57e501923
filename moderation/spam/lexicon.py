"""Words by topic, in several languages: what the named signals look for. A topic is a fact, not a verdict."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources


def listed(words: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(words.split())


_TOPICS = {
    "messenger": "whatsapp telegram instagram insta telegramm viber signal wechat kik skype hangouts icq t me tg wa"
    " телеграм телеграмм телегу телеге тг вотсап ватсап вайбер лс личку личные директ contact"
    " text inbox dm pm contacto contacter kontakt واتساب تليجرام hubungi",
    "money": "earn earning earnings income profit profits invest invested investing investment investments"
    " investor returns loan loans lender lenders mortgage insurance credit debt funds cash payout"
    " payouts withdraw withdrawal deposit trader traders trading trade forex broker brokers binary"
    " mentor portfolio passive salary rich wealth заработок заработка заработать заработке доход"
    " дохода доходы прибыль прибыли инвестиции кредит займ займы выплаты оплата вакансия подработка"
    " ganancias dinero préstamo prestamo inversión emprunt prêt argent investir geld kredit"
    " darlehen verdienen guadagnare prestito dinheiro empréstimo investimento kredi para kazanç"
    " pożyczka zarobek pinjaman cuan vay tiền дохід позика قرض أرباح استثمار",
    "rescue": "hacker hackers hack hacked hacks recover recovered recovery spell spells caster herbalist grant"
    " cyber retrieve refund",
    "crypto": "bitcoin btc eth ethereum crypto cryptocurrency cryptocurrencies usdt blockchain nft token"
    " tokens airdrop presale wallet wallets altcoin coin coins doge xrp binance metamask staking"
    " defi hodl solana крипта крипту крипты криптовалюта криптовалюты криптовалют биткоин биткойн"
    " bitcoins kripto",
    "gambling": "casino casinos poker bet bets betting gambling slot slots jackpot roulette blackjack"
    " lottery bonus judi togel gacor maxwin slotter zeus olympus jp wd depo bandar scatter"
    " казино ставки ставка букмекер рулетка apuestas bahis kumar scommesse",
    "pills": "viagra cialis levitra pharmacy pharmacies pills pill tablets drug drugs prescription tramadol"
    " xanax phentermine herbal cure herpes detox keto diet slimming weight penis enlargement"
    " supplement supplements botox аптека таблетки похудение похудеть",
    "adult": "porn porno sex sexy xxx nude nudes naked escort escorts webcam cam cams dating hookup milf"
    " girls onlyfans секс порно знакомства интим эскорт проститутки девушки",
    "shop": "cheap discount discounts sale sales buy purchase wholesale outlet coupon coupons deal deals"
    " shipping replica handbag handbags bags vuitton gucci prada chanel louboutin ugg uggs jordan"
    " nike jerseys jersey watches rolex oakley sunglasses shoes boots jewelry offer offers price"
    " prices store shop купить скидка скидки скидкой цена недорого доставка заказать магазин comprar"
    " barato acheter cher kaufen günstig sconto",
    "search": "seo traffic backlink backlinks ranking rankings google serp keywords visitors marketing"
    " affiliate adsense hosting webmaster plugin wordpress template theme domain bot followers"
    " subscribers subscribe likes views продвижение раскрутка трафик",
    "call": "click visit check join subscribe download register signup sign contact call write order free"
    " now today hurry limited link bio channel follow жми жмите кликай переходи переходите пиши"
    " пишите подписывайся подписывайтесь подпишись ссылка ссылке бесплатно регистрация заходи успей"
    " daftar klik gratis kunjungi bergabung haz clic cliquez klicken",
    "praise": "great nice good awesome amazing excellent fantastic wonderful helpful informative useful"
    " interesting brilliant love loved thanks thank appreciate impressed valuable insightful"
    " superb magnificent terrific beautiful perfect best enjoyed enjoy glad fabulous keep спасибо"
    " отлично супер класс gracias excelente merci super danke toll grazie obrigado teşekkürler"
    " mantap",
    "page": "blog blogs article articles post posts website site webpage page content weblog information"
    " info topic subject writing writer written author readers reading bookmarked bookmark rss feed"
    " статья статью сайт блог",
    "you": "you your yours yourself youre вы вас вам ваш вашего ты тебе тебя твой usted tu tus vous votre"
    " vos ihr ihre sie dich dir kamu anda",
    "self": "i me my mine myself im ive я мне меня мой моя мои yo mi je moi mon ma ich mich mein meine saya"
    " aku",
}
TOPIC_OF = {word: topic for topic, words in _TOPICS.items() for word in words.split()}

TRADE_WORDS = listed(
    "online cheap best buy service services repair hotel hotels travel rental rentals lawyer attorney"
    " plumber plumbing roofing cleaning dentist dental seo web design designer marketing agency company"
    " software reviews review free download movie movies game games hack cheats tool tools diet weight loss"
    " fitness skin hair care wedding photography car cars auto tires furniture kitchen home homes house"
    " estate realty property apartments moving storage solar energy consulting recruitment jobs tickets"
    " flights cruise phone mobile iphone android samsung tips guide how to"
    " for from outlet store shop uk usa sale mens womens kids baby купить ремонт заказать цена"
)
TRADE_IN_HOST = re.compile(
    "casino|poker|bet(?:ting|s)?[.-]|slot|loan|credit|cash|pharm|pill|viagra|cialis|seo|cheap|buy|shop|store|outlet"
    "|discount|replica|handbag|watch|shoes|jersey|porn|sex|xxx|adult|dating|escort|cam|crypto|coin|forex|trad(?:e|ing)"
    "|invest|insur|mortgage|debt|repair|hotel|travel|attorney|lawyer|plumb|roof|clean|dental|diet|weight|fitness|free"
    "|download|hack|bonus|jobs|online|best|top|reviews|marketing|agency|service"
)
ODD_ENDINGS = listed(
    "info biz xyz top shop site online club vip win bid loan click link work icu buzz space store website"
    " pw cc ws tk ml"
    " ga cf gq su cyou rest monster quest sbs bet casino live fun pro life world mobi in"
)
SHORTENERS = listed(
    "bit.ly goo.gl tinyurl.com t.co ow.ly is.gd adf.ly cutt.ly clck.ru vk.cc rebrand.ly shorturl.at tiny.cc"
    " buff.ly"
    " t.me wa.me telegram.me chat.whatsapp.com linktr.ee"
)
MESSENGERS = listed("t.me wa.me telegram.me chat.whatsapp.com vk.me")
HOMES = (
    "blogspot.",
    "wordpress.com",
    "github.io",
    "livejournal.com",
    "tumblr.com",
    "medium.com",
    "typepad.com",
    "facebook.com",
    "twitter.com",
    "substack.com",
)
CONTACT_VERBS = listed(
    "reach contact text message messaged write hit follow chat dm inbox message reached contacted find add consult"
    " talk through using via username"
)
SOMEBODY = listed("him her them me us he she his hers their name who he's she's")
TITLES = listed("mr mrs miss ms dr coach expert mentor broker trader prof professor madam")
_WELL_KNOWN = listed(
    "wikipedia.org youtube.com youtu.be github.com stackoverflow.com nytimes.com bbc.co.uk bbc.com"
    " theguardian.com archive.org microsoft.com msdn.microsoft.com mozilla.org python.org w3.org nature.com"
    " reuters.com apnews.com who.int europa.eu twitter.com x.com reddit.com medium.com imgur.com flickr.com"
    " amazon.com apple.com google.com wordpress.org npmjs.com pypi.org arxiv.org doi.org nasa.gov imdb.com"
    " washingtonpost.com cnn.com lemonde.fr"
    " spiegel.de pravda.com.ua meduza.io codeplex.com haacked.com asp.net jsfiddle.net gist.github.com"
)


@cache
def everyday() -> frozenset[str]:
    """Words of Latin letters that people write in small letters: a name made of them is hardly a person's.

    Those that comments of three sources or more have in small letters, seven times in ten or oftener; without
    given names that are words as well (rose, mark).
    """
    return listed(resources.files(__package__).joinpath("everyday.txt").read_text("ascii"))


def is_well_known(host: str) -> bool:
    """Whether a host, or the domain above it, is a place that readers cite."""
    return host in _WELL_KNOWN or host.partition(".")[2] in _WELL_KNOWN

"""Plainly genuine comments of many kinds."""

INNOCENT: dict[str, tuple[str, ...]] = {
    "short thanks": ("Thank you, that cleared it up for me.",),
    "Ukrainian": ("Наші хлопці тримаються, а ми чекаємо на них удома. Дякую, що пишете про це.",),
}

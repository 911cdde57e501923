"""What erasing a comment does to every table there is: the receipt's sentences. A test compares the tables."""

from __future__ import annotations

TREATED = {
    "comment": "name, website, language and mark emptied; the tombstone keeps replies in their place",
    "comment_text": "every text it ever had emptied",
    "contact": "sealed address and all fingerprints deleted",
    "link": "hosts it linked to deleted",
    "label": "hashed features deleted",
    "classifier": "versions that had learned from it lost their arrays",
    "comment_search": "taken out of the search index",
    "likeness": "sketch of its words emptied",
    "likeness_place": "places its sketch stood at deleted",
    "reason": "details of the reasons emptied, their codes stay",
    "decision": "notes emptied; what was decided, when and by whom stays",
    "event": "words that people typed about it emptied; the erasing itself is noted by number",
    "note": "moderators' notes on it deleted",
    "claim": "who was looking at it deleted",
    "reader_report": "what readers reported of it deleted",
    "rule": "rules about its reader ended, at a person's wish; rules made at it lost their words and its number",
    "article": "kept counts and revision brought up to date",
    "tally": "kept counts brought up to date",
    "figure": "kept figures that name hosts deleted, to be made anew; marks that the file is to be cleaned",
    "campaign": "holds counts alone",
    "scoring": "holds log-odds and a number alone",
    "imported_label": "imported verdicts name no comment and no reader",
    "trail_link": "holds digests without personal data",
    "moderator": "holds nothing of readers",
    "session": "holds nothing of readers",
    "credential": "holds nothing of readers",
    "ticket": "holds nothing of readers",
    "setting": "holds nothing of readers",
    "lease": "holds nothing of readers",
}
"""Each table and what becomes of it."""

DELETED = ("contact", "link", "note", "claim", "reader_report")
"""Tables whose rows about a comment go, found by their `comment_id`."""

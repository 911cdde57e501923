"""The pages that help to find and to see: campaigns, the rules about readers and links, and how the desk is doing."""

from __future__ import annotations

from moderation.web.campaigns import campaign_pages
from moderation.web.search import search_pages

FINDING = (campaign_pages, search_pages)

"""The pages that help to find and to see: campaigns, the rules about readers and links, and how the desk is doing."""

from __future__ import annotations

from moderation.web.campaigns import campaign_pages
from moderation.web.house_rules import house_rules_pages
from moderation.web.pauses import pause_pages
from moderation.web.reporting import report_pages
from moderation.web.rules import rule_pages
from moderation.web.search import search_pages

FINDING = (campaign_pages, search_pages, rule_pages, pause_pages, house_rules_pages, report_pages)

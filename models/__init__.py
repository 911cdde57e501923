"""The tables. Each class says what its table is for and when it forgets."""

from models.article import Article
from models.campaign import Campaign, Likeness, LikenessPlace
from models.classifier import ClassifierVersion, Figure, ImportedLabel, Label, Scoring
from models.comment import Comment, CommentText, Link
from models.contact import Contact
from models.db import Base, connect_options, db, prepare, writing
from models.decision import Decision, DecisionReason
from models.moderator import Credential, Moderator, Session, Ticket
from models.rule import ReaderReport, Rule
from models.trail import Event, Lease, Setting, TrailLink

__all__ = [
    "Article",
    "Base",
    "Campaign",
    "ClassifierVersion",
    "Comment",
    "CommentText",
    "Contact",
    "Credential",
    "Decision",
    "DecisionReason",
    "Event",
    "Figure",
    "ImportedLabel",
    "Label",
    "Lease",
    "Likeness",
    "LikenessPlace",
    "Link",
    "Moderator",
    "ReaderReport",
    "Rule",
    "Scoring",
    "Session",
    "Setting",
    "Ticket",
    "TrailLink",
    "connect_options",
    "db",
    "prepare",
    "writing",
]

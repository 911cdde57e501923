"""The tables. Each class says what its table is for and when it forgets."""

from models.article import Article, Tally
from models.campaign import Campaign, Likeness, LikenessPlace
from models.classifier import ClassifierVersion, Figure, ImportedLabel, Label, Scoring
from models.comment import Comment, CommentText, Link
from models.contact import Contact
from models.db import Base, connect_options, db, give_up, leave, prepare, read, writing
from models.decision import Decision, DecisionReason
from models.desk import Claim, Note
from models.moderator import Credential, Moderator, Session, Ticket
from models.rule import ReaderReport, Rule
from models.statements import SlowOnes, Statement
from models.trail import Event, Lease, Setting, TrailLink
from models.troubles import is_passing, storing, why_not

__all__ = [
    "Article",
    "Base",
    "Campaign",
    "Claim",
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
    "Note",
    "ReaderReport",
    "Rule",
    "Scoring",
    "Session",
    "Setting",
    "SlowOnes",
    "Statement",
    "Tally",
    "Ticket",
    "TrailLink",
    "connect_options",
    "db",
    "give_up",
    "is_passing",
    "leave",
    "prepare",
    "read",
    "storing",
    "why_not",
    "writing",
]

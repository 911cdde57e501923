"""What a WSGI server imports. Settings that are wrong stop the start, with one sentence."""

from moderation.app import create_app
from moderation.errors import Misconfigured

try:
    app = create_app()
except Misconfigured as error:
    raise SystemExit(f"Gatepost cannot start. {error}") from None

"""What a WSGI server imports. Settings that are wrong stop the start, with one sentence."""

import gc

# What loads stays: going through it again and again would take a fifth of the start, and once more at the end.
gc.disable()

from moderation.app import create_app  # noqa: E402
from moderation.errors import Misconfigured  # noqa: E402

try:
    app = create_app()
except Misconfigured as error:
    raise SystemExit(f"Gatepost cannot start. {error}") from None
finally:
    gc.freeze()
    gc.enable()

"""What a WSGI server imports. Settings that are wrong stop the start, with one sentence."""

import atexit
import gc

# What loads stays: going through it again and again would take a fifth of the start, and once more at the end.
gc.disable()

from moderation.app import create_app  # noqa: E402
from moderation.errors import Misconfigured  # noqa: E402

try:
    app = create_app()
except Misconfigured as error:
    raise SystemExit(f"Gatepost cannot start. {error}") from None
else:
    # SQLite puts its log away when the last connection is closed, and what stays is not collected at the end.
    with app.app_context():
        atexit.register(app.extensions["sqlalchemy"].engine.dispose)
finally:
    gc.freeze()
    gc.enable()

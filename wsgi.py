"""What a WSGI server imports."""

from moderation.app import create_app

app = create_app()

"""Installations of a thousand comments and of a million: made in bulk, and what they cost beside each other."""

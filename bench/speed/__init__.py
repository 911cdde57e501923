"""Gatepost beside Isso and beside the floors, in one run: requests, processor, memory, start. See `__main__`."""

"""How much a site's own decisions help: each source replayed as a site that the base has never seen."""

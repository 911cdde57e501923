"""What Gatepost promises when something breaks, tried on the real thing: `python -m drills [NAME …]`."""

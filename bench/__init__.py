"""What is measured: run from the repository's folder, never imported by the product."""

"""Model bundles, and the code that trains, measures and packs them."""

from pathlib import Path

SHIPPED = Path(__file__).parent / "own-3"
"""The bundle that nodes use unless they are told otherwise."""

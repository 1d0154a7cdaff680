"""The classes of our detectors, in the order of the network's outputs.

Category numbers of label tables are 1-based: class `index` is category `index + 1`. Networks of the first release have
the first five only. Nothing is imported here, so that everybody can import this.
"""

from __future__ import annotations

LABELS: tuple[str, ...] = ("person", "vehicle", "two-wheeler", "fire", "smoke", "animal")
N_CLASSES = len(LABELS)
PERSON, VEHICLE, TWO_WHEELER, FIRE, SMOKE, ANIMAL = range(N_CLASSES)

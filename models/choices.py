"""What a maintainer may choose in training and export, named where PyTorch is not needed."""

PARTS = ("start", "pasting", "look", "soft")
"""Parts of the training recipe that can be left out, to see what each is worth."""

QUANTISATIONS = ("int8", "weight-only", "float")
"""See `models/export.py`."""

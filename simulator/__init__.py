"""Nights that never happened: scenes with ground truth, drawn as an infrared camera would see them."""

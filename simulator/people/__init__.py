"""People and animals: baked bodies, clothes, gait, postures, and what they carry."""

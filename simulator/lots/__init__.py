"""Residential parking lots: bays, lanes, kerbs, hedges, walls, doors, lamps, poles, and what stands about."""

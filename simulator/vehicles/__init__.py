"""Parked and driving vehicles: parametric bodies, their lamps, and how they drive."""

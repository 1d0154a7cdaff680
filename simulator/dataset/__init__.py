"""Training pictures by the thousand: random lots, weather, people and cameras, with boxes, made by all cores."""

"""Rain, snow, fog, insects, fire and smoke, added to the radiance of a picture."""

"""Model bundles, and the code that trains, measures and packs them."""

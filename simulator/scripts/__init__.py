"""Activities as small programs with random variation, and the nights made of them."""

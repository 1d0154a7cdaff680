"""From radiance to grey levels: one function an effect, each with its parameter and source."""

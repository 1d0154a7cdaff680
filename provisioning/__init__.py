"""From an empty card to a commissioned pole: keys, certificates and the broker's configuration."""

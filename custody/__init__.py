"""The two custodians: they sign the permit, and only they open what was recorded."""

"""What is wrong with a message, told to whoever must mend it."""


class WireError(ValueError):
    """A topic, message or clip does not keep the protocol; the text names the field and what would be right."""

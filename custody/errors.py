"""What a custodian's command could not do, told to whoever typed it."""


class CustodyError(Exception):
    """Something given to the command is wrong; the text says what would be right."""

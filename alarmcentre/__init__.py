"""The other end: a subscriber library and the command that prints alarms as they come."""

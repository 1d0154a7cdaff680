"""Maintainers publish; nodes accept, try, keep or roll back. The rules come with a later issue."""

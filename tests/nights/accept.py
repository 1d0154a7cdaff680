"""Take the alarms of today's rules as the expected ones, and show what that changes: read the diff before you commit.

    python -m tests.nights.accept            all nights
    python -m tests.nights.accept NAME ...   these
"""

import difflib
import sys

from tests.nights.night import nights


def say(text: str) -> None:
    """A line for whoever reads the diff."""
    sys.stdout.write(f"{text}\n")


def main(names: list[str]) -> int:
    """Rewrite `expected.jsonl` and print the difference."""
    known = nights()
    unknown = set(names) - {night.name for night in known}
    if unknown:
        say(f"no such night: {', '.join(sorted(unknown))}; there are {', '.join(n.name for n in known)}")
        return 1
    changed = 0
    for night in known:
        if names and night.name not in names:
            continue
        before = night.expected()
        night.accept()
        diff = list(difflib.unified_diff(before, night.expected(), f"{night.name}, before", "now", lineterm="", n=1))
        changed += bool(diff)
        say("\n".join(diff) if diff else f"{night.name}: unchanged, {len(before)} lines")
    say(f"{changed} of {len(names or known)} nights changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`nattvakt link`: the process that speaks. It sends what the node has seen, and cannot see itself."""

from contextlib import ExitStack

from firmware.config_file import load_node
from firmware.link import run
from nattvakt.assemble import build_link
from nattvakt.service import log_to_journal, parse, stop_on_signals


def main(argv: list[str]) -> int:
    """Run until SIGTERM. With --check: exit status 1 where configuration or certificates are not as they should be."""
    args = parse(argv, "link", __doc__)
    log_to_journal()
    config = load_node(args.config)
    stop = stop_on_signals()
    with ExitStack() as stack:
        parts = build_link(config, stack)
        if args.check:
            print(f"{args.config}: certificates and stores are in order")
            return 0
        parts.watchdog.ready()
        run(parts, stop)
    return 0

"""`nattvakt node`: the process that sees. It watches while the permit allows it and is dark otherwise."""

from contextlib import ExitStack

from firmware.config_file import load_node
from firmware.core.watch import State
from firmware.node import run
from nattvakt.assemble import build_node
from nattvakt.service import log_to_journal, parse, stop_on_signals


def main(argv: list[str]) -> int:
    """Run until SIGTERM. With --check: exit status 1 where configuration, model or permit are not as they should be."""
    args = parse(argv, "node", __doc__)
    log_to_journal()
    config = load_node(args.config)
    stop = stop_on_signals()
    with ExitStack() as stack:
        parts = build_node(config, stack)
        if args.check:
            verdict = parts.law()
            print(f"{args.config}: {verdict.state}: {verdict.fault or 'no fault'}: {verdict.reason}")
            return 1 if verdict.state is State.FAULT else 0
        parts.watchdog.ready()
        run(parts, stop)
    return 0

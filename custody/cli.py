"""`nattvakt custody`: the custodians' own commands, used where their keys are and never on a node."""

import argparse
import getpass
import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from custody.errors import CustodyError
from custody.permit import (
    PRIVATE_NAME,
    PUBLIC_NAME,
    in_words,
    make_key,
    new_permit,
    next_windows,
    read_key,
    sign,
    window_in_words,
    write_permit,
)
from firmware.drivers.permit_file import read_keys, read_signed, verify
from firmware.errors import PermitError


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 where it did what was asked, 1 where it could not, 2 for a wrong command line."""
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args))
    except (CustodyError, PermitError) as error:
        print(f"nattvakt custody: {error}", file=sys.stderr)
        return 1


def _key(args: argparse.Namespace) -> int:
    passphrase = b""
    if args.passphrase:
        passphrase = getpass.getpass("New passphrase: ").encode()
        if not passphrase or passphrase != getpass.getpass("The same again: ").encode():
            raise CustodyError("no key made: the passphrase was empty, or not the same twice")
    name = make_key(args.out, passphrase)
    print(f"Key {name}")
    print(f"  {args.out / PRIVATE_NAME}  private: signs permits; keep it offline, with a copy in another safe place")
    print(f"  {args.out / PUBLIC_NAME}  public: goes to the nodes, into custodians.pem, with the other custodian's")
    return 0


def _permit(args: argparse.Namespace) -> int:
    fields: dict[str, object] = {
        "id": args.id,
        "authority": args.authority,
        "area": args.area,
        "nodes": args.node,
        "time_zone": args.time_zone,
        "from": args.from_hour,
        "until": args.until_hour,
        "valid_from": args.valid_from,
        "valid_until": args.valid_until,
        "issued_utc": datetime.now(UTC).replace(microsecond=0),
    }
    if args.out.exists() and not args.replace:
        raise CustodyError(f"{args.out} exists; give --replace to put the new permit in its place")
    signed = sign(new_permit(fields), read_key(args.key))
    write_permit(signed, args.out)
    print("\n".join(in_words(signed.permit)))
    print(f"Signed     by key {signed.signature.key}; written to {args.out}")
    return 0


def _show(args: argparse.Namespace) -> int:
    signed = read_signed(args.permit)
    verify(signed, read_keys(args.public), where=args.permit)  # first: words that nobody signed are not shown
    print("\n".join(in_words(signed.permit)))
    print(f"Signature  good, by key {signed.signature.key}")
    windows = next_windows(signed.permit, args.at)
    for window in windows:
        now = "  (now)" if window.contains(args.at) else ""
        print(f"Sees       {window_in_words(signed.permit, window)}{now}")
    if not windows:
        raise PermitError("permit-expired", f"{args.permit}: no night is left in this permit; sign the next one")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nattvakt custody", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    key = commands.add_parser("key", help="make your key pair, here, on your own computer")
    key.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the two files")
    key.add_argument("--passphrase", action="store_true", help="ask for a passphrase that guards the private key")
    key.set_defaults(run=_key)

    permit = commands.add_parser("permit", help="sign a permit")
    permit.add_argument("--key", type=Path, required=True, metavar="FILE", help=f"your {PRIVATE_NAME}")
    permit.add_argument("--id", required=True, help="number of the decision, e.g. 2026-0412")
    permit.add_argument("--authority", default="the custodians", help="who decided it")
    permit.add_argument("--area", required=True, metavar="SITE", help="the site, as in its site.toml")
    permit.add_argument("--node", action="append", default=[], help="only this node (may be repeated); else all there")
    permit.add_argument("--time-zone", default="Europe/Stockholm", metavar="IANA")
    permit.add_argument(
        "--from", dest="from_hour", default="20:00", type=_hour, metavar="HH:MM", help="local time (20:00)"
    )
    permit.add_argument(
        "--until", dest="until_hour", default="06:00", type=_hour, metavar="HH:MM", help="same as --from: all day"
    )
    permit.add_argument("--valid-from", required=True, type=_day, metavar="YYYY-MM-DD", help="first day")
    permit.add_argument("--valid-until", required=True, type=_day, metavar="YYYY-MM-DD", help="last day, included")
    permit.add_argument("--out", type=Path, required=True, metavar="FILE", help="permit.json to write")
    permit.add_argument("--replace", action="store_true", help="overwrite --out")
    permit.set_defaults(run=_permit)

    show = commands.add_parser("show", help="say in words what a permit allows, check it, and list the next nights")
    show.add_argument("permit", type=Path, metavar="FILE")
    show.add_argument("--public", type=Path, required=True, metavar="FILE", help="the custodians' public keys (PEM)")
    show.add_argument("--at", type=_instant, default=datetime.now(UTC), metavar="UTC", help="as if it were then")
    show.set_defaults(run=_show)
    return parser


def _hour(text: str) -> str:
    if re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time of day; write HH:MM, 00:00 to 23:59")
    return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day ({error}); write YYYY-MM-DD") from error


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time ({error}); write 2026-10-24T18:00") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


if __name__ == "__main__":
    sys.exit(main())

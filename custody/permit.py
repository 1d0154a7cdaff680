"""Makes a custodian's key, signs a permit with it, and puts a permit into words."""

import getpass
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from custody.errors import CustodyError
from firmware.core.permit import Permit, Window, check_permit, signed_bytes, watch_window, zone_of
from firmware.drivers.files import sync_folder, write_atomic
from firmware.drivers.permit_file import Signature, SignedPermit, key_id
from firmware.errors import PermitError

PRIVATE_NAME = "custodian.key.pem"
PUBLIC_NAME = "custodian.pub.pem"


def make_key(folder: Path, passphrase: bytes = b"") -> str:
    """Write a new key pair into `folder`, the private half readable by its owner alone; give the key's short name.

    Raises CustodyError; nothing that lies there already is overwritten.
    """
    key = Ed25519PrivateKey.generate()
    guard = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, guard)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in (PRIVATE_NAME, PUBLIC_NAME):
            if (folder / name).exists():
                raise CustodyError(f"{folder / name} exists; a key is never overwritten: choose another folder")
        _create(folder / PRIVATE_NAME, private, 0o600)
        _create(folder / PUBLIC_NAME, public, 0o644)
        sync_folder(folder)
    except OSError as error:
        raise CustodyError(f"{folder}: cannot write the key: {error.strerror}") from error
    return key_id(key.public_key())


def read_key(path: Path) -> Ed25519PrivateKey:
    """A custodian's private key; asks for its passphrase where it has one. Raises CustodyError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CustodyError(
            f"{path}: cannot read the key: {error.strerror}; make one with `nattvakt custody key`"
        ) from error
    try:
        passphrase = getpass.getpass(f"Passphrase of {path}: ").encode() if b"ENCRYPTED" in data else None
        key = load_pem_private_key(data, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm, EOFError) as error:
        raise CustodyError(f"{path}: not a private key that can be read ({error}); give custodian.key.pem") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CustodyError(f"{path}: not an Ed25519 key; make one with `nattvakt custody key`")
    return key


def new_permit(fields: dict[str, object]) -> Permit:
    """A permit of these fields, named as in the file, checked. Raises CustodyError."""
    try:
        permit = msgspec.convert(fields, Permit)
        check_permit(permit)
        if watch_window(permit, datetime(1970, 1, 1, tzinfo=UTC)) is None:
            raise CustodyError("this permit has not one minute in which a node may see; check hours and days")
    except msgspec.ValidationError as error:
        raise CustodyError(
            f"no permit: {error}; hours are HH:MM, days YYYY-MM-DD, names one line of at most 200 characters"
        ) from error
    except PermitError as error:
        raise CustodyError(f"no permit: {error}") from error
    return permit


def sign(permit: Permit, key: Ed25519PrivateKey) -> SignedPermit:
    """The permit with the custodian's signature."""
    signature = Signature(key=key_id(key.public_key()), ed25519=key.sign(signed_bytes(permit)))
    return SignedPermit(permit=permit, signature=signature)


def write_permit(signed: SignedPermit, path: Path) -> None:
    """Write it, readable by everybody: a permit is no secret. Raises CustodyError."""
    try:
        write_atomic(path, msgspec.json.format(msgspec.json.encode(signed, order="sorted"), indent=2) + b"\n")
    except OSError as error:
        raise CustodyError(f"{path}: cannot write the permit: {error.strerror}") from error


def in_words(permit: Permit) -> list[str]:
    """What the permit says, a line each."""
    nodes = ", ".join(permit.nodes) if permit.nodes else "every node there"
    whole_day = permit.from_hour == permit.until_hour
    hours = "the whole day" if whole_day else f"from {permit.from_hour} until {permit.until_hour}"
    return [
        f"Permit     {permit.id}",
        f"Authority  {permit.authority}",
        f"Area       {permit.area}: {nodes}",
        f"Hours      {hours}, local time of {permit.time_zone}",
        f"Valid      {permit.valid_from} to {permit.valid_until}, both days included",
        f"Issued     {permit.issued_utc:%Y-%m-%d %H:%M} UTC",
    ]


def next_windows(permit: Permit, now_utc: datetime, count: int = 3) -> list[Window]:
    """The window that is or comes next and those after it; fewer where the permit ends before."""
    windows: list[Window] = []
    while len(windows) < count:
        window = watch_window(permit, windows[-1].end_utc if windows else now_utc)
        if window is None:
            break
        windows.append(window)
    return windows


def window_in_words(permit: Permit, window: Window) -> str:
    """Its start and end, local and UTC, and how long it is."""
    zone = zone_of(permit)
    start, end = window.start_utc.astimezone(zone), window.end_utc.astimezone(zone)
    minutes = (window.end_utc - window.start_utc) // timedelta(minutes=1)
    length = f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    return (
        f"{start:%a %Y-%m-%d %H:%M} to {end:%a %Y-%m-%d %H:%M} local,  "
        f"{window.start_utc:%Y-%m-%d %H:%M} to {window.end_utc:%Y-%m-%d %H:%M} UTC,  {length}"
    )


def _create(path: Path, data: bytes, mode: int) -> None:
    """A file that was not there before, with these rights from its first moment."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)

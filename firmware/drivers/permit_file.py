"""Reads the permit from its file and believes it only with a custodian's signature (Ed25519).

The file: {"permit": {...}, "signature": {"key": "<key id>", "ed25519": "<base64>"}}. The key file holds the public
keys of both custodians (PEM, one after the other); either may sign. Both files lie on the node, written by root: no
command from the network reaches them.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from firmware.core.permit import Permit, check_permit, covers, signed_bytes
from firmware.errors import PermitError

_LIMIT_BYTES = 1 << 20
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who signed, and the 64 bytes of it (base64 in the file)."""

    key: str
    ed25519: bytes


class SignedPermit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `permit.json` holds."""

    permit: Permit
    signature: Signature


@dataclass(frozen=True, slots=True)
class CustodianKey:
    """A public key that may sign permits, and its short name."""

    id: str
    public: Ed25519PublicKey


class PermitFile:
    """The permit of one node, read again whenever a file of it has changed."""

    def __init__(self, permit: Path, keys: Path, *, site: str, node: str) -> None:
        self._permit, self._keys, self._site, self._node = permit, keys, site, node
        self._seen: tuple[object, ...] | None = None
        self._known: Permit | PermitError = PermitError("permit-missing", f"{permit}: not read yet")

    def current(self) -> Permit | PermitError:
        """The permit, or why there is none (`permit-missing`, `-unreadable`, `-signature`, `-area`); never raises it.

        Whether it is valid today is the rule's business (core.watch), not the file's.
        """
        seen = (_stamp(self._permit), _stamp(self._keys))
        if seen != self._seen:
            self._known = self._read()
            self._seen = seen
        return self._known

    def _read(self) -> Permit | PermitError:
        try:
            permit = verify(read_signed(self._permit), read_keys(self._keys), where=self._permit)
        except PermitError as error:
            return error
        if not covers(permit, self._site, self._node):
            nodes = f" and its nodes {', '.join(permit.nodes)}" if permit.nodes else ""
            return PermitError(
                "permit-area",
                f"{self._permit}: permit {permit.id!r} is for area {permit.area!r}{nodes}, not for node {self._node!r} "
                f"of site {self._site!r}; install the permit of this site",
            )
        return permit


def read_signed(path: Path) -> SignedPermit:
    """Read a permit without believing it yet. Raises PermitError."""
    data = _bytes_of(path, "have the custodians sign a permit and install it here (docs/permit.md)")
    try:
        signed = msgspec.json.decode(data, type=SignedPermit)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PermitError(
            "permit-unreadable", f"{path}: not a permit: {error}; write it with `nattvakt custody permit`"
        ) from error
    try:
        check_permit(signed.permit)
    except PermitError as error:
        raise PermitError(error.fault, f"{path}: {error}") from error
    return signed


def verify(signed: SignedPermit, keys: tuple[CustodianKey, ...], *, where: Path) -> Permit:
    """The permit, once one of the keys proves to have signed it. Raises PermitError, `permit-signature`."""
    for key in keys:
        if key.id != signed.signature.key:
            continue
        try:
            key.public.verify(signed.signature.ed25519, signed_bytes(signed.permit))
        except InvalidSignature as error:
            raise PermitError(
                "permit-signature",
                f"{where}: the signature does not fit: the permit was changed after key {key.id} signed it; "
                "have it signed again",
            ) from error
        return signed.permit
    known = ", ".join(key.id for key in keys)
    raise PermitError(
        "permit-signature",
        f"{where}: signed by key {signed.signature.key[:64]!r}, which is not a custodian's key here (known: {known}); "
        "have a custodian of this site sign it",
    )


def read_keys(path: Path) -> tuple[CustodianKey, ...]:
    """The custodians' public keys, one PEM block each. Raises PermitError, `permit-signature`."""
    data = _bytes_of(path, "put the custodians' public keys there (docs/permit.md)", "permit-signature")
    keys: list[CustodianKey] = []
    for block in _PEM.findall(data):
        try:
            public = load_pem_public_key(block)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise PermitError("permit-signature", f"{path}: a key in it is broken: {error}; copy it again") from error
        if not isinstance(public, Ed25519PublicKey):
            raise PermitError(
                "permit-signature", f"{path}: a key in it is not Ed25519; make it with `nattvakt custody key`"
            )
        keys.append(CustodianKey(key_id(public), public))
    if not keys:
        raise PermitError("permit-signature", f"{path}: no public key in it; put the custodians' .pub.pem files there")
    return tuple(keys)


def key_id(public: Ed25519PublicKey) -> str:
    """A key's short name: the first 16 hex digits of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def _bytes_of(path: Path, advice: str, fault: str = "permit-missing") -> bytes:
    unreadable = "permit-unreadable" if fault == "permit-missing" else fault
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise PermitError(unreadable, f"{path}: larger than {_LIMIT_BYTES} bytes; is it the right file?")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise PermitError(fault, f"{path}: no such file; {advice}") from error
    except OSError as error:
        raise PermitError(unreadable, f"{path}: cannot be read: {error.strerror}") from error


def _stamp(path: Path) -> object:
    """What changes when a file does: cheap enough for every turn of the loop."""
    try:
        stat = path.stat()
    except OSError as error:
        return error.errno
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns

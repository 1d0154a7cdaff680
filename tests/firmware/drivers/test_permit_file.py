import base64
import json
import os
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.core.permit import Permit
from firmware.drivers.permit_file import PermitFile, read_keys, read_signed
from firmware.errors import PermitError
from tests.permits import NIGHTS, Custodian, custodian, permit


@pytest.fixture
def anna(tmp_path: Path) -> Custodian:
    return custodian(tmp_path / "anna")


@pytest.fixture
def keys(anna: Custodian, tmp_path: Path) -> Path:
    """Both custodians' public keys in one file, as on a node."""
    bo = custodian(tmp_path / "bo")
    path = tmp_path / "custodians.pem"
    path.write_bytes(bo.public.read_bytes() + anna.public.read_bytes())
    return path


def on_node(path: Path, keys: Path, site: str = "lot-a", node: str = "north") -> PermitFile:
    return PermitFile(path, keys, site=site, node=node)


def refused(file: PermitFile) -> PermitError:
    known = file.current()
    assert isinstance(known, PermitError)
    return known


@pytest.mark.parametrize("who", ["anna", "bo"])
def test_either_custodian_may_sign(keys: Path, tmp_path: Path, who: str) -> None:
    path = Custodian(tmp_path / who).sign(NIGHTS, tmp_path / "permit.json")
    assert on_node(path, keys).current() == NIGHTS


def test_no_permit(keys: Path, tmp_path: Path) -> None:
    error = refused(on_node(tmp_path / "permit.json", keys))
    assert error.fault == "permit-missing"
    assert "permit.json" in str(error)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"06:00"', '"07:00"'),
        ('"20:00"', '"12:00"'),
        ("2027-12-31", "2028-12-31"),
        ('"lot-a"', '"lot-b"'),
        ("Europe/Stockholm", "Europe/Lisbon"),
        ('"area"', '"nodes": ["north"], "area"'),
        ("2026-0412", "2026-0413"),
    ],
)
def test_not_one_word_may_be_changed(anna: Custodian, keys: Path, tmp_path: Path, old: str, new: str) -> None:
    path = anna.sign(NIGHTS, tmp_path / "permit.json")
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    error = refused(on_node(path, keys, site="lot-b" if "lot-b" in new else "lot-a"))
    assert error.fault == "permit-signature"
    assert "sign" in str(error)


def test_a_stranger_signs(keys: Path, tmp_path: Path) -> None:
    path = custodian(tmp_path / "eve").sign(NIGHTS, tmp_path / "permit.json")
    error = refused(on_node(path, keys))
    assert error.fault == "permit-signature"
    assert "not a custodian's key" in str(error)


def test_a_stranger_signs_in_a_custodians_name(anna: Custodian, keys: Path, tmp_path: Path) -> None:
    true = json.loads(anna.sign(NIGHTS, tmp_path / "true.json").read_text("utf-8"))
    path = custodian(tmp_path / "eve").sign(permit(until_hour="12:00"), tmp_path / "permit.json")
    false = json.loads(path.read_text("utf-8"))
    false["signature"]["key"] = true["signature"]["key"]
    path.write_text(json.dumps(false), "utf-8")
    assert refused(on_node(path, keys)).fault == "permit-signature"


def test_a_signature_without_the_prefix_is_none(anna: Custodian, keys: Path, tmp_path: Path) -> None:
    """What a custodian signs for another purpose is no permit, even where the bytes are the same."""
    from custody.permit import PRIVATE_NAME, read_key
    from firmware.core.permit import SIGNED_PREFIX, signed_bytes

    path = anna.sign(NIGHTS, tmp_path / "permit.json")
    document = json.loads(path.read_text("utf-8"))
    bare = read_key(anna.folder / PRIVATE_NAME).sign(signed_bytes(NIGHTS).removeprefix(SIGNED_PREFIX))
    document["signature"]["ed25519"] = base64.b64encode(bare).decode()
    path.write_text(json.dumps(document), "utf-8")
    assert refused(on_node(path, keys)).fault == "permit-signature"


@pytest.mark.parametrize(
    ("where", "nodes", "good"),
    [
        (("lot-a", "north"), (), True),
        (("lot-b", "north"), (), False),
        (("lot-a", "north"), ("north", "south"), True),
        (("lot-a", "west"), ("north", "south"), False),
    ],
)
def test_area_and_nodes(keys: Path, tmp_path: Path, where: tuple[str, str], nodes: tuple[str, ...], good: bool) -> None:
    path = Custodian(tmp_path / "anna").sign(permit(nodes=nodes), tmp_path / "permit.json")
    known = on_node(path, keys, *where).current()
    if good:
        assert isinstance(known, Permit)
    else:
        assert isinstance(known, PermitError)
        assert known.fault == "permit-area"
        assert repr(where[0]) in str(known)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"null", b"\xff\xfe", b'{"permit": {}, "signature": {}}', b"[" * 100_000, b"x" * (1 << 20 | 1)],
)
def test_a_broken_permit(keys: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "permit.json").write_bytes(content)
    error = refused(on_node(tmp_path / "permit.json", keys))
    assert error.fault == "permit-unreadable"
    assert "permit.json" in str(error)


def test_a_folder_is_no_permit(keys: Path, tmp_path: Path) -> None:
    (tmp_path / "permit.json").mkdir()
    assert refused(on_node(tmp_path / "permit.json", keys)).fault == "permit-unreadable"


def test_an_unknown_word_is_refused(anna: Custodian, keys: Path, tmp_path: Path) -> None:
    path = anna.sign(NIGHTS, tmp_path / "permit.json")
    path.write_text(path.read_text("utf-8").replace('"area"', '"also": "08:00", "area"', 1), "utf-8")
    error = refused(on_node(path, keys))
    assert error.fault == "permit-unreadable"
    assert "also" in str(error)


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_no_keys_no_trust(anna: Custodian, tmp_path: Path, content: bytes) -> None:
    path = anna.sign(NIGHTS, tmp_path / "permit.json")
    keys = tmp_path / "custodians.pem"
    keys.write_bytes(content)
    error = refused(on_node(path, keys))
    assert error.fault == "permit-signature"
    assert "custodians.pem" in str(error)


def test_no_key_file(anna: Custodian, tmp_path: Path) -> None:
    path = anna.sign(NIGHTS, tmp_path / "permit.json")
    assert refused(on_node(path, tmp_path / "none.pem")).fault == "permit-signature"


def test_a_key_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "custodians.pem"
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(PermitError, match="not Ed25519"):
        read_keys(path)


def test_a_permit_taken_away_or_replaced_counts_at_once(anna: Custodian, keys: Path, tmp_path: Path) -> None:
    path = anna.sign(NIGHTS, tmp_path / "permit.json")
    file = on_node(path, keys)
    assert file.current() == NIGHTS
    shorter = permit(valid_until=date(2026, 12, 31))
    anna.sign(shorter, path)
    assert file.current() == shorter
    path.unlink()
    assert refused(file).fault == "permit-missing"
    anna.sign(NIGHTS, path)
    assert file.current() == NIGHTS
    keys.unlink()
    assert refused(file).fault == "permit-signature"


def test_an_unchanged_permit_is_read_once(anna: Custodian, keys: Path, tmp_path: Path) -> None:
    path = anna.sign(NIGHTS, tmp_path / "permit.json")
    file = on_node(path, keys)
    assert file.current() is file.current()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_permit_that_may_not_be_read(anna: Custodian, keys: Path, tmp_path: Path) -> None:
    path = anna.sign(NIGHTS, tmp_path / "permit.json")
    path.chmod(0)
    assert refused(on_node(path, keys)).fault == "permit-unreadable"


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_rubbish_is_a_permit_error_and_nothing_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "permit.json"
    path.write_bytes(content)
    with pytest.raises(PermitError):
        read_signed(path)

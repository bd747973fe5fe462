"""What is kept of certificates by ACME in files of DATA/tls/acme: keys, and what failed."""

import json
import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from pyeonji.daemon.certificate import ISSUED


class State:
    """What is remembered of each certificate between two starts."""

    def __init__(self, data: Path) -> None:
        self._path = data / "tls" / ISSUED / "state.json"

    def of(self, name: str) -> dict[str, Any]:
        found = self._read().get(name)
        return found if isinstance(found, dict) else {}

    def keep(self, name: str, state: dict[str, Any]) -> None:
        write_private(self._path, json.dumps({**self._read(), name: state}).encode())

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def kept_key(path: Path) -> ec.EllipticCurvePrivateKey | None:
    """The key of the certificate that is there, if it can be used again."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def write_private(path: Path, octets: bytes) -> None:
    """Whole or not at all, for nobody else's eyes, and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.part")
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as stream:
        stream.write(octets)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def sync_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

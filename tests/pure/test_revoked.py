"""A list of revoked certificates is asked at every handshake: it may be large, and is hashed once."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kit.certified import certified
from kit.revoking import revocation_list
from pyeonji.net import revoked
from pyeonji.net.revoked import Revoked

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
NOW_US = round(NOW.timestamp() * 1_000_000)


def test_a_list_is_hashed_once_for_each_authority_of_its_name(monkeypatch):
    (pem, key), (other, _) = certified(["ca.test"]), certified(["ca.test"])
    authority, impostor = map(x509.load_pem_x509_certificate, (pem, other))  # of one name
    octets = revocation_list(authority, load_pem_private_key(key, None), [7], NOW)
    found, hashed = Revoked([x509.load_pem_x509_crl(octets)]), []
    real = revoked._signed_by
    monkeypatch.setattr(revoked, "_signed_by", lambda one, issuer: hashed.append(1) or real(one, issuer))
    for _ in range(3):
        assert found.standing(authority, authority, NOW_US) == "good"
        assert found.standing(impostor, impostor, NOW_US) == "unknown"
    assert len(hashed) == 2

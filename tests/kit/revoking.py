"""Lists of revoked certificates, as authorities publish them."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

DAY = datetime.timedelta(days=1)


def revocation_list(authority, key, serials, now, *, days=7, part=False, change=False):
    """In PEM: of the authority with this certificate, signed with this key, good for so many days from now on."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(now - 30 * DAY)
        .next_update(now + days * DAY)
    )
    for serial in serials:
        taken_back = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - 20 * DAY).build()
        builder = builder.add_revoked_certificate(taken_back)
    if part:
        place = x509.IssuingDistributionPoint(
            full_name=[x509.UniformResourceIdentifier("http://ca.test/7.crl")], relative_name=None,
            only_contains_user_certs=True, only_contains_ca_certs=False, only_some_reasons=None, indirect_crl=False,
            only_contains_attribute_certs=False,
        )  # fmt: skip
        builder = builder.add_extension(place, critical=True)
    if change:
        builder = builder.add_extension(x509.DeltaCRLIndicator(1), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)

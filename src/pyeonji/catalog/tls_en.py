"""Certificates, in English."""

TEXTS = {
    "tls.unreadable": "{path}: the certificate or its key cannot be read ({reason}). Check name and permissions.",
    "tls.no_certificate": "{path} holds no certificate in PEM. Put the whole chain there, your own certificate first.",
    "tls.no_key": "{path} holds no private key in PEM without a password.",
    "tls.other_key": "{other} is not the key of the certificate {path}. Put the two that belong together there.",
    "tls.unusable": "{path}: this certificate cannot be used ({reason}).",
    "tls.expired_already": "{path}: this new certificate has expired already. Get one that is valid.",
    "tls.stays": "New certificates are not used, the old ones are still shown: {reason}",
    "tls.expires": "The certificate for {names} expires in {days} days.",
    "tls.expired": "The certificate for {names} has expired.",
}

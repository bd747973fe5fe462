"""Settings of the certificates that an authority gives us."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AcmeSettings:
    """Whom we ask for certificates by ACME, and how we prove that the names are ours (RFC 8555)."""

    directory: str = field(
        default="",
        metadata={
            "unit": "URL",
            "rfc": "RFC 8555 §7.1.1",
            "doc": 'Directory of the authority, for example "https://acme-v02.api.letsencrypt.org/directory";'
            " empty: nobody is asked.",
        },
    )
    agreed: bool = field(
        default=False,
        metadata={"unit": "yes or no", "rfc": "RFC 8555 §7.3", "doc": "I agree to the authority's terms of service."},
    )
    contact: str = field(default="", metadata={"unit": "text", "doc": "E-mail address the authority may write to."})
    certificates: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "lists of names",
            "doc": 'Names of each certificate, with blanks between: ["a.example.com b.example.com", "example.net"];'
            " empty: one for our host name.",
        },
    )
    challenge: str = field(
        default="http-01",
        metadata={
            "unit": "http-01|tls-alpn-01|dns-01",
            "rfc": "RFC 8555 §8, RFC 8737",
            "doc": "How we prove it: by the listener http at port 80, https at port 443, or a command for the DNS.",
        },
    )
    dns_hook: str = field(
        default="",
        metadata={
            "unit": "file",
            "rfc": "RFC 8555 §8.4",
            "doc": "For dns-01: called as COMMAND add|remove NAME VALUE; it ends with 0 when the TXT record is (or is"
            " no longer) seen by everybody.",
        },
    )
    eab_kid: str = field(
        default="",
        metadata={
            "unit": "text",
            "rfc": "RFC 8555 §7.3.4",
            "doc": "Key identifier of an account there, if it is asked.",
        },
    )
    eab_key_file: str = field(
        default="", metadata={"unit": "file", "doc": "File with the key that belongs to it, in base64url."}
    )
    roots: str = field(
        default="",
        metadata={"unit": "file", "doc": "Roots to trust at the directory (PEM); empty: those of this machine."},
    )

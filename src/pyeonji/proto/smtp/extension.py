"""What we announce after EHLO, and when (RFC 5321 §4.1.1.1)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """The extensions one listener offers.  A thing that is False is neither announced nor accepted."""

    size: int = 50 * 2**20  # octets announced as SIZE, RFC 1870
    starttls: bool = False  # RFC 3207; never again once TLS is active
    auth: tuple[str, ...] = ()  # SASL mechanisms offered from the beginning, RFC 4954
    auth_after_tls: tuple[str, ...] = ()  # mechanisms offered after STARTTLS
    pipelining: bool = True  # RFC 2920
    eightbitmime: bool = True  # RFC 6152
    smtputf8: bool = True  # RFC 6531
    dsn: bool = True  # RFC 3461
    chunking: bool = True  # RFC 3030
    binarymime: bool = False  # RFC 3030; needs chunking
    limits: bool = True  # RFC 9422
    requiretls: bool = False  # RFC 8689: offered from the beginning, where TLS is active already
    requiretls_after_tls: bool = False  # offered after STARTTLS
    xclient: bool = False  # Postfix's XCLIENT, for peers that may speak for others
    own_domain: str = ""  # XDOMAIN, ours: on the socket of sendmail(8), the domain of names without one

    def mechanisms(self, after_tls: bool) -> tuple[str, ...]:
        return self.auth_after_tls if after_tls else self.auth

    def offers_requiretls(self, after_tls: bool) -> bool:
        return self.requiretls_after_tls if after_tls else self.requiretls

    def keywords(self, *, after_tls: bool, authenticated: bool, max_recipients: int) -> tuple[str, ...]:
        """The lines behind the first of an EHLO reply, for the state the connection is in."""
        mechanisms = () if authenticated else self.mechanisms(after_tls)
        offered = (
            (self.pipelining, "PIPELINING"),
            (True, f"SIZE {self.size}"),
            (self.eightbitmime, "8BITMIME"),
            (self.smtputf8, "SMTPUTF8"),
            (True, "ENHANCEDSTATUSCODES"),
            (self.starttls and not after_tls and not authenticated, "STARTTLS"),
            (self.offers_requiretls(after_tls), "REQUIRETLS"),
            (bool(mechanisms), "AUTH " + " ".join(mechanisms)),
            (self.chunking, "CHUNKING"),
            (self.chunking and self.binarymime, "BINARYMIME"),
            (self.dsn, "DSN"),
            (self.limits, f"LIMITS RCPTMAX={max_recipients}"),
            (self.xclient, "XCLIENT NAME ADDR PORT"),
            (bool(self.own_domain), f"XDOMAIN {self.own_domain}"),
        )
        return tuple(keyword for wanted, keyword in offered if wanted)

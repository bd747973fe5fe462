"""POP3: take letters away, or leave them (RFC 1939)."""

from pyeonji.access.pop3.station import serve

__all__ = ["serve"]

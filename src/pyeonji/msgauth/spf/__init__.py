"""Sender Policy Framework (RFC 7208): may this address send for this domain?"""

from pyeonji.msgauth.spf.evaluate import check

__all__ = ["check"]

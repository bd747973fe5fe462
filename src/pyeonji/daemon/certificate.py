"""Which certificate the listeners show: the configured one, or one that is made at the first start."""

from pathlib import Path

from pyeonji.config.model import Settings
from pyeonji.net.tls import self_signed


def certificate(settings: Settings, now_us: int) -> tuple[Path, Path]:
    """(certificate, key).  Called before the workers start, too, so that all of them show the same."""
    if settings.tls.cert and settings.tls.key:
        return Path(settings.tls.cert), Path(settings.tls.key)
    names = (settings.hostname, "localhost") if settings.hostname != "localhost" else ("localhost",)
    return self_signed(settings.data / "tls", names, now_us)

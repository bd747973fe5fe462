"""How long a letter may take to cross: as long as it comes at the least rate, however large it is (S10)."""

from pyeonji.intake.settings import IntakeSettings


class Crossing:
    """One content, from its first octet on."""

    def __init__(self, settings: IntakeSettings, now_s: float) -> None:
        self._still_s = settings.content_timeout.total_seconds()
        self._rate = settings.min_rate
        self._began_s = now_s
        self._came = 0

    def patience_s(self, octets: int, now_s: float) -> float:
        """After so many more octets: the seconds until the next ones must be here."""
        self._came += octets
        # What came fast earns no longer silence than any other letter has.
        return min(self._still_s, self._began_s + self._still_s + self._came / self._rate - now_s)

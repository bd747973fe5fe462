"""Instants as people and machines read them; everything is given, nothing asks for the time."""

from datetime import UTC, datetime, timedelta, tzinfo

from pyeonji.catalog.say import say

SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_US = 253_402_300_799 * SECOND_US  # the last second of the year 9999
_UNITS = (("time.day", 86_400), ("time.hour", 3_600), ("time.minute", 60), ("time.second", 1))


def rfc3339(at_us: int) -> str:
    """ "2026-11-23T09:57:02.114Z" (RFC 3339 §5.6), UTC."""
    return _moment(at_us, UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def clock(at_us: int, now_us: int, zone: tzinfo) -> str:
    """The clock time, with the day when that is not today."""
    moment, now = _moment(at_us, zone), _moment(now_us, zone)
    return moment.strftime("%H:%M:%S" if moment.date() == now.date() else "%Y-%m-%d %H:%M:%S")


def to_the_millisecond(at_us: int, zone: tzinfo) -> str:
    """ "18:57:02.114"."""
    return _moment(at_us, zone).strftime("%H:%M:%S.") + f"{at_us // 1000 % 1000:03d}"


def distance(lang: str, at_us: int, now_us: int) -> str:
    """How far away, in at most two units: "3분 21초 뒤", "in 3 min 21 s", "2시간 전"."""
    words = lasting(lang, abs(at_us - now_us))
    return say(lang, "story.in" if at_us >= now_us else "story.ago", distance=words)


def lasting(lang: str, us: int) -> str:
    """How long, in at most two units: "3분 21초", "3 min 21 s"."""
    seconds, parts = us // SECOND_US, []
    for key, length in _UNITS:
        n, seconds = divmod(seconds, length)
        if n:
            parts.append(say(lang, key, n=n))
    return " ".join(parts[:2]) or say(lang, "time.second", n=0)


def _moment(at_us: int, zone: tzinfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=min(max(at_us, 0), _LATEST_US - 86_400 * SECOND_US))).astimezone(zone)

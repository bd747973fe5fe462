"""Dates of RFC 5322 §3.3 and their obsolete forms (§4.3).  Values in, values out: no clock here."""

import re
from datetime import UTC, datetime, timedelta, timezone

MAX_DATE = 256  # octets looked at; ours
DATE = re.compile(
    r"(?:[A-Za-z]{3,9}\.?,?\s{0,9})?"
    r"(\d{1,2})[\s-]{1,9}([A-Za-z]{3})[a-z]{0,6}\.?,?[\s-]{1,9}(\d{2,4})"
    r"[\s,]{1,9}(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:\.\d{1,9})?)?"
    r"\s{0,9}([AaPp][Mm]\b)?\s{0,9}(?:(?:UTC|GMT)?([+-])(\d\d):?(\d\d)|([A-Za-z]{1,5}))?"
)
ASCTIME = re.compile(r"[A-Za-z]{3} ([A-Za-z]{3})\s{1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2})(?: [A-Z]{3,4})? (\d{4})")
COMMENT = re.compile(r"\([^()]*\)")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "KST": 9, "JST": 9}


def parse_date(value: bytes | str) -> datetime | None:
    """The instant, aware, in the zone it was written in; None where no date can be read."""
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
    text = " ".join(COMMENT.sub(" ", text[:MAX_DATE]).split())
    try:
        if match := DATE.match(text):
            return _from_match(match)
        if match := ASCTIME.match(text):
            month, day, hour, minute, second, year = match.groups()
            return _instant(int(year), month, int(day), int(hour), int(minute), int(second), UTC)
    except (ValueError, OverflowError):
        pass
    return None


def _from_match(match: re.Match[str]) -> datetime:
    day, month, year, hour, minute, second, half, sign, zone_hours, zone_minutes, zone_name = match.groups()
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    zone: timezone = UTC
    if sign:
        offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
        zone = timezone(-offset if sign == "-" else offset) if offset else UTC
    elif zone_name:
        # A zone nobody knows, and the military letters, mean "-0000" (RFC 5322 §4.3).
        zone = timezone(timedelta(hours=ZONES.get(zone_name.upper(), 0)))
    return _instant(_full_year(year), month, int(day), hours, int(minute), int(second or 0), zone)


def _instant(year: int, month: str, day: int, hour: int, minute: int, second: int, zone: timezone) -> datetime:
    number = MONTHS.index(month.lower()) + 1
    instant = datetime(year, number, day, hour, minute, min(second, 59) if second <= 60 else second, tzinfo=zone)
    instant.astimezone(UTC)  # the first and last day of the calendar may not exist in UTC
    return instant


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 2 and year < 50:  # RFC 5322 §4.3
        return year + 2000
    return year + 1900 if len(digits) < 4 else year


def format_date(instant: datetime | int) -> str:
    """As in a Date field, never in the words of a locale: "Tue, 24 Nov 2026 10:04:25 +0900".

    A number is seconds since 1970 and is written in UTC.
    """
    if isinstance(instant, int):
        instant = datetime.fromtimestamp(instant, UTC)
    offset = instant.utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return (
        f"{DAY_NAMES[instant.weekday()]}, {instant.day} {MONTH_NAMES[instant.month - 1]} {instant.year:04} "
        f"{instant.hour:02}:{instant.minute:02}:{instant.second:02} {sign}{minutes // 60:02}{minutes % 60:02}"
    )

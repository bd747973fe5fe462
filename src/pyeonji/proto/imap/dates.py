"""Dates and times as IMAP writes them (RFC 3501 §9: date, date-time).

A day is the count of days since 0001-01-01 (`datetime.date.toordinal`), an instant microseconds since 1970 UTC.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH = {name.lower(): number for number, name in enumerate(MONTHS, 1)}
DATE = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})\Z", re.ASCII)
DATE_TIME = re.compile(
    r"( \d|\d\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)([0-5]\d)\Z",
    re.ASCII,
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
MICROSECOND = timedelta(microseconds=1)
DAY_US = 86_400_000_000


class NotADate(ValueError):
    """The text is no date, or a day no calendar has."""


def parse_date(text: str) -> int:
    """The day of a text such as "1-Feb-1994"; raises NotADate."""
    found = DATE.match(text)
    try:
        if found is None:
            raise ValueError
        return date(int(found[3]), MONTH[found[2].lower()], int(found[1])).toordinal()
    except (ValueError, KeyError) as error:
        raise NotADate("not a date") from error


def parse_date_time(text: str) -> int:
    """The instant of a text such as "17-Jul-1996 02:44:25 -0700"; raises NotADate."""
    found = DATE_TIME.match(text)
    try:
        if found is None:
            raise ValueError
        day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
        zone = timedelta(hours=int(zone_hours), minutes=int(zone_minutes)) * (1 if sign == "+" else -1)
        # A leap second is the second before it: no calendar here has sixty-one.
        moment = datetime(
            int(year), MONTH[month.lower()], int(day), int(hour), int(minute), min(int(second), 59),
            tzinfo=timezone(zone),
        )  # fmt: skip
        return (moment - EPOCH) // MICROSECOND
    except (ValueError, KeyError, OverflowError) as error:
        raise NotADate("not a date and time") from error


def day_of(at_us: int) -> int:
    """The UTC day of an instant."""
    return EPOCH_DAY + at_us // DAY_US


def print_date(day: int) -> str:
    """A day as date-text."""
    at = date.fromordinal(day)
    return f"{at.day}-{MONTHS[at.month - 1]}-{at.year:04d}"


def print_date_time(at_us: int) -> bytes:
    """An instant as date-time, in UTC, with its quotes."""
    at = EPOCH + timedelta(microseconds=at_us)
    return b'"%02d-%s-%04d %02d:%02d:%02d +0000"' % (
        at.day, MONTHS[at.month - 1].encode(), at.year, at.hour, at.minute, at.second,
    )  # fmt: skip

"""pyeonji.toml: tests/cases/config holds a file, and beside it every sentence it earns in both languages."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyeonji.config.load import ConfigError, default, load, understood
from pyeonji.config.model import Listen
from pyeonji.config.reference import example, flat
from pyeonji.config.values import WrongValue, endpoint, read_size, read_time, time_text, written

CASES = sorted((Path(__file__).parent.parent / "cases" / "config").glob("*.toml"))
DATA = Path("/srv/mail")


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_mistake_of_a_file_is_told_at_once_with_its_line(path, language):
    try:
        load(path, DATA)
        told = ""
    except ConfigError as error:
        told = error.in_words(language).replace(f"{path}:", "") + "\n"
    assert told == path.with_suffix(f".{language}").read_text("utf-8")


def test_a_good_file_is_what_it_says():
    found = load(CASES[0].with_name("good.toml"), DATA, 100)
    assert found.listeners == (
        Listen("smtp", "0.0.0.0", 125),
        Listen("smtp", "::", 125),
        Listen("imaps", "0.0.0.0", 1093),
    )
    assert found.queue.waits == (timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1))
    assert (found.intake.max_size, found.relay.tls, found.data) == (20 << 20, "required", DATA)


@pytest.mark.parametrize("number", [0, 1_000])
def test_a_limit_is_a_number_or_none(number):
    found, mistakes = understood(f"[imap]\nmessage_limit = {number}\n".encode(), default(DATA))
    assert (found.imap.message_limit, mistakes) == (number, [])


def test_without_a_file_every_service_listens_on_the_loopback_above_1000():
    ports = {one.service: (one.host, one.port) for one in default(DATA, 7).listeners}
    assert ports == {
        service: ("127.0.0.1", port + 7)
        for service, port in {
            "smtp": 1025, "submission": 1587, "submissions": 1465, "lmtp": 1024, "imap": 1143, "imaps": 1993,
            "pop3": 1110, "pop3s": 1995, "http": 8025, "https": 8443,
        }.items()
    }  # fmt: skip


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_example_says_exactly_the_defaults(language):
    settings_ = default(DATA)
    lines = [line.removeprefix("# ") if " = " in line else line for line in example(settings_, language)]
    text = "\n".join(line for line in lines if not line.startswith("#"))
    found, mistakes = understood(text.encode(), settings_)
    assert mistakes == []
    assert flat(found) == flat(settings_)


def test_a_missing_file_is_one_sentence():
    with pytest.raises(ConfigError, match="cannot be read"):
        load(Path("/nonexistent/pyeonji.toml"), DATA)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("4h", 14_400), ("5d", 432_000), ("1.5s", 1.5), ("250ms", 0.25)]
)
def test_times_are_read_and_written_back(text, seconds):
    assert read_time(text).total_seconds() == seconds
    assert read_time(time_text(read_time(text))) == read_time(text)


@pytest.mark.parametrize("text", ["", "5", "5 days", "-5m", "0s", "m", 5, None, "5m5"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(WrongValue):
        read_time(text)


def test_sizes_and_endpoints():
    assert [read_size(text) for text in (1, "1", "1KB", "1 KiB", "50 MiB")] == [1, 1, 1_000, 1_024, 52_428_800]
    assert endpoint("[::1]:25", 1) == ("::1", 26)
    assert endpoint(25) == ("127.0.0.1", 25)
    for wrong in ("::1:25", "[127.0.0.1]:25", "x:25", "127.0.0.1", True, "127.0.0.1:０"):
        with pytest.raises(WrongValue):
            endpoint(wrong)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.binary(max_size=200), st.text(alphabet='hostname[]queue.ws="5m\n#{},1', max_size=120).map(str.encode))
)
def test_any_file_is_settings_or_mistakes(octets):
    understood(octets, default(DATA))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_text_is_written_so_that_it_is_read_back(text):
    import tomllib

    text = text.encode("utf-8", "ignore").decode()
    printable = "".join(char for char in text if char.isprintable())
    assert tomllib.loads(f"x = {written(printable)}")["x"] == printable

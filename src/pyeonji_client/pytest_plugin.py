"""pytest: a whole mail world in the process of the tests.

    def test_reset_mail(client, pyeonji):
        client.post("/reset", {"email": "minsu@2ban.test"})
        letter = pyeonji.wait_for(to="minsu@2ban.test", subject__contains="비밀번호")
        assert letter.link(path="/r/")

While the fixture is there, Django's settings and the environment (SMTP_HOST, MAIL_SERVER, EMAIL_HOST and their ports;
PYEONJI_URL, PYEONJI_KEY) lead to it.  When a test fails, its report has the journeys of its letters.  Needs the server
(`pip install pyeonji`).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pyeonji.lab.testing import Clock, Lab, Outcome, Recipient

HOSTS = ("SMTP_HOST", "MAIL_SERVER", "EMAIL_HOST")
PORTS = ("SMTP_PORT", "MAIL_PORT", "EMAIL_PORT")
MAX_SHOWN = 5  # journeys in the report of a test that failed


@dataclass(frozen=True)
class Place:
    """Where an application hands letters in."""

    host: str
    port: int


class Post:
    """What the fixture gives; see pyeonji.lab.testing.Lab for each."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.smtp = Place(lab.host, lab.smtp_port)
        self.submission = Place(lab.host, lab.submission_port)
        self.url = lab.url  # of the API

    @property
    def clock(self) -> Clock:
        """`clock.advance("20m")`: retries and deadlines happen at once."""
        return self.lab.clock

    @property
    def letters(self) -> list[Any]:
        """All that arrived in this test, oldest first."""
        return list(self.lab.letters())

    def wait_for(self, to: str = "", **wanted: Any) -> Any:
        """The first such letter; else the test fails, and says what did arrive."""
        return self.lab.wait_for(to, **wanted)

    def rcpt(self, address: str) -> Recipient:
        """`rcpt("minsu@2ban.test").answers("452 4.2.2 Mailbox full", times=3)`."""
        return self.lab.rcpt(address)

    def outcome(self, to: str, **wanted: Any) -> Outcome:
        """What became of the last letter for an address."""
        return self.lab.outcome(to, **wanted)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("pyeonji").addoption(
        "--pyeonji-compat", action="store_true",
        help="also the fixtures `smtpserver` (pytest-localserver) and `smtpd` (smtpdfix)",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--pyeonji-compat"):
        config.pluginmanager.register(Compatible(), "pyeonji-compat")


@pytest.fixture(scope="session")
def pyeonji_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One lab for all tests; `pyeonji` forgets between them."""
    testing = pytest.importorskip("pyeonji.lab.testing", reason="pip install pyeonji: the server is not here")
    with testing.Lab(tmp_path_factory.mktemp("pyeonji")) as lab:
        yield lab


@pytest.fixture
def pyeonji(pyeonji_lab: Lab, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Post]:
    """A mail world in which nothing has been sent yet."""
    pyeonji_lab.reset()
    post = Post(pyeonji_lab)
    for name in HOSTS:
        monkeypatch.setenv(name, post.smtp.host)
    for name in PORTS:
        monkeypatch.setenv(name, str(post.smtp.port))
    monkeypatch.setenv("PYEONJI_URL", post.url)
    monkeypatch.setenv("PYEONJI_KEY", "lab")
    request.node.stash[LAB] = post
    with _django(post):
        yield post


LAB = pytest.StashKey[Post]()


@contextlib.contextmanager
def _django(post: Post) -> Iterator[None]:
    """Django, where it is in use, sends to us; pytest-django's `mailoutbox` is empty meanwhile."""
    conf = sys.modules.get("django.conf")
    if conf is None or not conf.settings.configured:
        yield
        return
    from django.test.utils import override_settings  # only where Django is there already

    backend = "django.core.mail.backends.smtp.EmailBackend"
    wanted: dict[str, Any] = {
        "EMAIL_BACKEND": backend, "EMAIL_HOST": post.smtp.host, "EMAIL_PORT": post.smtp.port, "EMAIL_HOST_USER": "",
        "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False,
    }  # fmt: skip
    if hasattr(conf.settings, "MAILERS"):  # Django 6.1 and later have nothing but these
        options = {"host": post.smtp.host, "port": post.smtp.port}
        wanted = {"MAILERS": {"default": {"BACKEND": backend, "OPTIONS": options}}}
    with override_settings(**wanted):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    report = (yield).get_result()
    post = item.stash.get(LAB, None)
    if post is not None and report.when == "call" and report.failed:
        report.sections.append(("pyeonji: what arrived, and what became of it", _told(post)))


def _told(post: Post) -> str:
    """The newest letters with their journeys."""
    letters = post.letters
    told = [f"{len(letters)} letters arrived"]
    for letter in letters[-MAX_SHOWN:]:
        told.append(f"to {', '.join(letter.envelope)}: {letter.subject}")
        with contextlib.suppress(AssertionError):
            told.append(post.outcome(letter.envelope[0], timeout=1).text)
    return "\n\n".join(told)


class Compatible:
    """Fixtures by which other plugins are known; ours do not have to be installed beside them."""

    @pytest.fixture
    def smtpserver(self, pyeonji: Post) -> _Outbox:
        """pytest-localserver's: `addr`, `outbox`."""
        return _Outbox(pyeonji)

    @pytest.fixture
    def smtpd(self, pyeonji: Post) -> _Outbox:
        """smtpdfix's: `hostname`, `port`, `messages`."""
        return _Outbox(pyeonji)


class _Outbox:
    def __init__(self, post: Post) -> None:
        self._post = post
        self.hostname, self.port = post.smtp.host, post.smtp.port
        self.addr = (post.smtp.host, post.smtp.port)

    @property
    def outbox(self) -> list[Any]:
        """As email.message.Message, oldest first."""
        import email
        import email.policy

        return [email.message_from_bytes(one.octets, policy=email.policy.default) for one in self._post.letters]

    messages = outbox

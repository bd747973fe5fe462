"""One server with pages, asked without a network: two people, an administrator, a clock that is pushed."""

from kit.browser import Browser
from pyeonji.acceptance.accept import Acceptance
from pyeonji.acceptance.wake import Wake
from pyeonji.directory.guard import Guard
from pyeonji.directory.login import Logins, make_credentials
from pyeonji.directory.settings import GuardSettings
from pyeonji.net.clock import PushedClock
from pyeonji.net.ids import Ids
from pyeonji.store import administrators, directory
from pyeonji.store.home import open_home
from pyeonji.submission.door import Door
from pyeonji.web.app import site_app

DAY_US = 86_400 * 1_000_000
START_US = 1_790_000_000_000_000  # a day in September 2026
PASSWORD = "correct horse"
CREDENTIALS = make_credentials(PASSWORD, cheap=True)
PEOPLE = ("kim@a.test", "lee@a.test", "eve@a.test", "boss@a.test")


class Impatient(PushedClock):
    """Whoever must wait has waited."""

    async def sleep(self, seconds):
        pass


class WebSite:
    """As much of a server as its pages ask for; boss@a.test is the administrator."""

    hostname = "mail.a.test"
    base_url = "https://mail.a.test"
    max_size = 1 << 20
    metrics_allowed = ()
    metrics_names = ()
    certificates = ((hostname, (START_US + 80 * DAY_US) // 1_000_000),)

    def __init__(self, folder):
        self.home = open_home(folder / "data", create=True, synchronous="OFF")  # power stays on in these tests
        self.clock = Impatient(START_US)
        self.wake = Wake()
        self.guard = Guard(GuardSettings(exempt=()), self.clock)
        self.logins = Logins(self.home, self.clock)
        self.acceptance = Acceptance(self.home, self.clock, Ids(self.clock), self.hostname, self.wake)
        self.door = Door(self.acceptance, 5 * DAY_US)
        self.home.engine.write_now(directory.add_domain, "a.test", START_US)
        facts = {"language": "ko", "quota_octets": 0, "credentials": CREDENTIALS, "now_us": START_US}
        self.people = {
            address: self.home.engine.write_now(directory.add_account, address, name="", **facts).id
            for address in PEOPLE
        }
        self.home.engine.write_now(administrators.set_administrator, self.people["boss@a.test"], True)
        self.app = site_app(self)

    def browser(self, peer="192.0.2.1", language="en"):
        return Browser(self.app, self.hostname, peer, language)

    async def of(self, login, next_="/", **facts):
        """A browser in which somebody is signed in."""
        browser = self.browser(**facts)
        found = await browser.sign_in(login, PASSWORD, next_)
        assert found.status == 303, found.text
        return browser

    def sts_policy(self, domain):
        return ""

    def mail_servers(self):
        return ()

    def sign(self, octets):
        return octets

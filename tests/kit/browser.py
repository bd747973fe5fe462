"""A browser without a screen: keeps cookies as one does, fills in forms, and says from which page it comes."""

import re
import urllib.parse
from html import unescape

from kit.asgi import ask

FORM = "application/x-www-form-urlencoded"


class Browser:
    """One of somebody; `app` is an ASGI application."""

    def __init__(self, app, host="mail.a.test", peer="192.0.2.1", language="en"):
        self.app, self.host, self.peer, self.language = app, host, peer, language
        self.cookies = {}
        self.page = None
        self.stream = ""  # all that has come of the page that is being loaded
        self.heard = None

    async def go(self, path, method="GET", body=b"", **headers):
        """One request; the answer, its text in `text`."""
        fields = {"accept-language": self.language, "user-agent": "Kit/1.0"} | headers
        if self.cookies:
            fields["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.stream = ""
        found = await ask(
            self.app, method, path, body=body, headers=fields, peer=self.peer, host=self.host, heard=self._hear
        )
        found.text = found.body.decode()
        for name, value in found.cookies:
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        self.page = found
        return found

    def _hear(self, octets):
        self.stream += octets.decode()
        if self.heard is not None:
            self.heard(octets)

    async def post(self, path, fields, origin=None, **headers):
        """A form of the page that is open: with its token, unless the test says another."""
        token = re.search(r'name="token" value="([^"]*)"', self.page.text) if self.page else None
        if token and "token" not in fields:
            fields = {"token": unescape(token.group(1)), **fields}
        return await self.go(
            path, "POST", urllib.parse.urlencode(fields).encode(),
            **{"content-type": FORM, "origin": origin or f"http://{self.host}", **headers},
        )  # fmt: skip

    async def sign_in(self, login, password, next_="/"):
        await self.go(f"/signin?next={urllib.parse.quote(next_)}")
        return await self.post("/signin", {"login": login, "password": password, "next": next_})

    def hidden(self, name):
        """The value of a field, or of a data- attribute, of the open page."""
        return unescape(re.search(rf'(?:name="{name}" value|data-{name})="([^"]*)"', self.page.text).group(1))

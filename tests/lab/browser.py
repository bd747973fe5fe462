"""Somebody with a browser that has no script: follows links, sends forms, remembers where it is."""

import http.client
import re
import urllib.parse

from kit.patience import PATIENCE_S

FIELD = re.compile(r"<(?:h1|h2|p|li|td|a|option|button|legend|figcaption)\b")


class Browser:
    def __init__(self, port: int, language: str = "ko") -> None:
        self._port = port
        self._language = language
        self.path = ""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.page = ""

    def get(self, path: str, **headers: str) -> str:
        return self._ask("GET", path, "", headers)

    def post(self, path: str, *, form: dict[str, str] | None = None, **headers: str) -> str:
        """And follows where the answer leads."""
        body = urllib.parse.urlencode(form or {})
        found = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
        return self._ask("POST", path, body, {**found, **headers})

    def _ask(self, method: str, path: str, body: str, headers: dict[str, str]) -> str:
        client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            client.request(method, path.partition("#")[0], body or None, {"Accept-Language": self._language, **named})
            answer = client.getresponse()
            self.status, self.page = answer.status, answer.read().decode()
            self.headers = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            client.close()
        self.path = path
        if self.status == 303:
            return self._ask("GET", self.headers["location"], "", {})
        return self.page

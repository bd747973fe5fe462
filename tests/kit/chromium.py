"""A real Chromium, driven by WebDriver, which is JSON over HTTP: nothing need be installed in Python for it."""

import base64
import http.client
import json
import shutil
import subprocess
from pathlib import Path

from kit.patience import PATIENCE_S

AXE = Path(__file__).resolve().parent.parent / "cases" / "axe" / "axe.min.js"
DESKTOP, PHONE, NARROW = (1200, 900), (390, 844), (360, 780)
TAB, ENTER, RIGHT, SPACE = "\ue004", "\ue007", "\ue014", " "
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# Rules that check every page; "best-practice" is somebody's taste, WCAG is the law here.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def programs():
    """(chromium, chromedriver), or None where one of them is not installed."""
    found = [shutil.which(name) for name in ("chromium", "chromedriver")]
    return tuple(found) if all(found) else None


class Chromium:
    """`with Chromium() as browser: browser.go("http://...")`; `size` in CSS pixels; `scripts` False runs none."""

    def __init__(self, size=DESKTOP, *, scripts=True, dark=False, language="en"):
        self._size, self._scripts, self._dark, self._language = size, scripts, dark, language

    def __enter__(self):
        chromium, driver = programs()
        self._process = subprocess.Popen(
            [driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for line in self._process.stdout:
            if "started successfully on port" in line:
                self._port = int("".join(char for char in line.rpartition("on port")[2] if char.isdigit()))
                break
        width, height = self._size
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     f"--window-size={width},{height}", f"--lang={self._language}"]  # fmt: skip
        options = {"binary": chromium, "args": arguments, "prefs": {"intl.accept_languages": self._language}}
        if width < 500:  # no window is that narrow
            options["mobileEmulation"] = {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 2}}
        if not self._scripts:
            options["prefs"]["profile.managed_default_content_settings.javascript"] = 2
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
        try:
            self._session = self._ask("POST", "/session", wanted, whole=True)["sessionId"]
        except BaseException:
            self._end()
            raise
        if self._dark:
            media = [{"name": "prefers-color-scheme", "value": "dark"}]
            self.cdp("Emulation.setEmulatedMedia", features=media)
        return self

    def __exit__(self, *_):
        try:
            self._ask("DELETE", f"/session/{self._session}", whole=True)
        finally:
            self._end()

    def _end(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def go(self, url):
        self._say("POST", "/url", {"url": url})

    @property
    def url(self):
        return self._say("GET", "/url")

    def run(self, script, *arguments):
        """A script of the test, which no policy of the page forbids."""
        return self._say("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def later(self, script):
        """The same, for a script that calls its last argument when it is done."""
        return self._say("POST", "/execute/async", {"script": script, "args": []})

    def text(self, selector="body"):
        return self._say("GET", f"/element/{self._find(selector)}/text")

    def wait_for(self, selector):
        """Until the page has it."""
        self._say("POST", "/timeouts", {"implicit": PATIENCE_S * 1000 / 2})
        self._find(selector)
        self._say("POST", "/timeouts", {"implicit": 0})

    def click(self, selector):
        self._say("POST", f"/element/{self._find(selector)}/click", {})

    def type(self, selector, text):
        self._say("POST", f"/element/{self._find(selector)}/value", {"text": text})

    def press(self, *keys):
        """Keys, as from a keyboard, to whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._say("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def focused(self):
        """What has the focus, in a few words."""
        return self.run(
            "const e = document.activeElement; return [e.tagName, e.id, e.getAttribute('href') || '',"
            " (e.textContent || e.value || '').trim().slice(0, 60)]"
        )

    def troubles(self):
        """What axe-core says is serious or critical."""
        self.run(AXE.read_text("utf-8"))
        found = self.later(
            "const done = arguments[arguments.length - 1];"
            f"axe.run(document, {{runOnly: {json.dumps(TAGS)}}}).then(done, e => done({{error: String(e)}}))"
        )
        assert "error" not in found, found
        return [
            (one["id"], one["help"], [node["html"][:160] for node in one["nodes"]])
            for one in found["violations"] if one["impact"] in ("serious", "critical")
        ]  # fmt: skip

    def picture(self, path, kind="png", quality=55):
        """The whole page."""
        size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": self._size[0], "height": min(size["height"], 6_000), "scale": 1}
        more = {} if kind == "png" else {"quality": quality}
        found = self.cdp("Page.captureScreenshot", format=kind, captureBeyondViewport=True, clip=clip, **more)
        Path(path).write_bytes(base64.b64decode(found["data"]))

    def cdp(self, command, **parameters):
        return self._say("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def give_key(self):
        """A device with passkeys, whose owner is always there and verified."""
        device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                  "isUserVerified": True, "isUserConsenting": True}  # fmt: skip
        self._say("POST", "/webauthn/authenticator", device)

    # ── below ──

    def _find(self, selector):
        return self._say("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def _say(self, method, path, body=None):
        return self._ask(method, f"/session/{self._session}{path}", body)["value"]

    def _ask(self, method, path, body=None, *, whole=False):
        client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        try:
            client.request(method, path, None if body is None else json.dumps(body))
            found = json.loads(client.getresponse().read())
        finally:
            client.close()
        value = found.get("value")
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(f"{value['error']}: {value.get('message', '')[:300]}")
        return value if whole else found

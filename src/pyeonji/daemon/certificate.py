"""Which certificates the listeners show, and looking whether there are new ones."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyeonji.catalog.cli import say
from pyeonji.config.model import Settings
from pyeonji.daemon.rounds import Rounds
from pyeonji.net.certificates import BadCertificate, Certificates, Files, Shown, files_at, load, load_all
from pyeonji.net.clock import Clock
from pyeonji.net.personal import Personal
from pyeonji.net.revoked import Revoked, revoked_in
from pyeonji.net.tls import self_signed
from pyeonji.store.directory import LOCALHOST

LOOK_S = 5.0  # seconds between two looks at the files
ISSUED = "acme"  # folder below DATA/tls of those that a certificate authority gave us by ACME


def files_of(settings: Settings, now_us: int) -> tuple[Files, ...]:
    """All of them, the first for who asks for no name; where there is none, one is made."""
    found = [files for _, files in _named(settings)]
    issued = (settings.data / "tls" / ISSUED).glob("*.pem")
    found += [Files(path, path) for path in sorted(issued, key=lambda path: (path.stem != settings.hostname, path))]
    if not found:
        names = (settings.hostname, LOCALHOST) if settings.hostname != LOCALHOST else (LOCALHOST,)
        found = [Files(*self_signed(settings.data / "tls", names, now_us))]
    return tuple(found)


def shown_by(settings: Settings, now_us: int, clock: Clock | None = None) -> tuple[Shown, ...]:
    """They, read; raises BadCertificate.  Called before the workers start, too: all of them show the same."""
    personal = personal_of(settings, clock)
    return load_all(files_of(settings, now_us), end_point_alone=settings.tls.bind_to_certificate, personal=personal)


def personal_of(settings: Settings, clock: Clock | None = None) -> Personal | None:
    """The certificates of people; raises BadCertificate."""
    if not settings.personal.is_on:
        return None
    try:
        return Personal(settings.personal, clock)
    except OSError as error:
        raise BadCertificate("tls.unreadable", path=str(error.filename), reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise BadCertificate("tls.no_personal", reason=str(error)) from error


def revoked_by(settings: Settings) -> Revoked:
    """What proves nothing of the servers of others any more; raises BadCertificate."""
    try:
        return revoked_in(settings.relay.revoked)
    except OSError as error:
        raise BadCertificate("tls.unreadable", path=str(error.filename), reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise BadCertificate("tls.no_revoked", reason=str(error)) from error


def amiss(settings: Settings, now_us: int) -> Iterator[tuple[str, BadCertificate]]:
    """(setting, what is wrong) with whatever the settings name; nothing is made, and all of it is told at once."""
    shown = []
    for setting, files in _named(settings):
        try:
            shown.append(load(files, end_point_alone=settings.tls.bind_to_certificate))
        except BadCertificate as error:
            yield setting, error
            continue
        if shown[-1].until_s <= now_us // 1_000_000:
            yield setting, BadCertificate("tls.expired_already", path=str(files.chain))
    known = sorted({name for one in shown for name in one.names})
    wanted = settings.hostname if not settings.acme.directory else LOCALHOST  # an authority is asked for ours
    if shown and wanted != LOCALHOST and Certificates(tuple(shown)).naming(wanted) is None:
        yield "tls", BadCertificate("tls.unknown", name=wanted, known=", ".join(known) or "-")
    for setting, read in (("personal", personal_of), ("relay.revoked", revoked_by)):
        try:
            read(settings)
        except BadCertificate as error:
            yield setting, error


def _named(settings: Settings) -> Iterator[tuple[str, Files]]:
    """Certificates that are somebody's own to look after."""
    if settings.tls.cert and settings.tls.key:
        yield "tls.cert", Files(Path(settings.tls.cert), Path(settings.tls.key))
    for path in settings.tls.more:
        yield "tls.more", files_at(Path(path))


def refusal(error: BadCertificate) -> str:
    """The line for the log, in English as all there."""
    return say("en", "tls.stays", reason=say("en", error.key, **error.slots))


def _others(settings: Settings) -> Iterator[str]:
    """Files beside our own certificates: of the authorities of people, and what was taken back."""
    if settings.personal.roots:
        yield settings.personal.roots
    yield from (entry.partition(" ")[2].strip() for entry in settings.personal.certificates)
    yield from settings.personal.revoked
    yield from settings.relay.revoked


class Watch:
    """Looks at the files every few seconds: what is new and good is shown from then on; if it is bad, the old stays."""

    def __init__(self, settings: Settings, clock: Clock, spare: tuple[Shown, ...] = ()) -> None:
        """`spare`: what was good when somebody last looked, for a worker that begins while what is there is bad.

        Without it BadCertificate is raised.
        """
        self._settings = settings
        self._clock = clock
        self._mark = self._look_at()
        self.problem: BadCertificate | None = None
        try:
            shown, personal = shown_by(settings, clock.now_us(), clock), personal_of(settings, clock)
            self.certificates = Certificates(shown, personal)
            self.revoked = revoked_by(settings)
        except BadCertificate as error:
            if not spare:
                raise
            self.problem = error
            sys.stderr.write(f"{refusal(error)}\n")
            self.certificates = Certificates(spare, spare[0].context.personal)
            self.revoked = Revoked()
        self._rounds = Rounds(clock, "looking at the certificates", self._look, every_s=LOOK_S, first_s=LOOK_S)

    async def start(self) -> None:
        await self._rounds.start()

    async def stop(self) -> None:
        await self._rounds.stop()

    def look(self) -> None:
        """Show what is new, if it is good; else say once what is wrong."""
        mark = self._look_at()
        if mark == self._mark:
            return
        self._mark = mark
        try:
            shown = shown_by(self._settings, self._clock.now_us(), self._clock)
            self._refuse_expired(shown)
            revoked = revoked_by(self._settings)
        except BadCertificate as error:
            self.problem = error
            sys.stderr.write(f"{refusal(error)}\n")
            return
        self.problem = None
        self.certificates.show(shown)
        self.revoked = revoked

    def told(self) -> dict[str, Any]:
        """For `status`."""
        problem = {"key": self.problem.key, "slots": self.problem.slots} if self.problem else None
        return {"certificates": [one.told() for one in self.certificates.shown], "certificate_problem": problem}

    def _look_at(self) -> tuple[object, ...]:
        files = files_of(self._settings, self._clock.now_us())
        others = [Files(path, path) for path in map(Path, _others(self._settings))]
        return tuple((one, one.mark) for one in (*files, *others))

    def _refuse_expired(self, shown: tuple[Shown, ...]) -> None:
        now_s = self._clock.now_us() // 1_000_000
        known = {one.fingerprint for one in self.certificates.shown}
        for one in shown:
            if one.until_s <= now_s and one.fingerprint not in known:
                raise BadCertificate("tls.expired_already", path=str(one.files.chain))

    async def _look(self) -> None:
        self.look()

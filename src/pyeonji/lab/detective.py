"""The board's case: a letter to set a new password did not come.  Six endings; who finds the cause has solved it.

Each case is a real letter that the board hands in (or does not); what became of it stands on its journey page.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from pyeonji.journey.event import Filed
from pyeonji.journey.receipt import NotAReceipt, parse_receipt
from pyeonji.journey.story import Story
from pyeonji.lab.board.codes import DOMAIN as BOARD
from pyeonji.lab.board.codes import code_for
from pyeonji.lab.board.post import SENDER, NotHandedIn, ResetLetter
from pyeonji.lab.play import events_of, settled
from pyeonji.lab.roster import HOSTS, OLD, QUIET
from pyeonji.lab.world import World
from pyeonji.lab.writer import QUEUED
from pyeonji.web.archive import Archive

MAX_CASES = 500  # open at the same time; the oldest is closed for the next
MAX_ANSWERS = 100  # of one player to one case
SETTLED_S = 8.0  # seconds a letter may take until it is known what became of it
JUNK = "Junk"


class PostOffice(Protocol):
    """How the board hands in a letter."""

    async def hand_in(self, letter: ResetLetter) -> None: ...


@dataclass(frozen=True, slots=True)
class Ending:
    """Whose letter it is.  Nothing in the address says what will happen."""

    name: str
    to: str
    sender: str = SENDER
    called: bool = True


ENDINGS: dict[str, Ending] = {
    one.name: one
    for one in (
        Ending("typo", "minsu@4bna.test"),
        Ending("full", "hana@3ban.test"),
        Ending("greylist", "dojun@3ban.test"),
        Ending("spf", "minsu@4ban.test", sender=f"noreply@{OLD}"),
        Ending("junk", "bora@4ban.test", sender=f"noreply@{QUIET}"),
        Ending("silent", "younghee@2ban.test", called=False),
    )
}
BY_CAUSE = {"addr.domain_not_found": "typo", "mbox.full": "full", "server.greylisted": "greylist", "spf.fail": "spf"}


@dataclass(slots=True)
class Case:
    """One that was opened.  `answers` are the player's, the last one counts."""

    number: str
    ending: Ending
    at_us: int
    answers: list[str]
    code: str = ""  # the support code that the board said
    problem: str = ""  # the board could not hand it in at all

    @property
    def to(self) -> str:
        """An address of its own, or the second pupil's letter would not be greylisted any more."""
        local_part, _, domain = self.ending.to.partition("@")
        return f"{local_part}+{self.number}@{domain}"

    @property
    def message_id(self) -> str:
        return f"<reset-{self.number}@board.test>"

    @property
    def solved(self) -> bool:
        return bool(self.answers) and self.answers[-1] == self.ending.name


class Cases:
    """The cases of one lab."""

    def __init__(self, world: World, office: PostOffice | None) -> None:
        self._world = world
        self._office = office
        self._known: OrderedDict[str, Case] = OrderedDict()

    async def open(self, ending: str = "", subject: str = "reset", text: str = "http://board.test/reset\n") -> Case:
        """Of this ending, or one drawn by lot."""
        drawn = ENDINGS[ending] if ending in ENDINGS else secrets.choice(list(ENDINGS.values()))
        case = Case(secrets.token_hex(4), drawn, self._world.clock.now_us(), [])
        self._known[case.number] = case
        if len(self._known) > MAX_CASES:
            self._known.popitem(last=False)
        await self._world.forget_allowed()
        if drawn.called:
            letter = ResetLetter(case.to, case.number, subject, text, drawn.sender)
            try:
                if self._office is None:
                    raise NotHandedIn("pyeonji-sendmail")
                await self._office.hand_in(letter)
            except NotHandedIn as error:
                case.problem = str(error)
        case.code = await code_for(self._world, case.message_id)
        return case

    def get(self, number: str) -> Case | None:
        return self._known.get(number)

    def answer(self, number: str, answer: str) -> Case | None:
        """What the player says; nothing that is no ending counts."""
        case = self._known.get(number)
        if case is not None and answer in ENDINGS and len(case.answers) < MAX_ANSWERS:
            case.answers.append(answer)
        return case


async def found_out(world: World, case: Case) -> tuple[str, Story | None]:
    """The ending as the journeys tell it, and the story at the board; "" when they do not."""
    archive = Archive({domain: node.home for domain, node in world.nodes.items()})
    ours = [one for one in await archive.search(case.message_id) if one.place == BOARD]
    if not ours:
        return "silent", None
    await settled(world.nodes[BOARD].home, ours[-1].story.id, SETTLED_S, until_tried=True)
    found = await archive.letter(ours[-1].story.id)
    told = found.story if found else ours[-1].story
    (one,) = told.recipients
    if one.state == "delivered":
        return ("junk" if await _is_junk(world, told) else ""), told
    return BY_CAUSE.get(one.cause, ""), told


async def _is_junk(world: World, told: Story) -> bool:
    """The next server's journey says into which mailbox the letter went."""
    for step in told.steps:
        queued = QUEUED.search(step.text) if step.event == "delivered" else None
        if queued is None:
            continue
        try:
            number = parse_receipt(queued.group(1)).number
        except NotAReceipt:
            continue
        for place in set(HOSTS.values()):
            events = await events_of(world.nodes[place.domain].home, number)
            if any(isinstance(event, Filed) and event.mailbox == JUNK for event in events):
                return True
    return False

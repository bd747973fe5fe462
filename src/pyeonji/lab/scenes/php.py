"""A web board calls mail(): PHP, our sendmail, the queue.  Without PHP the board starts sendmail itself."""

from pyeonji.lab.board.post import NotHandedIn, ResetLetter, post_office
from pyeonji.lab.play import NotPlayed
from pyeonji.lab.stage import Stage
from pyeonji.store import journey

READER, DOMAIN = "younghee@2ban.test", "board.test"


async def play(stage: Stage) -> None:
    office = post_office(stage.world.nodes[DOMAIN].settings.data)
    if office is None:
        raise NotPlayed("scene.php.no_sendmail")
    stage.act("scene.php.call")
    stage.tell(office.key)
    mark = stage.mark()
    letter = ResetLetter(READER, mark, "비밀번호 찾기", "http://board.test/reset/example\n")
    stage.screen("scene.php.code", [f"mail('{READER}', '…', '…', ['From' => 'noreply@board.test'])", "sendmail -t -i"])
    try:
        await office.start()
        await office.hand_in(letter)
    except NotHandedIn as error:
        raise NotPlayed("board.not_called", why=error) from error
    finally:
        await office.stop()
    await _journey(stage, letter.message_id)


async def _journey(stage: Stage, message_id: str) -> None:
    home = stage.world.nodes[DOMAIN].home
    numbers = await home.engine.read(journey.with_message_id, message_id)
    if not numbers:
        raise NotPlayed("scene.no_story", domain=DOMAIN, number=message_id)
    facts = await home.engine.read(journey.message, numbers[0])
    via = facts.via if facts else ""
    stage.check(via == "sendmail", "scene.php.via", via=via)
    stage.letter(numbers[0])
    await stage.carried((DOMAIN, numbers[0]))
    found = await stage.mailbox(READER, message_id)
    stage.check(len(found) == 1, "scene.php.arrived", address=READER)

"""The board's case, played by the lab itself: a letter does not come, and the journeys say why."""

from pyeonji.lab.board.codes import DOMAIN as BOARD
from pyeonji.lab.board.post import NotHandedIn, post_office
from pyeonji.lab.detective import Cases, found_out
from pyeonji.lab.play import NotPlayed
from pyeonji.lab.stage import Stage


async def play(stage: Stage) -> None:
    office = post_office(stage.world.nodes[BOARD].settings.data)
    try:
        if office is not None:
            await office.start()
        case = await Cases(stage.world, office).open(stage.choice)
    except NotHandedIn as error:
        raise NotPlayed("board.not_called", why=error) from error
    finally:
        if office is not None:
            await office.stop()
    if case.problem:
        raise NotPlayed("board.not_called", why=case.problem)
    stage.act("scene.reset.complaint", address=case.to, number=case.code)
    found, told = await found_out(stage.world, case)
    if told is None:
        stage.tell("scene.reset.nothing")
    else:
        stage.letter(told.id)
        await stage.play.read_aloud(BOARD, told.id)
    stage.act("scene.reset.solution")
    stage.check(found == case.ending.name, f"scene.reset.is_{case.ending.name}")

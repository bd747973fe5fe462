"""10, 15, 20: when the first of the class is not there, the second takes the note; when nobody is, it waits."""

from pyeonji.lab.stage import Stage, plain

DOMAIN, READER, WRITER = "2ban.test", "younghee@2ban.test", "chulsoo@1ban.test"
WAIT_S = 1_800  # seconds the clock is pushed when all are well again


async def play(stage: Stage) -> None:
    hosts = {name: stage.world.hosts[name] for name in ("mx1.2ban.test", "mx2.2ban.test", "mx3.2ban.test")}
    stage.act("scene.mx.list", domain=DOMAIN)
    records = await stage.lookup(DOMAIN)
    stage.check([record.split()[0] for record in sorted(records)] == ["10", "15", "20"], "scene.mx.ordered")
    try:
        for at, (name, host) in enumerate(hosts.items()):
            await _taken_by(stage, name, aloud=at < 1)
            stage.act("scene.mx.break", host=name)
            await host.break_("off")
        await _nobody(stage)
    finally:
        for host in hosts.values():
            await host.heal()


async def _taken_by(stage: Stage, host: str, *, aloud: bool) -> None:
    content = plain(WRITER, READER, "lunch", "점심 같이 먹자\n")
    sent = await stage.send(WRITER, (READER,), content, aloud=aloud)
    if aloud:
        delivered = [event.host for event in await stage.carried(sent)]
    else:
        await stage.state(sent)
        delivered = await stage.delivered_to(sent)
    stage.check(delivered == [host], "scene.mx.taken", host=host)


async def _nobody(stage: Stage) -> None:
    sent = await stage.send(WRITER, (READER,), plain(WRITER, READER, "lunch", "아무도 없니?\n"), aloud=False)
    state = await stage.state(sent, until_tried=True)
    stage.check(state == "waiting", "scene.mx.waits")
    stage.act("scene.mx.heal")
    for name in ("mx1.2ban.test", "mx2.2ban.test", "mx3.2ban.test"):
        await stage.world.hosts[name].heal()
    stage.world.push(WAIT_S)
    stage.check(await stage.state(sent) == "done", "scene.mx.later", host=" ".join(await stage.delivered_to(sent)))

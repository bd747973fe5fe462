"""A worker of a server in a process of its own, whose clock, DNS and disk obey whoever holds its standard input.

python -m stress.chaos_node DATA JSON: {"ports": {service: port}, "hosts": {host: port}, "pushed": seconds,
"worker": number, "engine_url": PostgreSQL or ""}.  Lines of JSON come in and are answered: {"push": seconds},
{"dns": bool}, {"full": bool}.
"""

import asyncio
import functools
import json
import resource
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pyeonji.config.model import Listen, default_settings
from pyeonji.daemon import assemble
from pyeonji.daemon.assemble import Outside
from pyeonji.filters.trust import TrustSettings
from pyeonji.net.clock import PushedClock
from pyeonji.proto.dns import SERVFAIL, answer_in
from pyeonji.relay.settings import RelaySettings
from pyeonji.store.home import open_home


class Names:
    """A DNS that can die."""

    vouches = True

    def __init__(self, hosts):
        self.lives = True
        self.zone = {(f"{host.removeprefix('mx.')}", "MX"): (f"10 {host}",) for host in hosts}
        self.zone |= {(host, "A"): ("127.0.0.1",) for host in hosts}

    async def lookup(self, question):
        return answer_in(self.zone, question) if self.lives else SERVFAIL

    async def answer_with(self, asking):
        try:
            question = next(asking)
            while True:
                question = asking.send(await self.lookup(question))
        except StopIteration as stop:
            return stop.value


def settings_of(data, ports):
    listeners = tuple(Listen(service, "127.0.0.1", port) for service, port in ports.items())
    return replace(
        default_settings(data), hostname="mx.us.example", listeners=listeners, trust=TrustSettings(check="nobody"),
        relay=RelaySettings(allow_loopback=True, keep_open=timedelta(0)),
    )  # fmt: skip


async def obey(node, clock, names, told):
    if "push" in told:
        clock.push(told["push"])
    if "dns" in told:
        names.lives = told["dns"]
    if "full" in told:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (0 if told["full"] else hard, hard))
    return {"now_us": clock.now_us()}


async def main(data, facts):
    clock, names = PushedClock(), Names(facts["hosts"])
    clock.push(facts["pushed"])
    if facts["engine_url"]:
        assemble.open_home = functools.partial(open_home, engine_url=facts["engine_url"])
    outside = Outside(
        clock=clock, resolver=names, route=lambda host, address, port: ("127.0.0.1", facts["hosts"][host]),
        worker=facts["worker"], indexer=facts["worker"] == 0,
    )  # fmt: skip
    node = assemble.Node(settings_of(data, facts["ports"]), outside)
    await node.start()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print(json.dumps({"now_us": clock.now_us()}), flush=True)
    while line := await reader.readline():
        print(json.dumps(await obey(node, clock, names, json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), json.loads(sys.argv[2])))

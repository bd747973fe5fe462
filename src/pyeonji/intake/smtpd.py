"""Drives the SMTP receiver on one connection: ports 25, 587, 465, LMTP, and the socket of sendmail(8).

The machine knows order and framing, the rules know permission, the acceptance station takes the letter; here they are
introduced to each other, and every line passes the recorder.
"""

import asyncio

from pyeonji.acceptance.recorder import Recorder
from pyeonji.directory.guard import Turned
from pyeonji.intake.context import IntakeContext
from pyeonji.intake.crossing import Crossing
from pyeonji.intake.dialogue import Dialogue
from pyeonji.intake.policy import Drop
from pyeonji.intake.service import Service
from pyeonji.net.stream import Stream
from pyeonji.proto.sasl import MECHANISMS
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.extension import Extensions
from pyeonji.proto.smtp.limits import Limits
from pyeonji.proto.smtp.receiver import Receiver
from pyeonji.store import directory
from pyeonji.store.engine.base import StoreError

TURNED_AWAY = {
    Turned.FAILURES: replies.TOO_MANY_FAILURES,
    Turned.CONNECTIONS: replies.TOO_MANY_CONNECTIONS,
}
KERNEL = "local socket"  # how we know who speaks there: the kernel says it


async def serve(stream: Stream, service: Service, context: IntakeContext) -> None:
    """One connection, from the greeting to the end."""
    is_ours = service.lmtp or context.trusts(stream.peer_ip)
    with context.guard.visit("" if is_ours else stream.peer_ip, logs_in=service.needs_login) as turned:
        await _serve(stream, service, context, turned)


async def _serve(stream: Stream, service: Service, context: IntakeContext, turned: Turned | None) -> None:
    acceptance = context.acceptance
    recorder = Recorder.visited(acceptance.home, acceptance.clock, acceptance.ids, service.name, stream)
    domain = await _own_domain(context) if service.local_socket else ""
    if service.local_socket and (user := stream.peer_user):
        recorder.logged_in(user, KERNEL)
    dialogue = Dialogue(receiver(stream, service, context, domain), stream, service, context, recorder)
    because = "closed without QUIT"
    try:
        if turned is not None:
            because = turned.value
            if not context.guard.is_news(stream.peer_ip):
                recorder.fold()
            await stream.write(dialogue.say(TURNED_AWAY[turned]))
            return
        because = await _talk(stream, dialogue, context)
        if because:
            await stream.linger()
    except TimeoutError:
        because = "too slow"
        await _farewell(stream, recorder)
    except ConnectionError as error:
        because = str(error)
    except Drop:
        because = "dropped by policy"
    finally:
        dialogue.forget()
        await stream.close()
        await recorder.close(because)


async def _own_domain(context: IntakeContext) -> str:
    acceptance = context.acceptance
    try:
        return await acceptance.home.engine.read(directory.own_domain, context.domain, acceptance.hostname)
    except StoreError:
        return context.domain  # the letter itself will hear that the store is away


def receiver(stream: Stream, service: Service, context: IntakeContext, own_domain: str = "") -> Receiver:
    """The machine for this port, announcing what is possible now."""
    plain = context.settings.plain_login
    in_clear = plain == "always" or (plain == "loopback" and stream.is_loopback)
    offered = MECHANISMS if service.offers_login else ()
    extensions = Extensions(
        size=context.settings.max_size,
        starttls=context.tls is not None and not (stream.encrypted or service.lmtp or service.local_socket),
        auth=offered if in_clear or stream.encrypted else (),
        auth_after_tls=offered,
        own_domain=own_domain,
    )
    limits = Limits(max_size=context.settings.max_size, max_recipients=context.settings.max_recipients)
    return Receiver(context.acceptance.hostname, extensions, limits, lmtp=service.lmtp)


async def _talk(stream: Stream, dialogue: Dialogue, context: IntakeContext) -> str:
    """Until the end; why it ended ("" after QUIT)."""
    command_s = context.settings.command_timeout.total_seconds()
    await asyncio.sleep(0)  # octets that came with the connection reach the stream only when the loop has turned
    if stream.has_unread:
        await stream.write(dialogue.say(replies.TALKS_TOO_EARLY))
        return "talked before the greeting"
    await stream.write(dialogue.greet())
    stream.parting = dialogue.part
    content: Crossing | None = None
    stream.set_deadline(command_s)
    while octets := await stream.read():
        out = await dialogue.hear(octets)
        if out:
            await stream.write(out)
        if dialogue.over is not None:
            return dialogue.over
        if dialogue.wants_tls and not await dialogue.start_tls():
            return "octets behind STARTTLS"
        if dialogue.in_content:
            content = content or Crossing(context.settings, asyncio.get_running_loop().time())
            stream.set_deadline(content.patience_s(len(octets), asyncio.get_running_loop().time()))
        elif out or content is not None:  # a whole command, not an octet, shows that somebody is there (S10)
            content = None
            stream.set_deadline(command_s)
    return "closed without QUIT"


async def _farewell(stream: Stream, recorder: Recorder) -> None:
    """421 before we hang up on somebody who does not speak any more."""
    octets = replies.TOO_SLOW.to_wire()
    recorder.replied(octets)
    stream.set_deadline(1.0)
    try:
        await stream.write(octets)
    except (ConnectionError, TimeoutError):
        return
    await stream.linger()

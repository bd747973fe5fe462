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
from pyeonji.intake.service import MX, Service
from pyeonji.net.stream import Stream
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.extension import Extensions
from pyeonji.proto.smtp.limits import Limits
from pyeonji.proto.smtp.receiver import Receiver
from pyeonji.store import directory
from pyeonji.store.engine.base import StoreError

TURNED_AWAY = {
    Turned.FAILURES: replies.TOO_MANY_FAILURES,
    Turned.GUESSES: replies.TOO_MANY_GUESSES,
    Turned.CONNECTIONS: replies.TOO_MANY_CONNECTIONS,
}
KERNEL = "local socket"  # how we know who speaks there: the kernel says it


async def serve(stream: Stream, service: Service, context: IntakeContext) -> None:
    """One connection, from the greeting to the end; with XCLIENT it begins again, as somebody else's."""
    introduces = context.front.may_introduce(stream.peer_ip)
    speaks = True
    while speaks:
        is_ours = service.lmtp or context.trusts(stream.peer_ip) or context.front.may_introduce(stream.peer_ip)
        with context.guard.visit("" if is_ours else stream.peer_ip, logs_in=service.needs_login) as turned:
            speaks = await _serve(stream, service, context, turned, introduces)


async def _serve(
    stream: Stream, service: Service, context: IntakeContext, turned: Turned | None, introduces: bool
) -> bool:
    """True when the peer has said for whom it speaks from here on."""
    acceptance = context.acceptance
    recorder = Recorder.visited(acceptance.home, acceptance.clock, acceptance.ids, service.name, stream)
    domain = await _own_domain(context) if service.local_socket else ""
    if service.local_socket and (user := stream.peer_user):
        recorder.logged_in(user, KERNEL)
    machine = receiver(stream, service, context, domain, introduces)
    dialogue = Dialogue(machine, stream, service, context, recorder)
    because = "closed without QUIT"
    try:
        unwelcome = dialogue.unwelcome() if turned is None else (turned.value, TURNED_AWAY[turned])
        if unwelcome is not None:
            because, reply = unwelcome
            if not context.guard.is_news(stream.peer_ip):
                recorder.fold()
            await stream.write(dialogue.say(reply))
            return False
        because = await _talk(stream, dialogue, service, context)
        if because and dialogue.client is None:
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
        if dialogue.client is None:
            await stream.close()
        await recorder.close(because)
    if dialogue.client is None:
        return False
    stream.comes_from(*dialogue.client)
    return True


async def _own_domain(context: IntakeContext) -> str:
    acceptance = context.acceptance
    try:
        return await acceptance.home.engine.read(directory.own_domain, context.domain, acceptance.hostname)
    except StoreError:
        return context.domain  # the letter itself will hear that the store is away


def receiver(
    stream: Stream, service: Service, context: IntakeContext, own_domain: str = "", introduces: bool = False
) -> Receiver:
    """The machine for this port, announcing what is possible now."""
    plain = context.settings.plain_login
    in_clear = plain == "always" or (plain == "loopback" and stream.is_loopback)
    mechanisms = service.mechanisms(context.logins, stream)
    extensions = Extensions(
        size=context.settings.max_size,
        starttls=context.tls is not None and not (stream.encrypted or service.lmtp or service.local_socket),
        auth=mechanisms if in_clear or stream.encrypted else (),
        auth_after_tls=mechanisms,
        # Nothing crosses a network on our own socket: what is handed in there is as safe as over TLS.
        requiretls=(stream.encrypted or service.local_socket) and not service.lmtp,
        requiretls_after_tls=not service.lmtp,
        own_domain=own_domain,
        xclient=introduces,
    )
    limits = Limits(
        max_size=context.settings.max_size,
        max_recipients=context.settings.max_recipients,
        strict_turns=_greets_strangers(stream, service, context)
        and context.front.settings.early_pipelining == "refuse",
    )
    return Receiver(context.acceptance.hostname, extensions, limits, lmtp=service.lmtp)


def _greets_strangers(stream: Stream, service: Service, context: IntakeContext) -> bool:
    return service is MX and context.front.is_stranger(stream.peer_ip)


async def _talk(stream: Stream, dialogue: Dialogue, service: Service, context: IntakeContext) -> str:
    """Until the end; why it ended ("" after QUIT)."""
    command_s = context.settings.command_timeout.total_seconds()
    await asyncio.sleep(0)  # octets that came with the connection reach the stream only when the loop has turned
    is_stranger = _greets_strangers(stream, service, context)
    if is_stranger and not stream.has_unread:
        await context.front.pause(stream.peer_ip)
    if stream.has_unread and not service.local_socket:  # sendmail -bs is given whole scripts, and nobody forges there
        await stream.write(dialogue.say(replies.TALKS_TOO_EARLY))
        return "talked before the greeting"
    if is_stranger:
        context.front.has_waited(stream.peer_ip)
    await stream.write(dialogue.greet())
    stream.parting = dialogue.part
    content: Crossing | None = None
    now_s = asyncio.get_running_loop().time
    stream.set_deadline(command_s)
    while octets := await stream.read():
        out = await dialogue.hear(octets)
        if out:
            await stream.write(out)
        if dialogue.over is not None:
            return dialogue.over
        if dialogue.client is not None:
            return "speaks for somebody else"
        if dialogue.wants_tls and not await dialogue.start_tls():
            return "octets behind STARTTLS"
        if dialogue.in_content:
            content = content or Crossing(context.settings, now_s())
            stream.set_deadline(content.patience_s(len(octets), now_s()))
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

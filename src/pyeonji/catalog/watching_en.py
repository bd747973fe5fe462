"""English sentences of the commands that look at a server at work; the same keys as `watching_ko`."""

from pyeonji.catalog.watching_examples import EXAMPLES

TEXTS = EXAMPLES | {
    # ── logs, top ──
    "help.logs": "what happens, one line for each event",
    "help.top": "the server at work, drawn anew all the time",
    "arg.logs_of": "only this letter: a receipt number, a Message-ID or an address",
    "arg.logs_follow": "go on with what happens from now on",
    "arg.logs_lines": "so many of the last lines",
    "arg.logs_level": "debug (every line that was said), info, warning, error",
    "arg.logs_style": "text, or postfix: as Postfix writes them",
    "arg.top_once": "look once and end",
    "top.head": "pyeonji  {time}  running  (q: quit)",
    "top.head_down": "pyeonji  {time}  NOT RUNNING: pyeonji serve  (q: quit)",
    "top.rates": (
        "Per second:  accepted {accepted}  in a mailbox {in_mailbox}  handed over {handed_over}  put off {deferred}"
        "  failed {failed}  failed logins {logins_failed}"
    ),
    "top.connections": "Connections ended per second:  {shown}",
    "top.open": "Connections open:  {shown}",
    "top.queue": "Queue:  waiting {waiting}  under way {trying}  on hold {held}  failed {failed}  oldest {oldest}",
    "top.destinations": "Where most wait",
    "top.next": "next {time}, tried up to {attempts} times",
    "top.undecided": "Undecided for longest",
    "top.slowest": "Tried most often",
    "top.waiting": "Why they wait, and who can mend it",
    "top.failed": "Given up within a day, and who can mend it",
    "top.foot": "One letter: pyeonji trace ID   All: pyeonji queue list",
    "top.actor.nobody": "nobody: it goes by itself",
    "top.actor.writer": "the writer",
    "top.actor.app_developer": "the developer of the app",
    "top.actor.admin": "you",
    "top.actor.dns_owner": "whoever runs the DNS",
    "top.actor.recipient": "the recipient",
    "top.actor.recipient_admin": "their administrator",
    # ── pyeonji alone ──
    "overview.empty": "There is no mail server in {data} yet.",
    "overview.running": "The mail server runs. ({data})",
    "overview.down": "The mail server does not run. ({data})",
    "overview.letters": (
        "Letters so far: {accepted} accepted, {in_mailbox} in mailboxes, {handed_over} handed over, {failed} failed."
    ),
    "overview.queue": "Queue: {waiting} waiting, {trying} under way, {held} held, {failed} failed. Oldest: {oldest}",
    "overview.no_trouble": "No letter waits for a reason or failed within a day.",
    "overview.trouble": "{count} recipients: {sentence} Who can mend it: {actor}.",
    "overview.certificate": "The certificate is good for {days} days.",
    "overview.no_certificate": "Certificates are told of while the server runs.",
    "overview.disk": "Disk: {free} free, {used} used. Last backup: {backup}",
    "overview.never": "never",
    "overview.address": "ADDRESS",
    "overview.folder": "DIR",
    "overview.next": "Next:  {commands}",
}

"""English sentences of the command line and the configuration; the same keys as `cli_ko`."""

from pyeonji.catalog.app_en import TEXTS as APP
from pyeonji.catalog.cli_examples import EXAMPLES
from pyeonji.catalog.dmarc_en import TEXTS as DMARC
from pyeonji.catalog.keys_en import TEXTS as KEYS
from pyeonji.catalog.login_en import TEXTS as LOGIN
from pyeonji.catalog.mailbox_en import TEXTS as MAILBOX
from pyeonji.catalog.moving_en import TEXTS as MOVING
from pyeonji.catalog.origin_en import TEXTS as ORIGIN
from pyeonji.catalog.pages_en import TEXTS as PAGES
from pyeonji.catalog.running_en import TEXTS as RUNNING
from pyeonji.catalog.score_en import TEXTS as SCORE
from pyeonji.catalog.search_en import TEXTS as SEARCH
from pyeonji.catalog.tls_en import TEXTS as TLS
from pyeonji.catalog.tls_reports_en import TEXTS as TLS_REPORTS
from pyeonji.catalog.transport_en import TEXTS as TRANSPORT
from pyeonji.catalog.watching_en import TEXTS as WATCHING

ELSEWHERE = (
    EXAMPLES
    | APP
    | DMARC
    | KEYS
    | LOGIN
    | MOVING
    | MAILBOX
    | SEARCH
    | PAGES
    | RUNNING
    | ORIGIN
    | TLS
    | TLS_REPORTS
    | TRANSPORT
    | WATCHING
    | SCORE
)
TEXTS = ELSEWHERE | {
    # ── pyeonji.toml ──
    "config.unreadable": "This file cannot be read ({reason}). Check its name and permissions.",
    "config.too_long": "This file is longer than one MiB. Is it the right file?",
    "config.not_utf8": "This line is not UTF-8. Save the file as UTF-8.",
    "config.not_toml": 'This line cannot be understood: "{line_text}". Write KEY = VALUE, and text in double quotes.',
    "config.unknown_like": "{where}: there is no such setting. Did you mean {guess}?",
    "config.unknown": "{where}: there is no such setting. Possible here: {known}.",
    "config.not_a_table": "{where}: this is a group of settings. Write it as [{where}] on a line of its own.",
    "config.not_a_list": '{where}: "{value}" is not a list. Write it in brackets: ["…", "…"].',
    "config.not_yes_no": '{where}: "{value}" is neither true nor false. Write true or false, without quotes.',
    "config.not_a_time": '{where}: "{value}" is not a time. Write a number and a unit: "30s", "5m", "4h", "5d".',
    "config.not_a_size": '{where}: "{value}" is not a size. Write octets, or a size such as "50 MiB".',
    "config.not_a_number": '{where}: "{value}" is not a whole number. Write one without quotes, such as 25.',
    "config.empty_list": "{where}: the list is empty. Write at least one value, or leave the line out.",
    "config.out_of_range": "{where}: {value} is out of range. Write a number from {least} to {most}.",
    "config.not_text": "{where}: {value} is not text. Write it in double quotes.",
    "config.not_a_choice": '{where}: "{value}" is not possible. Write one of: {choices}.',
    "config.not_a_domain": '{where}: "{value}" is not a domain. Write one such as "example.com".',
    "config.not_absolute": '{where}: "{value}" is no whole path. Begin it with "/".',
    "config.not_a_network": '{where}: "{value}" is not a network. Write one such as "192.0.2.0/24" or "2001:db8::/32".',
    "config.not_a_dns_list": '{where}: "{value}" is no list. Write its domain, as in "zen.spamhaus.org*3".',
    "config.not_a_milter": '{where}: "{value}" is no place of a filter. Write "inet:8891@127.0.0.1" or "unix:/path".',
    "config.not_a_nameserver": '{where}: "{value}" is not a name server. Write its IP address, such as "192.0.2.53".',
    "config.not_a_name": '{where}: "{value}" is not a host name. Write one such as "mail.example.com".',
    "config.not_an_endpoint": '{where}: "{value}" is no place to listen. Write "IP:PORT": "0.0.0.0:25" or "[::]:25".',
    "config.not_a_port": '{where}: "{value}" has no usable port. Write a port from 1 to 65535.',
    "config.port_twice": "{where}: {value} is already taken by {other}. Give each service a port of its own.",
    "config.file_unreadable": "{where}: {value} cannot be read ({reason}). Check its name and permissions.",
    "config.not_a_url": "{where}: {value} is no address of the form https://name/path. Write it so.",
    "config.not_an_ldap_url": '{where}: {value} is no directory. Write it as "ldaps://ldap.example.com".',
    "config.not_an_ldap_filter": '{where}: {value} is no filter. Write it as "(mail={{address}})".',
    "config.not_owned": '{where}: {value} is no address with a file. Write it as "kim@example.com /etc/kim.pem".',
    "config.ldap_base": "ldap: it does not say where people are looked for. Set ldap.base, too.",
    "config.tls_pair": "tls: a certificate needs its key. Set both tls.cert and tls.key, or neither.",
    "config.login_without_password": "{where}: the login has no password. Set relay.smart_host_password_file, too.",
    # ── every command ──
    "cli.usage": "Usage:",
    "cli.verbs": "What it can do (VERB):",
    "cli.arguments": "To be said:",
    "cli.options": "May be said:",
    "cli.examples": "Examples:",
    "cli.as_is": "{text}",
    "cli.unknown_command": "{verb}: there is no such command. Did you mean {guess}? All commands: pyeonji --help",
    "cli.no_command": "{verb}: there is no such command. All commands: pyeonji --help",
    "cli.no_verb": "{value}: there is no such word here. Say one of: {choices}",
    "cli.see_help": "How it is used: {command}",
    "cli.required": "Something is missing: {names}",
    "cli.unrecognized": "Not understood: {names}",
    "cli.expected": "{name} needs a value after it.",
    "cli.choice": "{name}: {value} cannot be chosen. It is one of: {choices}",
    "cli.value": "{name}: {value} is no usable value. Is it a number?",
    "cli.not_with": "{name} and {other} do not go together. Use one of them.",
    "cli.one_of": "One of these is needed: {names}",
    "cli.ambiguous": "{name} can mean several things. Use one of: {choices}",
    "cli.misunderstood": "The call was not understood: {message}",
    "cli.unheard": "The answer cannot be written ({reason}). Look at where it is written to: is there room?",
    "cli.os_error": "{name}: cannot be used ({reason}). Check its name and permissions.",
    "cli.no_data": (
        "{data}: this is no folder of a mail server. Start one with pyeonji serve, or name a folder with --data."
    ),
    "cli.unsafe_data": "{data}: a folder that everybody can write to is not used. Run: chmod 700 {data}",
    "cli.not_yours": (
        "{data}: this user may not look into this folder. Do it as the user that the server runs as ({owner}),"
        " or name another folder with --data."
    ),
    "cli.cannot_use": "{data}: this folder cannot be used: {reason}. Name another one: --data DIR",
    "cli.damaged": "The store in {data} is damaged ({reason}). Restore the folder from a backup.",
    "cli.other_version": (
        "{data}: another version of pyeonji wrote this folder ({reason}). Use that version, or another folder."
    ),
    "cli.full": "{data}: the disk is full. Make room there, then try again.",
    "cli.unavailable": "The store cannot be used now ({reason}). Check disk and permissions, then try again.",
    "cli.store": "The store could not do it: {reason}. Run: pyeonji verify",
    "cli.not_an_address": "{value}: this is not an address. Write name@domain.",
    "cli.not_a_domain": "{value}: this is not a domain name. Write one such as example.com.",
    "cli.not_a_receipt": (
        "{value}: not a receipt number. It has twelve characters: K7M3-2QXD-9TAB. See: pyeonji queue list"
    ),
    "cli.no_lab_domain": "{domain}: the lab has no such domain. It has: {known}",
    # ── serve, lab, status ──
    "serve.first": (
        "The first account was made. Keep its password:  {account}\n"
        "  First letter:  send it to 127.0.0.1:{smtp}, and read its journey with pyeonji trace ADDRESS."
    ),
    "cli.not_utf8": "{word}: some of it is not UTF-8. Write it in UTF-8.",
    "serve.running": "{data}: the server of this folder runs already, or is still stopping. See: pyeonji status",
    "serve.socket_folder": (
        "{path}: others may write there and put a socket of their own in place of ours. Run: chmod 755 {path}"
    ),
    "serve.maildrop_folder": (
        "{path}: this folder must belong to the user that the server runs as. Run: chown that user {path}"
    ),
    "serve.no_place": "{path}: {reason}. Make the folder for the user that the server runs as, or choose another.",
    "serve.is_a_lab": "{data}: this is the folder of the lab. Name another one for a server: pyeonji serve --data DIR",
    "serve.no_port": "{service}: there is no port {port}. Use a smaller --port-offset.",
    "serve.data": "Mail is kept in {data}.  Stop: Ctrl+C",
    "serve.died": "A process of ours has ended unasked ({how}); another begins in {seconds} s: {pid}",
    "serve.killed": "A process that was told to end has not within {seconds} s and is killed: {pid}",
    "serve.as_root": "It runs as root. Better: a user of its own, whose the folder is (chown -R USER {data}).",
    "serve.cannot_listen": (
        "{place}: the port cannot be opened: {reason}."
        " Is it running already (pyeonji status)? Or use --port-offset 10000."
    ),
    "serve.not_our_address": (
        "{place}: this machine does not have that address ({reason}). Mend it under [listeners] of pyeonji.toml."
    ),
    "serve.may_not_listen": (
        "{place}: the port cannot be opened: {reason}. Ports below 1024 are opened by systemd: pyeonji systemd install."
        " Or use another port."
    ),
    "config.not_used": "{mistakes}\nMend these lines and look again: pyeonji config test {path}",
    "lab.is_a_server": (
        "{data}: this is the folder of a real server. Use another one for the lab: pyeonji lab --data DIR"
    ),
    "lab.not_running": "{data}: the lab is not open. Open it: pyeonji lab",
    "lab.is_no_lab": "{data}: a mail server runs here, not the lab. Open one elsewhere: pyeonji lab --data DIR",
    "lab.runs": "{data}: the lab is open already. See: pyeonji lab status",
    "lab.no_time": "{value}: this is not a time. Write one such as 30s, 30m, 5d.",
    "status.ready": "Ready.",
    "status.running": "The mail server runs. (process {pid}, {data})",
    "status.down": "The mail server does not run. ({data})  Start it: pyeonji serve",
    "status.queue": "{waiting} waiting, {trying} under way, {held} on hold, {failed} failed and to be told",
    "status.maildrop": "{count} letters left by sendmail wait for the server in {folder}. Start it: pyeonji serve",
    "status.quarantined": "{count} files left by sendmail are no letters and were put aside. Why: {folder}/*.reason",
    "status.unread_name": (
        "{count} files in {folder} are not called as letters are, such as {first}: nobody reads them."
        " Letters end in .drop. Look at them, and move them away."
    ),
    "status.unread_kind": (
        "{count} entries of {folder} are folders, links or the like, such as {first}: they are never followed."
        " Look at them, and move them away."
    ),
    "status.unread_unfinished": (
        "{count} letters in {folder} were not written to their end, such as {first}: whoever wrote them was stopped"
        " and was not told that they are taken. They can be removed."
    ),
    "status.unread_refused": (
        "{count} files in {folder} could not be read and were put aside there, such as {first}."
        " They may be too large, or may not be opened by the server. Look at them, and move them away."
    ),
    "status.unread_waiting": (
        "{count} letters in {folder} have waited for more than a minute though the server runs, such as {first}."
        " They cannot be stored, or an address in them leads nowhere or lacks a domain. See: pyeonji domain list"
    ),
    "overview.title": "pyeonji: a mail server in which every letter's journey can be seen",
    "overview.try": "Try",
    "overview.start": "Start",
    "overview.see": "Send and see",
    "overview.move": "Move",
    "overview.run": "Run",
    "overview.compatible": "Names that work as ever: sendmail, mailq, newaliases",
    "overview.more": "All commands take --data DIR, --lang ko|en, --json, --plain. More: pyeonji COMMAND --help",
    # ── account, domain, alias ──
    "account.no_domain": "{domain}: this domain is not here. Run first: pyeonji domain add {domain}",
    "account.exists": "{address}: this account exists. Change its password: pyeonji account passwd {address}",
    "account.added": "{address}: the account was made.",
    "account.password": "Password: {password}  (it is not shown again)",
    "account.changed": "{address}: changed.",
    "account.disabled": "{address}: disabled. Undo: pyeonji account enable {address}",
    "account.enabled": "{address}: enabled.",
    "account.removed": "{address}: removed with its mail.",
    "account.would_remove": "{used} octets of mail of {address} would go, too. To do it, add --yes.",
    "account.unknown": "{address}: there is no such account. See: pyeonji account list",
    "account.no_password": "No password came. Write one into the first line of standard input.",
    "account.odd_password": "The password has a character that cannot be used. Choose another one.",
    "account.no_size": "{value}: this is not a size. Write 0 (no limit) or one such as 1GiB.",
    "account.on": "active",
    "account.off": "disabled",
    "domain.lab": "The domains of the lab are fixed. Add others to a real server: pyeonji serve --data DIR",
    "domain.exists": "{domain}: this domain is here already. See: pyeonji domain show {domain}",
    "domain.added": "Mail for {domain} is taken now. Next: pyeonji account add NAME@{domain}",
    "domain.unknown": "{domain}: this domain is not here. See: pyeonji domain list",
    "domain.would_remove": "Mail for {domain} would no longer be taken. To do it, add --yes.",
    "domain.has_accounts": "{domain}: it still has accounts. Remove them first: pyeonji account remove ADDRESS",
    "domain.catch_all_nobody": "{address}: nobody is called that. Make it first: pyeonji account add {address}",
    "domain.removed": "{domain}: removed.",
    "domain.catch_all_is": "Mail for unknown addresses goes to: {address}",
    "alias.exists": "{address}: it leads to {target} already. See: pyeonji alias test {address}",
    "alias.added": "{address} → {target}",
    "alias.owner_nobody": (
        "{owner}: nobody is called that, and bounces of the list would be lost. Make it: pyeonji account add {owner}"
    ),
    "alias.owner_is_list": (
        "{owner}: it leads to {address} itself, so bounces would go to all members. Name one person: --owner ADDRESS"
    ),
    "alias.bounces_to": "{address}: its bounces go to {owner}.",
    "alias.unknown": "{address}: there is no such alias. See: pyeonji alias list",
    "alias.removed": "{address}: the alias was removed.",
    "alias.step.elsewhere": "{address}: {outcome} is a domain of another server.",
    "alias.step.account": "{address}: an account here.",
    "alias.step.alias": "{address}: an alias. It leads to: {outcome}",
    "alias.step.list": "{address}: a list. Its members: {outcome}",
    "alias.step.plus": "{address}: without the part after the +, an address of {outcome}.",
    "alias.step.catch_all": "{address}: there is no such address, but this domain gives all others to {outcome}.",
    "alias.step.role": "{address}: an address that must exist; {outcome} gets it.",
    "alias.step.nobody": "{address}: there is no such address.",
    "alias.step.loop": "{address}: counted already (the aliases go in circles).",
    "alias.step.too_many": "{address}: this leads too far ({outcome}).",
    "alias.step.bad_target": "{address}: it leads to {outcome}, which is no address.",
    "alias.ends_here": "→ the inbox of {account}",
    "alias.ends_elsewhere": "→ sent on to another server: {address}",
    "alias.ends_badly": "Mail for {address} is put off until the alias is right. Mend it: pyeonji alias list",
    "alias.ends_nowhere": "Mail for {address} is refused. Make it: pyeonji account add {address}",
    # ── queue ──
    "queue.empty": "No letter is waiting.",
    "queue.unknown": "{id}: there is no such letter. See: pyeonji queue list",
    "queue.nothing": "Nothing of it waits in that way, and nothing was changed. See: pyeonji queue list",
    "queue.which": "Say which letters: receipt numbers or domains, or --all.",
    "queue.neither": "{value}: neither a receipt number nor a domain that is waited for. See: pyeonji queue list",
    "queue.would_cancel": "{count} would no longer be sent. To do it, add --yes.",
    "queue.done.retry": "{count} tried again now.",
    "queue.done.hold": "{count} put on hold.",
    "queue.done.release": "{count} released.",
    "queue.done.cancel": "{count} cancelled.",
    "queue.state.waiting": "waiting",
    "queue.state.trying": "under way",
    "queue.state.held": "on hold",
    "queue.state.failed": "failed",
    "queue.state.arrived": "done, writer to be told",
    "queue.state.done": "done",
    "queue.state.bounced": "returned",
    "queue.state.returned": "returned later",
    "queue.state.suppressed": "not sent, on the do-not-send list",
    "queue.state.cancelled": "cancelled",
    # ── send, trace, show, explain, verify, config ──
    "send.taken": "Letter {id} was taken.  Its journey: pyeonji trace {id}",
    "send.refused": "{address}: refused: {reply}",
    "send.not_taken": "The letter was not taken: {reply}",
    "send.not_running": (
        "{data}: the server does not run, nothing was sent. Start it: pyeonji serve (the lab: pyeonji lab)"
    ),
    "send.unsure": "The server fell silent; it may have taken the letter. Look: pyeonji trace RECIPIENT",
    "send.two_letters": "--file is a whole letter: leave out --subject and --text, or leave out --file.",
    "send.no_time": "{value}: this is not a time. Write one such as 20s, 5m.",
    "trace.unknown": (
        "{what}: no such letter was seen here. Check the number or address; if an application sent it, check its log."
    ),
    "trace.several": "There are {count} letters. Choose one:",
    "trace.onward": "Then at {host} (the lab shows this far)  {id}",
    "trace.next": "Line by line: pyeonji trace {id} --raw",
    "show.gone": "{id}: the content was deleted. The journey is still here: pyeonji trace {id}",
    "explain.no_reply": (
        "{text}: no reply of a mail server. Write one such as '550 5.1.1 No such user', or a code such as 5.7.26."
    ),
    "explain.no_bounce": "{file}: no refusal was found in it. Is it a bounce?",
    "explain.all_known": "Every reply of the last {since} was explained.",
    "explain.no_use": "sending again will not help",
    "explain.later": "sending again later may help",
    "explain.meaning": "Meaning    ",
    "explain.who": "Who acts   ",
    "explain.what": "What to do ",
    "explain.words": "Their words",
    "verify.good": "Everything agrees.",
    "verify.bad": "{count} things do not agree.",
    "config.file_is": "# configuration file: {path}",
    "config.from_default": "default",
    "config.from_file": "from the file",
    "config.cannot_set": "{name}: this setting cannot be written like that. See: pyeonji config show",
    "config.set": "{name}: written to {path}. A running server takes it when it is restarted.",
    "config.no_file": "{data}: there is no configuration file, the defaults are used. Make one: pyeonji config example",
    "config.certificate": "{path}: {where}: {what}",
    "config.good": "{path}: no mistakes.",
    "config.example_title": "An example of pyeonji.toml. Remove the # before a line to change it.",
    "config.listeners_doc": "With this group, only what it names is opened.",
    # ── sendmail ──
    "sendmail.help": (
        "sendmail [-t] [-i] [-f ADDRESS] [-F NAME] [-v] [RECIPIENT …] < LETTER\n"
        "  -t recipients from To, Cc, Bcc (Bcc is removed)   -i a line with a single dot does not end the letter\n"
        "  -bp what waits   -bv where it would go   -bs SMTP on standard input   -q try again now\n"
        "Examples:\n  sendmail -t -i < letter.eml\n  sendmail -f me@example.com you@example.net < letter.eml\n"
    ),
    "sendmail.unknown_option": "{option}: not understood. How it is used: sendmail --help",
    "sendmail.unknown_mode": "{option}: there is no such mode. Use one of -bm -bs -bp -bi -bv.",
    "sendmail.daemon": "{option}: the server is not started like that. Start it: pyeonji serve",
    "sendmail.bad_notify": "{value}: -N takes never, or success, failure, delay.",
    "sendmail.bad_ret": "{value}: -R takes full or hdrs.",
    "sendmail.missing_value": "{option}: its value is missing.",
    "sendmail.control_octets": (
        "An envelope address has a line break or NUL. The letter was not sent. Mend the calling program."
    ),
    "sendmail.dash_recipient": "{value}: a recipient cannot begin with a dash. Check the address.",
    "sendmail.too_big": "The letter is too large. Send files as links.",
    "sendmail.no_recipients": "There is no recipient. Name one, or use -t.",
    "sendmail.no_recipients_in_header": "To, Cc and Bcc name no recipient. Name one.",
    "sendmail.too_many": "There are more than {limit} recipients. Send to fewer at a time.",
    "sendmail.bad_address": "{value}: this is not an address. Write name@domain.",
    "sendmail.no_room": (
        "The letter was not taken: the server is down and {data} cannot be written ({reason}). Try again later."
    ),
    "sendmail.no_domain": (
        "{value}: the server has no domain for names without one. Write {value}@domain, or run: pyeonji domain add"
    ),
    "sendmail.no_such_name": "{address}: there is no such address. Make it: pyeonji alias add {address} ADDRESS",
    "sendmail.denied": (
        "The letter was not taken: this user may neither reach the server nor write to {data}."
        " Its administrator sets submission.socket and submission.maildrop (docs/sendmail.md)."
    ),
    "sendmail.dropped": "The server is down; the letter is kept and goes out when it starts.",
    "sendmail.taken": "Letter {receipt} was taken. Its journey: pyeonji trace {receipt}",
    "sendmail.refused": "{address}: refused: {reply}",
    "sendmail.sender_refused": "{address}: refused as the writer of the envelope (-f): {reply}",
    "sendmail.not_taken": "The letter was not taken: {reply}",
    "sendmail.aliases": "Aliases are always current. See: pyeonji alias list",
    # ── titles of columns ──
    "title.hosts": "HOSTS",
    "title.said": "THEIR WORDS (# FOR NUMBERS AND ADDRESSES)",
    "title.times": "TIMES",
    "title.service": "SERVICE",
    "title.host": "HOST",
    "title.port": "PORT",
    "title.tls": "TLS",
    "title.domain": "DOMAIN",
    "title.address": "ADDRESS",
    "title.name": "NAME",
    "title.used": "OCTETS",
    "title.quota": "QUOTA",
    "title.state": "STATE",
    "title.accounts": "ACCOUNTS",
    "title.catch_all": "ALL OTHERS TO",
    "title.target": "LEADS TO",
    "title.owner": "OWNER",
    "title.id": "ID",
    "title.next": "NEXT",
    "title.attempts": "TRIES",
    "title.from": "FROM",
    "title.subject": "SUBJECT",
    # ── arguments ──
    "arg.help": "this help",
    "arg.data": "folder of the server or the lab (PYEONJI_DATA)",
    "arg.lang": "language (default: that of this machine)",
    "arg.json": "JSON for programs",
    "arg.plain": "no colours, no pictures",
    "arg.port_offset": "added to every port",
    "arg.config": "configuration file (default: pyeonji.toml in the folder)",
    "arg.lab_action": "send, break, heal, warp, scene or status (without one, the lab is opened)",
    "arg.lab_what": "break: host and fault; heal: host; warp: a time such as 30m; scene: its name",
    "arg.once": "only the opening scene, or the one that is named; exit 0 if all of it came true",
    "arg.ending": "how the board's case ends: typo, full, greylist, spf, junk, silent",
    "arg.catch": "catch every letter, whatever its address, in one place and show it; nothing is sent on",
    "arg.reset": "from the beginning (removes all mail of the lab)",
    "arg.from": "address it is sent from",
    "arg.to": "recipient (may be repeated)",
    "arg.cc": "copy to",
    "arg.bcc": "blind copy to",
    "arg.subject": "subject",
    "arg.text": "text (- reads standard input)",
    "arg.eml": "a letter in a file (- reads standard input)",
    "arg.wait": "wait this long for the outcome, such as 20s",
    "arg.ready": "only answer: exit 0 when it runs, else 1",
    "arg.address": "address of the account or alias",
    "arg.any_address": "any address",
    "arg.password_stdin": "read the password from the first line of standard input",
    "arg.person_name": "the person's name",
    "arg.quota": "limit of the mailboxes, such as 1GiB (0: none)",
    "arg.size": "limit of the mailboxes, such as 1GiB (0: none)",
    "arg.account_language": "language this person is written to in",
    "arg.yes": "do it without asking",
    "arg.domain": "domain name",
    "arg.catch_all": "address that gets mail for unknown ones (without it: nobody)",
    "arg.target": "where it leads",
    "arg.one_target": "only the way to this address",
    "arg.owner": "address that gets the bounces of a list",
    "arg.state": "only those in this state",
    "arg.id": "receipt number",
    "arg.ids": "receipt numbers or domains",
    "arg.all_letters": "everything that waits",
    "arg.letter": "receipt number or Message-ID",
    "arg.anything": "receipt number, Message-ID, or address",
    "arg.source": "exactly as it was received",
    "arg.raw": "every line that was said",
    "arg.follow": "watch until it is decided",
    "arg.recipient": "only the recipient of this number",
    "arg.as_address": "only what this person may see",
    "arg.reply": "the reply of a server, a code such as 5.7.26, or the file of a bounce (- reads standard input)",
    "arg.unexplained": "list the replies of other servers that could not be explained",
    "arg.unexplained_since": "with --unexplained: how far back, such as 30d",
    "arg.phase": "when it was said: rcpt, data and so on",
    "arg.rebuild": "first make again what can be made again: counts, and what is derived from letters",
    "arg.setting": "name of a setting, such as queue.give_up_after",
    "arg.setting_value": "the value (several make a list)",
    "arg.config_file": "file to check",
    "arg.origin": "also say where each value comes from",
    # ── one line for each command ──
    "help.overview": "the state, and what to do next",
    "help.serve": "run the mail server in the foreground",
    "help.lab": "open a small internet inside this machine",
    "help.status": "services, waiting mail, last failures",
    "help.send": "write a letter and send it; --wait says what became of it",
    "help.trace": "a letter's journey: what happened, who must act, what next",
    "help.show": "read a letter, decoded",
    "help.explain": "what a refusal means and what to do (no server needed)",
    "help.queue": "mail that waits to be sent on",
    "help.queue.list": "everything that waits",
    "help.queue.show": "all recipients of one letter",
    "help.queue.retry": "try again now",
    "help.queue.hold": "stop, and keep",
    "help.queue.release": "let go what was stopped",
    "help.queue.cancel": "send no more",
    "help.account": "people who get mail here",
    "help.account.add": "make an account",
    "help.account.list": "all accounts",
    "help.account.passwd": "change a password",
    "help.account.disable": "stop login and delivery",
    "help.account.enable": "let it be used again",
    "help.account.remove": "remove it with its mail",
    "help.domain": "domains that get mail here",
    "help.domain.add": "add a domain",
    "help.domain.list": "all domains",
    "help.domain.show": "accounts and aliases of a domain",
    "help.domain.remove": "remove a domain",
    "help.domain.catch-all": "say who gets mail for unknown addresses",
    "help.alias": "addresses that lead to others",
    "help.alias.add": "make an alias",
    "help.alias.list": "all aliases",
    "help.alias.remove": "remove an alias",
    "help.alias.test": "where an address leads, step by step",
    "help.config": "see, change and check the configuration",
    "help.config.show": "the settings in use",
    "help.config.set": "change one setting",
    "help.config.test": "find every mistake of a configuration file",
    "help.config.example": "a file with all settings to start from",
    "help.verify": "check everything that is stored against everything else",
}

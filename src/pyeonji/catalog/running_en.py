"""English sentences of the commands that look after a server; the same keys as `running_ko`."""

from pyeonji.catalog.dns_en import TEXTS as DNS
from pyeonji.catalog.running_examples import EXAMPLES
from pyeonji.catalog.setup_en import TEXTS as SETUP

ELSEWHERE = EXAMPLES | DNS | SETUP
TEXTS = ELSEWHERE | {
    # ── backup, restore ──
    "backup.done": "{path}: {letters} letters; of {files} large ones {copied} were copied.",
    "backup.sealed": "Passwords and private keys are in it, sealed. Keep {file} elsewhere: only it opens them.",
    "backup.bare": "Passwords and private keys are not in it. To have them in it, sealed: --key FILE",
    "backup.missing": "{file}: the store names this file, but it is not there or was changed. Run: pyeonji verify",
    "backup.lab": "The lab has no backup: pyeonji lab --reset makes it anew.",
    "backup.postgres": (
        "This store lies in PostgreSQL, which makes its own copies: pg_dump, and a copy of the folder content/."
    ),
    "backup.no_key": "{file}: the key cannot be read ({reason}). Make one: openssl rand -base64 32 > {file}",
    "backup.short_key": ("{file}: a key has at least {least} characters. Make one: openssl rand -base64 32 > {file}"),
    "restore.done": "{data}: as it was on {made}, with {letters} letters. Look: pyeonji verify. Start: pyeonji serve",
    "restore.waiting": (
        "{waiting} recipients wait for their letter. Some may have got it since the backup; the server will carry all."
        " Before it starts: pyeonji queue list, pyeonji queue cancel"
    ),
    "restore.bare": "{bare} accounts have no password. Give them one: pyeonji account passwd ADDRESS",
    "restore.in_use": "{data}: there is a mail server in this folder. Name an empty one: --data DIR",
    "restore.changed": "{file}: this file is not as the backup wrote it. Use an older backup: --from NAME",
    "restore.no_backup": "{folder}: there is no whole backup here. Name the folder that was given to pyeonji backup.",
    "restore.wrong_key": "{file}: this key does not open the backup. Give the one it was made with.",
    "arg.backup_folder": "folder of the backups, on another disk if possible",
    "arg.backup_key": "file with the key that seals passwords and private keys",
    "arg.restore_key": "file with the key that the backup was made with",
    "arg.backup_keep": "remove the oldest, so that N are left",
    "arg.backup_name": "this one of the backups (default: the newest)",
    "help.backup": "copy everything that cannot be made again, while the server works",
    "help.restore": "make a data folder from a backup",
    # ── clients ──
    "clients.login": "Login: {address}. Mail programs find this by themselves once the DNS has its records.",
    "clients.not_signed": "The profile is not signed ({reason}).",
    "title.protocol": "PROTOCOL",
    "title.lock": "ENCRYPTION",
    "arg.clients_format": "as a program reads it: thunderbird, outlook, apple",
    "help.clients": "how a mail program is set up",
    # ── systemd ──
    "systemd.next": "Now: systemctl daemon-reload && systemctl enable --now pyeonji.socket pyeonji.service",
    "arg.unit_folder": "where units are put (default: /etc/systemd/system)",
    "help.systemd": "the units that start the server",
    "help.systemd.print": "print them",
    "help.systemd.install": "put them in place",
    # ── upgrade, rollback ──
    "cli.older_version": (
        "{data}: an older version of pyeonji wrote this folder (schema {version})."
        " Bring it up, with a copy to go back to: pyeonji upgrade"
    ),
    "upgrade.done": (
        "{data}: brought up from schema {version}. A copy of what was there: {copy}\n"
        "  Back to it: stop the server, then pyeonji rollback. If all is well, the copy may be removed."
    ),
    "upgrade.not_needed": "{data}: there is nothing to bring up.",
    "rollback.would": (
        "{data}: this would go back from schema {now} to {then}. {letters} letters came since; they would be kept in"
        " {kept}, but be in no mailbox. To do it: pyeonji rollback --yes"
    ),
    "rollback.done": (
        "{data}: schema {then} is back. What was there lies in {kept}.\n"
        "  Install the older pyeonji before the server is started: this one would bring it up again."
    ),
    "rollback.no_copy": "{data}: there is no copy to go back to. An upgrade makes one; or use a backup.",
    "help.upgrade": "bring the data folder to this version, with a copy to go back to",
    "help.rollback": "back to what was there before the last upgrade",
}

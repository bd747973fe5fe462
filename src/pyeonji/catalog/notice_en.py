"""What the server writes to people here: a mailbox fills up, keys were renewed, an account has sent too much."""

SENTENCES = {
    "notice.author": "Mail server",
    # ── a mailbox that fills up (submission/full) ──
    "full.subject": "Your mailbox is {percent} % full",
    "full.opening": "The mailbox of {address} is {percent} % full.",
    "full.octets": "In use    {used} of {most}",
    "full.messages": "Letters   {used} of {most}",
    "full.todo": "When it is full, letters to you are sent back. Delete what you do not need, and empty the trash.",
    "full.once": "You will not be told of this again until you have made room and it fills up once more.",
    # ── keys that our letters are signed with (submission/new_keys) ──
    "keys.subject": "New signing keys of {domain} wait for the DNS",
    "keys.opening": "New keys were made to sign the letters of {domain} with (DKIM). The DNS has to know them:",
    "keys.todo": "They sign once they are there, and those in use now go on until then: nothing is lost by waiting.",
    "keys.check": "To look whether they are there: pyeonji dkim check {domain}",
    # ── an account that has sent too much (submission/overuse) ──
    "overuse.subject": "{address} has sent too many letters",
    "overuse.letters": "{address} has sent the {most} letters that one account may send in a day. More are not "
    "taken for now (450 4.7.1).",
    "overuse.recipients": "{address} has written to the {most} recipients that one account may write to in a day. "
    "More letters are not taken for now (450 4.7.1).",
    "overuse.pace": "{address} has sent more than the {most} letters that one account may send in a minute. Try "
    "again in a moment (450 4.7.1).",
    "overuse.not_you": "If that was not you, somebody may know the password. Change it and the app passwords, and "
    "look at who has logged in.",
    "overuse.admin": "The administrator can look with pyeonji account logins {address} and stop the account with "
    "pyeonji account disable {address}. This letter comes once a day at most.",
}

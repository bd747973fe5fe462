"""What people are told when their mailbox fills up (submission/full), or their keys were renewed (new_keys)."""

SENTENCES = {
    "full.author": "Mail administration",
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
}

"""What people are told when their mailbox fills up (submission/full)."""

SENTENCES = {
    "full.author": "Mail administration",
    "full.subject": "Your mailbox is {percent} % full",
    "full.opening": "The mailbox of {address} is {percent} % full.",
    "full.octets": "In use    {used} of {most}",
    "full.messages": "Letters   {used} of {most}",
    "full.todo": "When it is full, letters to you are sent back. Delete what you do not need, and empty the trash.",
    "full.once": "You will not be told of this again until you have made room and it fills up once more.",
}

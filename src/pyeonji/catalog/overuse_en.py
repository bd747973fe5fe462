"""What the owner and the postmaster are told when an account has sent too much (submission/overuse)."""

SENTENCES = {
    "overuse.author": "Mail server",
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

"""English: the commands about the pages."""

from pyeonji.catalog.pages_examples import EXAMPLES

TEXTS = EXAMPLES | {
    "journey.link": "Support code {code}. Whoever has the link sees how far it came, without addresses or content.",
    "journey.would_forget": "{address} is taken out of {count} journeys for good. If you mean it, add --yes.",
    "journey.forgotten": "{address} was taken out of {count} journeys.",
    "journey.under_way": "Letters still under way were left alone: {count}. Do it again when they are decided.",
    "help.journey": "share journeys of letters, and take people out of them",
    "help.journey.link": "make a link that everybody may open",
    "help.journey.forget": "take an address out of journeys",
    "arg.forget_address": "the address to forget",
    "account.admin_on": "{address}: sees every letter on the pages now. Undo: pyeonji account admin {address} off",
    "account.admin_off": "{address}: sees only what is its own on the pages now.",
    "account.login_link": "A link that signs {address} in once; it is good for {minutes} minutes.",
    "help.account.admin": "who sees every letter on the pages",
    "help.account.login-link": "make a link that signs somebody in once",
    "arg.admin_on": "on: an administrator; off: not any more",
}

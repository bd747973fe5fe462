"""English: the commands about the pages."""

from pyeonji.catalog.pages_examples import EXAMPLES

TEXTS = EXAMPLES | {
    "account.admin_on": "{address}: sees every letter on the pages now. Undo: pyeonji account admin {address} off",
    "account.admin_off": "{address}: sees only what is its own on the pages now.",
    "account.login_link": "A link that signs {address} in once; it is good for {minutes} minutes.",
    "help.account.admin": "who sees every letter on the pages",
    "help.account.login-link": "make a link that signs somebody in once",
    "arg.admin_on": "on: an administrator; off: not any more",
}

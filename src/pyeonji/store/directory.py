"""Domains, accounts, credentials, aliases: what the administrator edits."""

from dataclasses import dataclass

from pyeonji.address import Address
from pyeonji.store import annotations, keys, mailboxes, meta, rights, subscriptions, web_sessions
from pyeonji.store.engine.base import Conflict, Insert, Row, Tx, single
from pyeonji.store.mailboxes import Mailbox
from pyeonji.store.quota import Room, room

# Made with each account: name and special use (RFC 6154).
DEFAULT_MAILBOXES = (
    ("INBOX", ""),
    ("Sent", "\\Sent"),
    ("Drafts", "\\Drafts"),
    ("Trash", "\\Trash"),
    ("Junk", "\\Junk"),
    ("Archive", "\\Archive"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody whose mail is here."""

    id: int
    address: str
    name: str
    language: str
    quota_octets: int  # 0: no limit
    quota_messages: int  # 0: no limit
    disabled: bool
    created_us: int

    @property
    def is_limited(self) -> bool:
        """Is there anything to look up before it gets more?"""
        return bool(self.quota_octets or self.quota_messages)


@dataclass(frozen=True, slots=True)
class Inbox:
    """What delivery needs of an account, in one look."""

    account_id: int
    account: str
    mailbox_id: int
    room: Room | None  # None where there is no limit
    disabled: bool
    language: str


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain whose mail is here."""

    name: str
    catch_all: str
    created_us: int


@dataclass(frozen=True, slots=True)
class Alias:
    """One target of an alias; of a list when it has an owner."""

    address: str
    target: str
    owner: str


LOCALHOST = "localhost"  # the domain of a server nobody has told its name


def fold(address: Address) -> str:
    """An address as the directory compares it: no account differs from another in case alone."""
    return str(address).casefold()


# ── domains ──


def domains(tx: Tx) -> list[Domain]:
    return [Domain(*row) for row in tx.all("SELECT name, catch_all, created_us FROM domain ORDER BY name")]


def domain_exists(tx: Tx, name: str) -> bool:
    return tx.one("SELECT 1 FROM domain WHERE name = :name", {"name": name}) is not None


def add_domain(tx: Tx, name: str, now_us: int) -> None:
    """Raises Conflict when it is here already."""
    tx.run("INSERT INTO domain (name, created_us) VALUES (:name, :now)", {"name": name, "now": now_us})


def remove_domain(tx: Tx, name: str) -> bool:
    """False when it is not here; raises Conflict while it has accounts."""
    if tx.one("SELECT 1 FROM account WHERE address LIKE :pattern ESCAPE '!'", {"pattern": _at(name)}):
        raise Conflict(name)
    keys.forget_keys(tx, name)
    meta.forget(tx, meta.BAD_RECORDS + name)
    return tx.run("DELETE FROM domain WHERE name = :name", {"name": name}) > 0


def own_domain(tx: Tx, chosen: str, hostname: str) -> str:
    """The domain of names without one (`sendmail root`); "" when there is none.

    What the administrator chose, else our host name when mail for it is ours, else the oldest domain here that is
    not only this machine's.
    """
    if chosen:
        return chosen
    names = [str(row[0]) for row in tx.all("SELECT name FROM domain ORDER BY created_us, name")]
    if hostname in names:
        return hostname
    return next((name for name in names if name != LOCALHOST), LOCALHOST if names else "")


def set_catch_all(tx: Tx, name: str, address: str) -> bool:
    """ "" for none; False when the domain is not here."""
    return tx.run("UPDATE domain SET catch_all = :address WHERE name = :name", {"address": address, "name": name}) > 0


def catch_all(tx: Tx, name: str) -> str:
    """The address that takes what nobody else does, or ""."""
    return str(single(tx.one("SELECT catch_all FROM domain WHERE name = :name", {"name": name})) or "")


# ── accounts ──

ACCOUNT_COLUMNS = "id, address, name, language, quota_octets, quota_messages, disabled, created_us"
ACCOUNT = f"SELECT {ACCOUNT_COLUMNS} FROM account"
OWN_MAILBOX = f"""
SELECT {", ".join(f"a.{column.strip()}" for column in ACCOUNT_COLUMNS.split(","))},
 {", ".join(f"m.{column.strip()}" for column in mailboxes.COLUMNS.split(","))}
FROM account a LEFT JOIN mailbox m ON m.account_id = a.id AND m.name = :name WHERE a.id = :id
"""


def account(tx: Tx, address: str) -> Account | None:
    row = tx.one(f"{ACCOUNT} WHERE address = :address", {"address": address})
    return _account(row) if row else None


def account_by_id(tx: Tx, account_id: int) -> Account | None:
    row = tx.one(f"{ACCOUNT} WHERE id = :id", {"id": account_id})
    return _account(row) if row else None


def own_mailbox(tx: Tx, account_id: int, name: str) -> tuple[Account, Mailbox | None] | None:
    """An account as it is now and its mailbox of this name, in one look: clients ask for it with each letter."""
    row = tx.one(OWN_MAILBOX, {"id": account_id, "name": name})
    if row is None:
        return None
    return _account(row[:8]), Mailbox._make(row[8:]) if row[8] is not None else None


def accounts(tx: Tx) -> list[Account]:
    return [_account(row) for row in tx.all(f"{ACCOUNT} ORDER BY address")]


def first_account(tx: Tx, domain: str) -> str:
    """The oldest account of a domain, which gets postmaster's mail; "" when there is none."""
    row = tx.one(
        "SELECT address FROM account WHERE address LIKE :pattern ESCAPE '!' AND disabled = 0 ORDER BY id LIMIT 1",
        {"pattern": _at(domain)},
    )
    return str(single(row) or "")


def add_account(
    tx: Tx,
    address: str,
    *,
    name: str,
    language: str,
    quota_octets: int,
    credentials: dict[str, str],
    now_us: int,
) -> Account:
    """An account with its mailboxes, subscribed to all of them; raises Conflict when the address has one.

    What others gave to the address while nobody had it was not meant for whoever has it now.
    """
    row = tx.one(
        "INSERT INTO account (address, name, language, quota_octets, created_us)"
        " VALUES (:address, :name, :language, :quota, :now) RETURNING id",
        {"address": address, "name": name, "language": language, "quota": quota_octets, "now": now_us},
    )
    account_id = int(single(row))  # type: ignore[arg-type]
    rights.forget(tx, address)
    tx.run("DELETE FROM login_attempt WHERE name = :name", {"name": address})
    set_credentials(tx, account_id, credentials)
    for mailbox, special_use in DEFAULT_MAILBOXES:
        mailboxes.create(tx, account_id, mailbox, special_use, uidvalidity=now_us // 1_000_000)
    subscriptions.subscribe(tx, account_id, [mailbox for mailbox, _ in DEFAULT_MAILBOXES])
    return Account(account_id, address, name, language, quota_octets, 0, False, now_us)


def add_newcomer(tx: Tx, address: str, *, language: str, quota_octets: int, most: int, now_us: int) -> Account | None:
    """An account without a password for an address nobody has; None where somebody has it, or the domain is full.

    Whoever was switched off here is somebody, and so is an alias.  `most`: accounts of a domain.
    """
    domain = address.rpartition("@")[2]
    if not domain_exists(tx, domain) or account(tx, address) is not None or targets(tx, address):
        return None
    sql = "SELECT count(*) FROM account WHERE address LIKE :pattern ESCAPE '!'"
    if int(single(tx.one(sql, {"pattern": _at(domain)})) or 0) >= most:
        return None
    return add_account(
        tx, address, name="", language=language, quota_octets=quota_octets, credentials={}, now_us=now_us
    )


def remove_account(tx: Tx, account_id: int) -> None:
    """The account with whatever it still has, of which no journey tells: `delete.remove_account` comes before.

    Octets nobody needs any more are freed by the sweeper.
    What others gave to its address goes, too: somebody else may get the address.
    """
    address = single(tx.one("SELECT address FROM account WHERE id = :id", {"id": account_id}))
    rights.forget(tx, str(address or ""))
    tx.run("DELETE FROM login_attempt WHERE name = :name", {"name": str(address or "")})
    annotations.forget_account(tx, account_id)
    tx.run("DELETE FROM account WHERE id = :id", {"id": account_id})


def disable(tx: Tx, account_id: int, disabled: bool) -> None:
    """Off: who is signed in with a browser is out, also when it is switched on again."""
    tx.run("UPDATE account SET disabled = :disabled WHERE id = :id", {"disabled": int(disabled), "id": account_id})
    web_sessions.end_others(tx, account_id)


def set_credentials(tx: Tx, account_id: int, credentials: dict[str, str]) -> None:
    """Replaces all of them: an old password must not live on in another form, nor in a browser that it has opened."""
    web_sessions.end_others(tx, account_id)
    tx.run("DELETE FROM credential WHERE account_id = :id", {"id": account_id})
    tx.insert(CREDENTIALS, [(account_id, kind, value) for kind, value in credentials.items()])


def add_credentials(tx: Tx, account_id: int, hashed: str, more: dict[str, str]) -> None:
    """Other forms of the password whose Argon2id is `hashed`, where they are missing and it is still the password."""
    kept = credentials(tx, account_id)
    if kept.get("argon2id") == hashed:
        tx.insert(CREDENTIALS, [(account_id, kind, value) for kind, value in more.items() if kind not in kept])


CREDENTIALS = Insert("credential", ("account_id", "kind", "value"))


def credentials(tx: Tx, account_id: int) -> dict[str, str]:
    return dict(tx.all("SELECT kind, value FROM credential WHERE account_id = :id", {"id": account_id}))


INBOX = """
SELECT a.id, a.address, m.id, a.quota_octets > 0 OR a.quota_messages > 0, a.disabled, a.language
FROM account a JOIN mailbox m ON m.account_id = a.id AND m.name = 'INBOX' WHERE a.address = :address
"""


def inbox(tx: Tx, address: str) -> Inbox | None:
    """Where mail for this account is filed, and whether there is room."""
    row = tx.one(INBOX, {"address": address})
    if row is None:
        return None
    account_id, name, mailbox_id, limited, disabled, language = row
    found = room(tx, account_id) if limited else None
    return Inbox(account_id, name, mailbox_id, found, bool(disabled), language)


# ── aliases ──


def aliases(tx: Tx) -> list[Alias]:
    return [Alias(*row) for row in tx.all("SELECT address, target, owner FROM alias ORDER BY address, target")]


def targets(tx: Tx, address: str) -> list[tuple[str, str]]:
    """(target, owner) of an alias, in order."""
    return [
        (target, owner)
        for target, owner in tx.all(
            "SELECT target, owner FROM alias WHERE address = :address ORDER BY target", {"address": address}
        )
    ]


def add_alias(tx: Tx, address: str, target: str, owner: str = "") -> None:
    """Raises Conflict when it leads there already."""
    tx.run(
        "INSERT INTO alias (address, target, owner) VALUES (:address, :target, :owner)",
        {"address": address, "target": target, "owner": owner},
    )


def remove_alias(tx: Tx, address: str, target: str | None = None) -> bool:
    """One target, or the whole alias; False when there was none.  Its apps hear no more of what comes to it."""
    forget_routes(tx, address, target or "")
    sql = "DELETE FROM alias WHERE address = :address"
    if target is None:
        return tx.run(sql, {"address": address}) > 0
    return tx.run(f"{sql} AND target = :target", {"address": address, "target": target}) > 0


ROUTES = """
DELETE FROM inbound_route WHERE address = :address AND NOT EXISTS (SELECT 1 FROM account WHERE address = :address)
  AND (:target = '' OR app_id IN (
    SELECT p.id FROM app p JOIN account a ON a.id = p.account_id WHERE a.address = :target))
"""


def forget_routes(tx: Tx, address: str, target: str) -> None:
    """Of the apps of one target, or ("") of all: what they heard by an alias they had by its leading to them."""
    tx.run(ROUTES, {"address": address, "target": target})


# ── secrets of this installation ──


def secret(tx: Tx, name: str, fresh: str) -> str:
    """A secret kept in the store; `fresh` becomes it when there is none yet."""
    key = f"secret:{name}"
    tx.run(
        "INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING",
        {"name": key, "value": fresh},
    )
    return str(single(tx.one("SELECT value FROM meta WHERE name = :name", {"name": key})))


def kept_secret(tx: Tx, name: str) -> str:
    """The same, to read only; "" when there is none yet."""
    return str(single(tx.one("SELECT value FROM meta WHERE name = :name", {"name": f"secret:{name}"})) or "")


def _at(domain: str) -> str:
    """The pattern of all addresses of a domain."""
    return "%@" + domain.replace("!", "!!").replace("_", "!_").replace("%", "!%")


def _account(row: Row) -> Account:
    number, address, name, language, octets, messages, disabled, created = row
    return Account(number, address, name, language, octets, messages, bool(disabled), created)

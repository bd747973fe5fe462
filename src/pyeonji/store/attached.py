"""What is attached to mailboxes must be attached to something: checked by `pyeonji verify`, mended by its --rebuild."""

from collections.abc import Iterator

from pyeonji.proto.imap.rights import ordered
from pyeonji.store.engine.base import Tx

# Nobody is called that: a "-" in front takes rights away.
NOBODY = """
identifier NOT IN ('anyone', '-anyone') AND NOT EXISTS (
  SELECT 1 FROM account a WHERE a.address = acl.identifier OR '-' || a.address = acl.identifier)
"""

OF_NOTHING = """
(mailbox_id <> 0 AND NOT EXISTS (SELECT 1 FROM mailbox b WHERE b.id = annotation.mailbox_id))
  OR (account_id <> 0 AND NOT EXISTS (SELECT 1 FROM account a WHERE a.id = annotation.account_id))
"""


def contradictions(tx: Tx) -> Iterator[tuple[str, str]]:
    """(what, where)."""
    for mailbox_id, identifier in tx.all(f"SELECT mailbox_id, identifier FROM acl WHERE {NOBODY}"):
        yield "rights of nobody", f"mailbox {mailbox_id}, {identifier}"
    for mailbox_id, identifier, rights in tx.all("SELECT mailbox_id, identifier, rights FROM acl"):
        if not rights or ordered(rights) != rights:
            yield "rights that do not exist", f"mailbox {mailbox_id}, {identifier}: {rights}"
    for mailbox_id, account_id, entry in tx.all(
        f"SELECT mailbox_id, account_id, entry FROM annotation WHERE {OF_NOTHING}"
    ):
        yield "note of nobody or on nothing", f"mailbox {mailbox_id}, account {account_id}, {entry}"


def mend(tx: Tx) -> None:
    """What belongs to nobody goes; of rights, those that exist stay."""
    tx.run(f"DELETE FROM acl WHERE {NOBODY}")
    for mailbox_id, identifier, rights in tx.all("SELECT mailbox_id, identifier, rights FROM acl"):
        if ordered(rights) != rights:
            tx.run(
                "UPDATE acl SET rights = :rights WHERE mailbox_id = :id AND identifier = :identifier",
                {"rights": ordered(rights), "id": mailbox_id, "identifier": identifier},
            )
    tx.run("DELETE FROM acl WHERE rights = ''")
    tx.run(f"DELETE FROM annotation WHERE {OF_NOTHING}")

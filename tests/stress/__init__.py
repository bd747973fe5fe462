"""A client that believes nothing: it acts at random, keeps its own model of what it was told, and finds contradictions.

Nothing here uses the server's code.  `wire` reads responses, `belief` is what one session knows of its mailbox,
`ledger` is what all sessions together know, `actor` does things, and `liar` stands between client and server and tells
lies: the planted defects that must be found.
"""

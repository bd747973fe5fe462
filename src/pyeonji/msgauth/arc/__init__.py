"""The Authenticated Received Chain (RFC 8617): what those who handed a letter on found when it came to them.

`chain` puts the fields of each hop together, `validate` judges them, `seal` adds our own.
"""

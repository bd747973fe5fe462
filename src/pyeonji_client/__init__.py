"""The SDK for applications that send through pyeonji: send a letter, learn its final outcome.

Not written yet: the HTTP API it speaks comes first (see CHANGES.md).  The package exists so that its name and place
are settled, and so that nothing in the server can come to depend on it.
"""

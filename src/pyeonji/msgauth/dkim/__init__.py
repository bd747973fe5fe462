"""DomainKeys Identified Mail (RFC 6376, RFC 8301, RFC 8463, RFC 8616): who signed a letter, and our own signatures.

`tags` and `field` read what is written, `canonical` and `bodies` make of a letter what was signed, `key` reads what the
DNS says, `verify` judges, `sign` writes.
"""

"""The DNS records of a mail server: what it wants, what is there, and how to write it down."""

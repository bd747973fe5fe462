"""Who sits before the pages: password, one-time code, passkey, or a link made on the machine (docs/signin.md)."""

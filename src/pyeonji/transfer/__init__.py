"""Letters from other mail systems into mailboxes here, and from here into files others read: import and export."""

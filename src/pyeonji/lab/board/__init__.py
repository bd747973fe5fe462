"""A web board whose members forget their passwords: the nine steps from a form to a mailbox."""

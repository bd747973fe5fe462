"""POP3 without I/O: `session` reads commands, `answer` prints answers."""

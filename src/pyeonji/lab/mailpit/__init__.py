"""What `lab --catch` has caught, for programs that know Mailpit."""

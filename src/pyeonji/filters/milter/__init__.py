"""Asking filters of others about a letter, and doing with it what they say."""

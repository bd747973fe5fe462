"""For all tests: how long one example takes says how busy the machine is, and nothing about us."""

from hypothesis import settings

settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

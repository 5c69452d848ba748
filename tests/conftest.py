"""For all tests: hypothesis counts no time, since a busy machine is not a fault of the code."""

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")

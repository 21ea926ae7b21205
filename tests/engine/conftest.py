"""Settings of the property tests."""

from hypothesis import settings

# The first example of a property compiles and imports; on a busy machine that alone breaks a deadline.
settings.register_profile("engine", deadline=None)
settings.load_profile("engine")

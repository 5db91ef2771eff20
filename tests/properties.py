"""How the properties are tried: as often as the profile says (tests/conftest.py), all on one database."""

from hypothesis import HealthCheck, settings

# The database is filled once for all examples of a test, which only read it or take back what they write.
on_one_database = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Where each try writes, which takes longer.
of_writing = settings(on_one_database, max_examples=settings.default.max_examples // 2)  # type: ignore[union-attr]

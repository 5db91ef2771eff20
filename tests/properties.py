"""How many examples the properties are tried on."""

from hypothesis import HealthCheck, settings

# The database is filled once for all examples of a test, which only read it or take back what they write.
on_one_database = settings(
    max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

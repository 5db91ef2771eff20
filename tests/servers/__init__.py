"""Real servers for tests, drills and the benchmark: PostgreSQL, gunicorn, nginx, and what to ask them for."""

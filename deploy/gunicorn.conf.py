"""gunicorn behind nginx; systemd hands over the socket (deploy/systemd/dxcases.socket)."""

import os

worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60  # seconds; an import of many rows takes the longest
graceful_timeout = 30
loglevel = "warning"
control_socket_disable = True

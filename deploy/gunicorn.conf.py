"""gunicorn behind nginx; systemd hands over the socket (deploy/systemd/dxcases.socket)."""

import gc
import os
from typing import Any

worker_class = "dxcases.web_worker.Worker"
http_parser = "python"  # which the worker teaches to read addresses with Japanese letters as they are
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60  # seconds; an import of many rows takes the longest
graceful_timeout = 30
loglevel = "warning"
control_socket_disable = True
# What nginx lets through is Django's to refuse: gunicorn's own errors have no security headers.
limit_request_line = 0
limit_request_field_size = 0
limit_request_fields = 32_768
permit_unconventional_http_method = True
forwarder_headers = ""  # no header of a request says where the site begins (SCRIPT_NAME)


def post_worker_init(worker: Any) -> None:
    """Lets the garbage collector pass over what stays, and look less often: exports make many objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)

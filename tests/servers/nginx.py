"""nginx with the file of `deploy/`, in front of gunicorn, on ports and in folders of its own."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path

from django.conf import settings

from tests.servers.clusters import HOST, OwnCluster
from tests.servers.gunicorn import free_port, gunicorn, wait_for

MAIN = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/dxcases.conf;
}}
"""

NONE: Mapping[str, str] = {}


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def cache(self) -> str | None:
        """What nginx's cache did."""
        return self.headers["X-Cache-Status"]


@dataclass
class Front:
    """nginx on two ports of its own; its files are in `folder`."""

    folder: Path
    http: int = field(default_factory=free_port)
    https: int = field(default_factory=free_port)

    @property
    def upstream(self) -> str:
        return f"unix:{self.folder}/web.sock"

    def write_configuration(self) -> None:
        """The real file with other ports and folders; each replaced text must be there."""
        text = (settings.BASE_DIR / "deploy/nginx/dxcases.conf").read_text(encoding="utf-8")
        for old, new in {
            "listen [::]:": "# listen [::]:",
            "listen 80": f"listen 127.0.0.1:{self.http}",
            "listen 443": f"listen 127.0.0.1:{self.https}",
            "unix:/run/dxcases/web.sock": self.upstream,
            "/opt/dxcases/": f"{self.folder}/",
            "/etc/ssl/dxcases/": f"{self.folder}/",
            "/var/cache/nginx/dxcases": f"{self.folder}/cache",
            "/var/log/nginx/": f"{self.folder}/",
            "/var/www/acme": f"{self.folder}/acme",
        }.items():
            assert old in text
            text = text.replace(old, new)
        (self.folder / "dxcases.conf").write_text(text, encoding="utf-8")
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder, user=user))

    def command(self, *options: str) -> list[str]:
        return ["nginx", "-c", f"{self.folder}/nginx.conf", "-p", str(self.folder), *options]

    @contextmanager
    def running(self) -> Iterator[None]:
        nginx = subprocess.Popen(self.command())
        try:
            wait_for(f"127.0.0.1:{self.https}")
            yield
        finally:
            nginx.terminate()
            nginx.wait(10)

    def connect(self, source: str = "127.0.0.1") -> ssl.SSLSocket:
        """A connection by HTTPS, from an address of this machine."""
        context = ssl.create_default_context(cafile=self.folder / "fullchain.pem")
        raw = socket.create_connection(("127.0.0.1", self.https), timeout=30, source_address=(source, 0))
        return context.wrap_socket(raw, server_hostname=HOST)

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] = NONE,
        source: str = "127.0.0.1",
    ) -> Answer:
        """Asks by HTTPS, in a connection of its own."""
        connection = HTTPConnection(HOST)
        connection.sock = self.connect(source)
        connection.request(method, path, body, headers)
        return answer_of(connection)

    def ask_plainly(self, path: str, host: str = HOST) -> Answer:
        """Asks by HTTP."""
        connection = HTTPConnection("127.0.0.1", self.http, timeout=30)
        connection.request("GET", path, headers={"Host": host})
        return answer_of(connection)


def answer_of(connection: HTTPConnection) -> Answer:
    response = connection.getresponse()
    body = response.read()
    connection.close()
    lists = ("Vary", "Set-Cookie")
    names = [name.lower() for name, _ in response.getheaders() if name not in lists]
    assert len(names) == len(set(names)), f"a header twice: {response.getheaders()}"
    return Answer(response.status, response.headers, body)


@contextmanager
def own_front() -> Iterator[Front]:
    """nginx ready to run; its files are gone after the `with`."""
    folder = Path(tempfile.mkdtemp(prefix="dxcases-nginx-"))
    folder.chmod(0o755)
    try:
        front = Front(folder)
        shutil.copytree(settings.BASE_DIR / "deploy", folder / "deploy")
        make_certificate(folder)
        front.write_configuration()
        yield front
    finally:
        shutil.rmtree(folder)


def make_certificate(folder: Path) -> None:
    files = ("-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem")
    kind = ("-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}")
    subprocess.run(["openssl", "req", *kind, *files], check=True, capture_output=True)


@contextmanager
def site(front: Front, cluster: OwnCluster) -> Iterator[subprocess.Popen[bytes]]:
    """The whole site; gives gunicorn's main process."""
    with gunicorn(cluster.url, front.upstream, HTTPS="on") as server, front.running():
        yield server

"""Whether web pages still answer, asked politely and of public addresses alone. Knows nothing of Django.

A name is resolved once for each request. Every address it has is checked, and the connection goes to one of
those addresses, so that no URL, redirect or DNS answer leads to a private place. Proxies of the environment
are not used: behind one, only the proxy would know where a request goes.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import cast
from urllib.parse import quote, urljoin, urlsplit

MAX_REDIRECTS = 8
MAX_BYTES = 64 * 1024
MAX_ADDRESSES = 4  # tried of those a name has
MAX_URL_LENGTH = 2_000  # characters
PORTS = {"http": 80, "https": 443}
REDIRECTS = {301, 302, 303, 307, 308}
TURNS_US_AWAY = {401, 403, 406, 429, 451}  # a reader's browser may well be let in
HEADERS = {
    "User-Agent": "dxcases-link-check/1 (catalogue of municipal DX cases in Japan)",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
OUT_OF_TIME = "時間内に応答がありません"
NO_SUCH_NAME = "サーバーの名前が見つかりません"
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

# Refused on top of what `ipaddress` says is not global: what it says differs between versions of Python.
NOT_PUBLIC = [
    ip_network(network)
    for network in (
        *("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # Azure's own services, seen from its machines alone
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),  # Teredo, documentation, 6to4
    )
]
GLOBAL_UNICAST = ip_network("2000::/3")  # IANA has given out no other addresses of IPv6 for hosts
CARRY_IPV4 = [ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96")]  # mapped, NAT64

Resolver = Callable[[str, int], Iterable[str]]
Connector = Callable[[str, int, float], socket.socket]


class Outcome(StrEnum):
    """What one check can find. Whether a page is dead takes several days: that is not for us to say."""

    ALIVE = "alive"
    FAILING = "failing"
    UNCLEAR = "unclear"
    REFUSED = "refused"


@dataclass(frozen=True)
class Finding:
    """What one check of an address has found. `final_url` is the last that answered."""

    url: str
    outcome: Outcome
    final_url: str = ""
    http_status: int | None = None
    reason: str = ""
    checked_at: datetime = field(default_factory=partial(datetime.now, UTC))


class NoAnswer(Exception):
    """There is no answer of HTTP to judge by; with what follows from that, and why in words for editors."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


class Unreadable(NoAnswer):
    """A server was reached, but what it says, if anything, is no answer."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is one of the public Internet, by IANA's registries of special-purpose addresses.

    An address that carries one of IPv4 is as public as that one. Other ways of carrying (6to4, Teredo,
    compatible addresses, the local NAT64) are of no use to public servers and are refused whole.
    """
    if isinstance(address, IPv6Address):
        if any(address in network for network in CARRY_IPV4):
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in GLOBAL_UNICAST or address.scope_id is not None:
            return False
    return address.is_global and not any(address in network for network in NOT_PUBLIC)


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, from the system's resolver. Raises OSError where there is none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """A connection to an address, which is not a name. Raises OSError."""
    return socket.create_connection((address, port), seconds)


@cache
def trust_of_the_system() -> ssl.SSLContext:
    return ssl.create_default_context()


class Deadline:
    """The moment by which something has to be over."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, more than 0. Raises TimeoutError when there are none."""
        seconds = self.at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def or_in(self, seconds: float) -> Deadline:
        """A deadline in `seconds`, but not after this one."""
        return Deadline(min(seconds, self.left()))


@dataclass(frozen=True)
class Hop:
    """One address to ask, in the form in which it is resolved, checked and sent: nothing parses it again."""

    scheme: str
    host: str
    target: str

    @classmethod
    def of(cls, url: str) -> Hop:
        """Raises NoAnswer for what is not asked: other schemes and ports, user names, hosts out of form."""
        try:
            parts = urlsplit(url)
            scheme, port, host = parts.scheme, parts.port, host_of(parts.hostname or "")
            target = (quoted(parts.path) or "/") + (f"?{quoted(parts.query)}" if parts.query else "")
        except (ValueError, OSError) as error:
            raise NoAnswer(Outcome.REFUSED, "アドレスの形が正しくありません") from error
        if scheme not in PORTS or port not in (None, PORTS[scheme]):
            raise NoAnswer(Outcome.REFUSED, "httpの80番とhttpsの443番だけを確認します")
        if "@" in parts.netloc:
            raise NoAnswer(Outcome.REFUSED, "利用者名の付いたアドレスは確認しません")
        if len(url) > MAX_URL_LENGTH:
            raise NoAnswer(Outcome.REFUSED, "アドレスが長すぎます")
        return cls(scheme, host, target)

    @property
    def port(self) -> int:
        return PORTS[self.scheme]

    @property
    def host_header(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host_header}{self.target}"


def host_of(written: str) -> str:
    """A host as a resolver sees it: ASCII, lower case, no last dot; IPv4 in four decimal parts.

    So ＬＯＣＡＬＨＯＳＴ。 is localhost, 0x7f.1 and 2130706433 are 127.0.0.1. Raises ValueError or OSError.
    """
    if ":" in written:
        return str(IPv6Address(written))
    host = written.encode("idna").decode("ascii").lower().removesuffix(".")
    if not HOST.fullmatch(host):
        raise ValueError(f"not a host: {host!r}")
    is_number = NUMBER.fullmatch(host.rpartition(".")[2])
    return socket.inet_ntoa(socket.inet_aton(host)) if is_number else host


def quoted(part: str) -> str:
    """A path or query in ASCII; what is quoted already stays as it is."""
    return quote(part, safe="/?%:@!$&'()*+,;=~-._[]|^")


@dataclass(frozen=True)
class Answer:
    """What a server says at one hop."""

    status: int
    location: str = ""

    @property
    def leads_on(self) -> bool:
        return self.status in REDIRECTS and self.location != ""

    @property
    def outcome(self) -> Outcome:
        if 200 <= self.status < 300:
            return Outcome.ALIVE
        return Outcome.UNCLEAR if self.status in TURNS_US_AWAY else Outcome.FAILING


@dataclass
class Checker:
    """Checks addresses one after the other, with a pause between two requests to one host.

    Times are seconds: `hop_seconds` for one request, `total_seconds` for one address with all its redirects.
    `resolver` and `connector` are the only ways to the network.
    """

    resolver: Resolver = resolve
    connector: Connector = connect
    tls: ssl.SSLContext = field(default_factory=trust_of_the_system)
    hop_seconds: float = 10
    total_seconds: float = 30
    pause: float = 1
    asked: dict[str, float] = field(default_factory=dict, init=False)

    def check(self, url: str) -> Finding:
        """Follows redirects, each checked as the first; never raises for what an address or a server does."""
        deadline, following, final_url = Deadline(self.total_seconds), url, ""
        try:
            for _ in range(MAX_REDIRECTS + 1):
                hop = Hop.of(following)
                answer = self.ask(hop, deadline)
                final_url = hop.url
                if not answer.leads_on:
                    return finding_of(url, final_url, answer)
                following = led_to(hop, answer)
            raise NoAnswer(Outcome.FAILING, f"転送が{MAX_REDIRECTS}回を超えて続きます")
        except NoAnswer as error:
            return Finding(url, error.outcome, final_url, reason=str(error))

    def ask(self, hop: Hop, deadline: Deadline) -> Answer:
        """The answer to HEAD, or to GET where that is no good: many servers know only GET."""
        try:
            answer = self.request("HEAD", hop, deadline)
            if answer.leads_on or answer.outcome == Outcome.ALIVE:
                return answer
        except Unreadable:
            pass
        return self.request("GET", hop, deadline)

    def request(self, method: str, hop: Hop, deadline: Deadline) -> Answer:
        self.wait_for_turn(hop.host)
        try:
            within = deadline.or_in(self.hop_seconds)
            with self.opened(hop, within) as opened:
                return exchange(method, hop, opened, within)
        except TimeoutError as error:
            raise NoAnswer(Outcome.FAILING, OUT_OF_TIME) from error
        finally:
            self.asked[hop.host] = time.monotonic()

    def wait_for_turn(self, host: str) -> None:
        if host in self.asked:
            time.sleep(max(0, self.asked[host] + self.pause - time.monotonic()))

    def opened(self, hop: Hop, deadline: Deadline) -> socket.socket:
        """A connection to a checked address of the host, with TLS where the scheme asks for it."""
        connection = self.connected(self.public_addresses(hop, deadline), hop.port, deadline)
        if hop.scheme == "http":
            return connection
        try:
            connection.settimeout(deadline.left())
            return self.tls.wrap_socket(connection, server_hostname=hop.host)
        except ssl.SSLError as error:
            # Browsers know certificates and old ways of TLS that we do not: no reason to call a page dead.
            raise NoAnswer(Outcome.UNCLEAR, "安全な通信（TLS）を始められません") from error
        except OSError as error:
            raise failure_of(error) from error
        finally:
            connection.close()  # TLS has made a socket of its own out of it, or failed

    def connected(self, addresses: list[str], port: int, deadline: Deadline) -> socket.socket:
        for address in addresses:
            try:
                return self.connector(address, port, deadline.left())
            except OSError as error:
                failure = error
        raise failure_of(failure) from failure

    def public_addresses(self, hop: Hop, deadline: Deadline) -> list[str]:
        """The addresses to try: all of the host's, if all are public. Raises NoAnswer where one is not.

        IPv4 comes first: many a network has no way to IPv6 and does not say so.
        """
        addresses = [ip_address(found) for found in self.resolved(hop, deadline)]
        if not addresses:
            raise NoAnswer(Outcome.FAILING, NO_SUCH_NAME)
        if not all(is_public(address) for address in addresses):
            raise NoAnswer(Outcome.REFUSED, "公開されていない場所を指すため、接続しません")
        return [str(one) for one in sorted(addresses, key=lambda one: one.version)][:MAX_ADDRESSES]

    def resolved(self, hop: Hop, deadline: Deadline) -> list[str]:
        """Looked up in a thread of its own, since the system's resolver knows no time limit."""
        if is_address(hop.host):
            return [hop.host]
        pool = ThreadPoolExecutor(max_workers=1)
        try:
            looked_up = pool.submit(lambda: list(self.resolver(hop.host, hop.port)))
            return looked_up.result(deadline.left())
        except TimeoutError:
            raise
        except (OSError, UnicodeError) as error:
            raise NoAnswer(Outcome.FAILING, NO_SUCH_NAME) from error
        finally:
            pool.shutdown(wait=False)


def failure_of(error: OSError) -> NoAnswer:
    """What it means that no connection came about."""
    out_of_time = isinstance(error, TimeoutError)
    return NoAnswer(Outcome.FAILING, OUT_OF_TIME if out_of_time else "サーバーに接続できません")


def is_address(host: str) -> bool:
    """Whether a host as `host_of` gives it is an address: no name has a colon or ends in a number."""
    return ":" in host or host.rpartition(".")[2].isdigit()


def finding_of(url: str, final_url: str, answer: Answer) -> Finding:
    reason = "" if answer.outcome == Outcome.ALIVE else f"サーバーの応答：{answer.status}"
    return Finding(url, answer.outcome, final_url, answer.status, reason)


def led_to(hop: Hop, answer: Answer) -> str:
    """Where a redirect leads. Servers send UTF-8, which http.client reads as Latin-1."""
    try:
        return urljoin(hop.url, answer.location.encode("latin-1").decode("utf-8", "replace"))
    except ValueError as error:
        raise NoAnswer(Outcome.FAILING, "転送先のアドレスが正しくありません") from error


def exchange(method: str, hop: Hop, opened: socket.socket, deadline: Deadline) -> Answer:
    """One request and the head of its answer. The body is not read: the head tells all we need."""
    connection = http.client.HTTPConnection(hop.host, hop.port)
    connection.auto_open = 0  # it shall use the checked connection or none
    connection.sock = cast(socket.socket, LimitedSocket(opened, deadline))
    try:
        connection.request(method, hop.target, headers={"Host": hop.host_header, **HEADERS})
        response = connection.getresponse()
    except TimeoutError as error:
        raise Unreadable(Outcome.FAILING, OUT_OF_TIME) from error
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise Unreadable(Outcome.FAILING, "サーバーの応答を読み取れません") from error
    return Answer(response.status, response.headers.get("Location", "").strip())


class LimitedSocket:
    """What http.client needs of a socket, with a limit of time and bytes for all that is sent and read.

    A timeout of a socket starts anew with every byte; a server that drips would never run into it.
    """

    def __init__(self, opened: socket.socket, deadline: Deadline) -> None:
        self.opened, self.deadline = opened, deadline

    def sendall(self, data: bytes) -> None:
        self.opened.settimeout(self.deadline.left())
        self.opened.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(LimitedReader(self.opened, self.deadline))

    def close(self) -> None:
        """Nothing: whoever opened the socket closes it."""


class LimitedReader(io.RawIOBase):
    def __init__(self, opened: socket.socket, deadline: Deadline) -> None:
        self.opened, self.deadline, self.bytes_left = opened, deadline, MAX_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Raises OSError once the limit is reached: a head cut short must not pass for a whole one."""
        if not self.bytes_left:
            raise OSError(f"more than {MAX_BYTES} bytes")
        self.opened.settimeout(self.deadline.left())
        read = self.opened.recv_into(buffer, min(len(buffer), self.bytes_left))
        self.bytes_left -= read
        return read

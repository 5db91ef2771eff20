from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_address
from threading import Event

import pytest
import trustme
from django.conf import settings

from catalog.links.network import MAX_BYTES, Checker, Finding, Hop, Outcome, is_public
from tests.link_network import (
    PUBLIC,
    Behaviour,
    Network,
    is_silent,
    leads_to,
    repeats,
    running,
    says,
    sends,
)
from tests.quick import one_in

ALIVE, FAILING, UNCLEAR, REFUSED = Outcome.ALIVE, Outcome.FAILING, Outcome.UNCLEAR, Outcome.REFUSED
OK = says("200 OK")

NOT_PUBLIC = {
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "this host": ["0.0.0.0", "0.1.2.3", "::"],
    "private": ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1"],
    "unique local": ["fc00::1", "fd00:ec2::254"],
    "shared (CGNAT)": ["100.64.0.1", "100.100.100.200", "100.127.255.255"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%lo", "febf::1"],
    "site-local": ["fec0::1"],
    "protocol assignments": ["192.0.0.1", "192.0.0.170", "192.0.0.192", "192.88.99.1", "2001:1::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "benchmarking": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "4000::1", "100::1"],
    "a cloud's own services": ["168.63.129.16"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"],
    "compatible": ["::127.0.0.1", "::7f00:1", "::8.8.8.8"],
    "translated": ["::ffff:0:127.0.0.1"],
    "NAT64": ["64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b::169.254.169.254", "64:ff9b::c0a8:1"],
    "local NAT64": ["64:ff9b:1::7f00:1", "64:ff9b:1:7f00:0:100::", "64:ff9b:1::8.8.8.8"],
    "6to4": ["2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1", "2002:808:808::1"],
    "Teredo": ["2001:0:7f00:1::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001::1"],
    "ORCHID": ["2001:10::1", "2001:20::1"],
    "segment routing": ["5f00::1"],
    "scoped": ["2606:4700::1111%1"],
}
FORBIDDEN = [address for addresses in NOT_PUBLIC.values() for address in addresses]

FORBIDDEN_URLS = [
    # IPv4 in every notation that a resolver takes for an address
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0X7F000001/",
    "http://0x7f.0.0.1/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://0177.0x0.0.1/",
    "http://127.0.0.1./",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0/",
    "http://0.0.0.0/",
    # the same in characters that IDNA maps to ASCII
    "http://１２７.０.０.１/",
    "http://１２７．０．０．１/",
    "http://127。0。0。1/",
    "http://127｡0｡0｡1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/",
    "http://２１３０７０６４３３/",
    "http://０ｘ７ｆ．１/",
    "http://1²7.0.0.1/",
    # IPv6
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b:1::127.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::1]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://[fe80::1%lo]/",
    "http://[2606:4700::1111%251]/",
    "http://[fd00::1]/",
    "http://[ff02::1]/",
]
ODD_URLS = [
    # not asked, whatever they lead to
    "ftp://a.example/",
    "file:///etc/passwd",
    "gopher://a.example:70/",
    "javascript:alert(1)",
    "//a.example/",
    "http:a.example",
    "http:///",
    "",
    "http://a.example:22/",
    "http://a.example:8080/",
    "http://a.example:443/",
    "https://a.example:80/",
    "http://a.example:0/",
    "http://a.example:99999/",
    "http://a.example:x/",
    "http://user@a.example/",
    "http://user:password@a.example/",
    "http://:@a.example/",
    "http://a.example\\@127.0.0.1/",
    "http://a.example@127.0.0.1/",
    "http://127.0.0.1\\.a.example/",
    "http://127.0.0.1%2f.a.example/",
    "http://%31%32%37.0.0.1/",
    "http://127.0.0.1℀.a.example/",
    "http://a.example／@127.0.0.1/",
    "http://a_b.example%00/",
    "http://1.2.3.4.5/",
    "http://256.256.256.256/",
    "http://0x1ffffffff/",
    "http://08.1.1.1/",
    "http://a..example/",
    "http://.a.example/",
    "http://a.example../",
    "http://[::1/",
    "http://[a.example]/",
    "http://[]/",
    f"http://{'a' * 64}.example/",
    f"http://a.example/{'a' * 2_000}",
    "http://a.example/\ud800",
    "http://\ud800.example/",
]


@pytest.fixture
def network() -> Iterator[Network]:
    with running() as network:
        yield network


def judged(finding: Finding) -> tuple[str, int | None, str]:
    return finding.outcome, finding.http_status, finding.reason


# Where the checker does not go


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_known_as_such(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "192.0.1.1"),
        *("223.255.255.255", "2606:4700::1111", "2400::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"),
    ],
)
def test_a_public_address_is_known_as_such(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("url", FORBIDDEN_URLS)
def test_no_url_leads_to_a_forbidden_address(url: str) -> None:
    network = Network()
    finding = network.checker().check(url)
    assert judged(finding) == (REFUSED, None, "公開されていない場所を指すため、接続しません")
    assert (network.connections, network.looked_up) == ([], [])


@pytest.mark.parametrize("url", ODD_URLS)
def test_what_is_no_plain_web_address_is_not_asked(url: str) -> None:
    network = Network()
    assert network.checker().check(url).outcome == REFUSED
    assert (network.connections, network.looked_up) == ([], [])


@pytest.mark.parametrize("address", FORBIDDEN)
@pytest.mark.parametrize("others", [[], [PUBLIC]], ids=["alone", "among public ones"])
@pytest.mark.parametrize("name", ["a.example", "ＬＯＣＡＬＨＯＳＴ", "日本語.jp"])
def test_no_dns_answer_leads_to_a_forbidden_address(address: str, others: list[str], name: str) -> None:
    network = Network(names={Hop.of(f"http://{name}/").host: [*others, address]})
    finding = network.checker().check(f"http://{name}/")
    assert judged(finding) == (REFUSED, None, "公開されていない場所を指すため、接続しません")
    assert network.connections == []


@pytest.mark.parametrize(
    "url", [*FORBIDDEN_URLS, *(url for url in ODD_URLS if url.startswith("http://user"))]
)
def test_no_redirect_leads_to_a_forbidden_address(network: Network, url: str) -> None:
    network.pages["a.example/"] = leads_to(url)
    finding = network.checker().check("http://a.example/")
    assert (finding.outcome, finding.final_url) == (REFUSED, "http://a.example/")
    assert network.connections == [(PUBLIC, 80)]


def test_a_name_is_checked_anew_at_every_request(network: Network) -> None:
    """A name that turns to a private address once it has been checked (DNS rebinding)."""

    def turn_private(opened: socket.socket, request: object, closing: Event) -> None:
        network.names["a.example"] = ["127.0.0.1"]
        opened.sendall(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")

    network.pages["a.example/"] = turn_private
    assert network.checker().check("http://a.example/").outcome == REFUSED
    assert network.connections == [(PUBLIC, 80)]


def test_the_connection_goes_to_the_address_that_was_checked(network: Network) -> None:
    network.pages["a.example/"] = OK
    network.names["a.example"] = ["2606:4700::1111", "1.1.1.1"]
    assert network.checker().check("http://Ａ.example./").outcome == ALIVE
    assert (network.looked_up, network.connections) == (["a.example"], [("1.1.1.1", 80)])


def test_the_next_address_is_tried_where_one_does_not_answer(network: Network) -> None:
    def only_ipv6(address: str, port: int, seconds: float) -> socket.socket:
        if ":" not in address:
            raise ConnectionRefusedError
        return network.connect(address, port, seconds)

    network.pages["a.example/"] = OK
    network.names["a.example"] = ["1.1.1.1", "2606:4700::1111"]
    assert Checker(network.resolve, only_ipv6).check("http://a.example/").outcome == ALIVE


# What answers mean


@pytest.mark.parametrize(
    ("behaviour", "methods", "outcome", "status"),
    [
        (OK, ["HEAD"], ALIVE, 200),
        (says("204 No Content"), ["HEAD"], ALIVE, 204),
        (says("405 Method Not Allowed", get="200 OK"), ["HEAD", "GET"], ALIVE, 200),
        (says("501 Not Implemented", get="200 OK"), ["HEAD", "GET"], ALIVE, 200),
        (says("404 Not Found", get="200 OK"), ["HEAD", "GET"], ALIVE, 200),
        (says("403 Forbidden", get="200 OK"), ["HEAD", "GET"], ALIVE, 200),
        (says("404 Not Found"), ["HEAD", "GET"], FAILING, 404),
        (says("410 Gone"), ["HEAD", "GET"], FAILING, 410),
        (says("500 Internal Server Error"), ["HEAD", "GET"], FAILING, 500),
        (says("503 Service Unavailable"), ["HEAD", "GET"], FAILING, 503),
        (says("302 Found"), ["HEAD", "GET"], FAILING, 302),
        (says("999 Odd"), ["HEAD", "GET"], FAILING, 999),
        (says("401 Unauthorized"), ["HEAD", "GET"], UNCLEAR, 401),
        (says("403 Forbidden"), ["HEAD", "GET"], UNCLEAR, 403),
        (says("429 Too Many Requests"), ["HEAD", "GET"], UNCLEAR, 429),
    ],
)
def test_an_answer_is_judged_by_its_status(
    network: Network, behaviour: Behaviour, methods: list[str], outcome: str, status: int
) -> None:
    network.pages["a.example/p?q=1"] = behaviour
    finding = network.checker().check("http://a.example/p?q=1#part")
    reason = "" if outcome == ALIVE else f"サーバーの応答：{status}"
    assert judged(finding) == (outcome, status, reason)
    assert finding.final_url == "http://a.example/p?q=1"
    assert [request.method for request in network.requests] == methods


@pytest.mark.parametrize(
    "behaviour",
    [
        sends(b""),
        sends(b"\0" * 1_000),
        sends(b"SSH-2.0-OpenSSH\r\n"),
        sends(b"HTTP/1.1 2000 Odd\r\n\r\n"),
        sends(b"HTTP/1.1 abc\r\n\r\n"),
        sends(b"HTTP/1.1 200 OK\r\nA: " + b"a" * MAX_BYTES + b"\r\n\r\n"),
        sends(b"HTTP/1.1 200 OK\r\n" + b"A: a\r\n" * 1_000 + b"\r\n"),
    ],
)
def test_what_is_no_answer_is_a_failure(network: Network, behaviour: Behaviour) -> None:
    network.pages["a.example/"] = behaviour
    finding = network.checker().check("http://a.example/")
    assert judged(finding) == (FAILING, None, "サーバーの応答を読み取れません")


def test_a_name_that_is_not_there_is_a_failure() -> None:
    def no_name(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    finding = Checker(no_name, Network().connect).check("http://a.example/")
    assert judged(finding) == (FAILING, None, "サーバーの名前が見つかりません")
    assert Network(names={"a.example": []}).checker().check("http://a.example/").outcome == FAILING


def test_a_server_that_is_not_there_is_a_failure() -> None:
    def refuse(address: str, port: int, seconds: float) -> socket.socket:
        raise ConnectionRefusedError

    finding = Checker(Network().resolve, refuse).check("http://a.example/")
    assert judged(finding) == (FAILING, None, "サーバーに接続できません")


def test_a_request_names_the_catalogue_and_carries_no_cookie(network: Network) -> None:
    network.pages["a.example/"] = says("302 Found", "Set-Cookie: a=b", "Location: /next")
    network.pages["a.example/next"] = OK
    assert network.checker().check("http://a.example/").outcome == ALIVE
    for request in network.requests:
        assert "User-Agent: dxcases-link-check/1 (catalogue of municipal DX cases in Japan)" in request.head
        assert "cookie" not in request.head.lower()


# Redirects


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
def test_a_redirect_is_followed_to_where_it_ends(network: Network, status: str) -> None:
    network.pages["a.example/"] = leads_to("http://b.example/x", f"{status} Moved")
    network.pages["b.example/x"] = OK
    finding = network.checker().check("http://a.example/")
    assert (finding.outcome, finding.final_url) == (ALIVE, "http://b.example/x")


@pytest.mark.parametrize(
    "location",
    [
        *("/パス?q=値", "http://a.example/パス?q=値", "//a.example/パス?q=値", "パス?q=値"),
        *("/%E3%83%91%E3%82%B9?q=%E5%80%A4", "  /パス?q=値  ", "http://a.example:80/パス?q=値#x"),
    ],
)
def test_redirects_are_read_as_servers_write_them(network: Network, location: str) -> None:
    network.pages["a.example/"] = leads_to(location)
    network.pages["a.example/%E3%83%91%E3%82%B9?q=%E5%80%A4"] = OK
    finding = network.checker().check("http://a.example/")
    assert finding.final_url == "http://a.example/%E3%83%91%E3%82%B9?q=%E5%80%A4"
    assert finding.outcome == ALIVE


@pytest.mark.parametrize(("redirects", "outcome"), [(8, ALIVE), (9, FAILING)])
def test_eight_redirects_are_followed_and_no_more(network: Network, redirects: int, outcome: str) -> None:
    for number in range(redirects):
        network.pages[f"a.example/{number}"] = leads_to(f"/{number + 1}")
    network.pages[f"a.example/{redirects}"] = OK
    assert network.checker().check("http://a.example/0").outcome == outcome
    assert len(network.requests) == 9


def test_a_loop_ends(network: Network) -> None:
    network.pages["a.example/"] = leads_to("/")
    finding = network.checker().check("http://a.example/")
    assert judged(finding) == (FAILING, None, "転送が8回を超えて続きます")


def test_a_redirect_that_cannot_be_read_is_a_failure(network: Network) -> None:
    network.pages["a.example/"] = leads_to("http://[")
    assert network.checker().check("http://a.example/").outcome == FAILING


# Time and size


HEAD_OF_200 = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("behaviour", "outcome", "reason"),
    one_in(
        4,
        [
            (repeats(b"a" * 4096, first=HEAD_OF_200 + b"A: "), FAILING, "サーバーの応答を読み取れません"),
            (is_silent, FAILING, "時間内に応答がありません"),
            (repeats(b"H", every=0.05), FAILING, "時間内に応答がありません"),
            (repeats(b"A: a\r\n", every=0.1, first=HEAD_OF_200), FAILING, "時間内に応答がありません"),
            (repeats(b"HTTP/1.1 100 Continue\r\n\r\n"), FAILING, "サーバーの応答を読み取れません"),
            (repeats(b"HTTP/1.1 100 Continue\r\n\r\n", every=0.05), FAILING, "時間内に応答がありません"),
            (repeats(b"a" * 4096, first=HEAD_OF_200 + b"\r\n"), ALIVE, ""),
            (repeats(b"a", every=0.05, first=HEAD_OF_200 + b"\r\n"), ALIVE, ""),
        ],
    ),
    ids=[
        *("endless header", "silent", "dripping", "dripping headers", "endless continues"),
        *("dripping continues", "endless body", "dripping body"),
    ],
)
def test_it_ends_in_time_whatever_a_server_does(
    network: Network, behaviour: Behaviour, outcome: str, reason: str
) -> None:
    network.pages["a.example/"] = behaviour
    start = time.monotonic()
    finding = network.checker().check("http://a.example/")
    assert time.monotonic() - start < 10
    assert (finding.outcome, finding.reason) == (outcome, reason)


@pytest.mark.long
def test_the_limit_of_time_holds_for_all_redirects_together(network: Network) -> None:
    def dawdle(opened: socket.socket, request: object, closing: Event) -> None:
        closing.wait(0.4)
        opened.sendall(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n")

    network.pages["a.example/"] = dawdle
    finding = network.checker(total_seconds=1).check("http://a.example/")
    assert judged(finding) == (FAILING, None, "時間内に応答がありません")
    assert len(network.requests) <= 3


def test_a_name_server_that_does_not_answer_is_not_waited_for() -> None:
    answered = Event()

    def wait(host: str, port: int) -> list[str]:
        answered.wait()
        return [PUBLIC]

    network = Network()
    finding = Checker(wait, network.connect, hop_seconds=0.5).check("http://a.example/")
    answered.set()
    assert judged(finding) == (FAILING, None, "時間内に応答がありません")
    assert network.connections == []


def test_requests_to_one_host_are_a_pause_apart(network: Network) -> None:
    moments: list[float] = []

    def timed(address: str, port: int, seconds: float) -> socket.socket:
        moments.append(time.monotonic())
        return network.connect(address, port, seconds)

    network.pages["a.example/"] = says("404 Not Found")
    Checker(network.resolve, timed, pause=0.5).check("http://a.example/")
    head, get = moments
    assert get - head >= 0.5


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Network]:
    """A network whose server has a certificate for a.example."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("a.example").configure_cert(context)
    with running(context) as network:
        yield network


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_https_keeps_the_name_while_it_connects_to_the_address(
    secure: Network, authority: trustme.CA
) -> None:
    secure.pages["a.example/"] = OK
    checker = secure.checker(tls=trusting(authority))
    assert checker.check("https://a.example/").outcome == ALIVE
    assert secure.connections == [(PUBLIC, 443)]
    assert [request.host for request in secure.requests] == ["a.example"]


@pytest.mark.parametrize("url", ["https://a.example/", "https://b.example/"])
def test_a_certificate_that_is_not_trusted_or_of_another_name_leaves_it_unclear(
    secure: Network, authority: trustme.CA, url: str
) -> None:
    trusts = url == "https://b.example/"
    checker = secure.checker(**({"tls": trusting(authority)} if trusts else {}))
    assert judged(checker.check(url)) == (UNCLEAR, None, "安全な通信（TLS）を始められません")
    assert secure.requests == []


@pytest.mark.long
def test_dripping_under_tls_ends_in_time(secure: Network, authority: trustme.CA) -> None:
    secure.pages["a.example/"] = repeats(b"A: a\r\n", every=0.1, first=HEAD_OF_200)
    finding = secure.checker(tls=trusting(authority)).check("https://a.example/")
    assert judged(finding) == (FAILING, None, "時間内に応答がありません")


@pytest.mark.long
def test_a_handshake_that_never_ends_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        network = Network(port=listener.getsockname()[1])
        finding = network.checker().check("https://a.example/")
    assert judged(finding) == (FAILING, None, "時間内に応答がありません")


def test_django_is_not_needed() -> None:
    program = "import sys, catalog.links.network; sys.exit('django' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=settings.BASE_DIR, check=True)

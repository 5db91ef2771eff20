"""Bare Debian machines of a test's own, with systemd as their first process, operated at their consoles.

Each is a container of systemd-nspawn made by debootstrap: what Debian's installer leaves without any task
chosen, less the kernel. The machines share a network of their own; programs on them reach the package
registries, and this machine's loopback at `OUTSIDE`, through slirp4netns. All that needs root.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pexpect

RELEASE = "bookworm"
PROGRAMS = {
    "debootstrap": "debootstrap",
    "git": "git",
    "ip": "iproute2",
    "slirp4netns": "slirp4netns",
    "systemd-nspawn": "systemd-container",
}
OUTSIDE = "10.0.2.2"  # this machine, as seen through slirp4netns
NAME_SERVER = "10.0.2.3"
CERTIFICATES = "usr/local/share/ca-certificates"

SECONDS_TO_BOOT = 120
SECONDS_TO_END = 30
SECONDS_FOR_A_BLOCK = 300

PROMPT = re.compile(r"<<(\d+)>> ")
SHELL = r"""
PS1='<<$?>> ' PS2='' HISTFILE=
export LANG=C.UTF-8 SYSTEMD_PAGER=
trap 'printf "%s: %s\n" failed "$BASH_COMMAND"' ERR
"""
FAILED = re.compile(r"^failed: .*$", re.M)
ACCEPTED = "\x1b[?2004l"  # what readline writes between what was pasted and what comes of it
CONTROLS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r")


class Failed(AssertionError):
    """A command did not end well; the text is what the console showed."""


def lacking() -> str:
    """Why this machine cannot make others; empty where it can."""
    if os.geteuid() != 0:
        return "only root can make machines"
    missing = sorted(package for program, package in PROGRAMS.items() if not shutil.which(program))
    return f"missing packages: {' '.join(missing)}" if missing else ""


class Machine:
    """A machine; once it is started, root is logged in at its console."""

    console: pexpect.spawn[str]

    def __init__(self, name: str, root: Path, network: str) -> None:
        self.name = name
        self.root = root
        self.network = network

    def start(self) -> None:
        """Returns when root is logged in."""
        own = (f"--directory={self.root}", f"--machine={self.name}")
        apart = ("--register=no", "--keep-unit", "--link-journal=no", "--resolv-conf=off", "--timezone=off")
        self.console = pexpect.spawn(
            "systemd-nspawn",
            ["--quiet", "--boot", *own, *apart, f"--network-namespace-path=/run/netns/{self.network}"],
            encoding="utf-8",
            codec_errors="replace",
            dimensions=(50, 250),
        )
        self.console.expect("login: ", timeout=SECONDS_TO_BOOT)
        self.console.send("root\r")
        self.console.expect(r"# $", timeout=SECONDS_TO_BOOT)
        self.paste(SHELL)

    def paste(self, block: str, answers: Mapping[str, str] | None = None) -> str:
        """Pastes commands as a terminal does, answers what they ask for, and gives what was shown.

        `answers` maps the end of a question to what is typed. Raises Failed where a command ended badly.
        """
        given = answers or {}
        questions = [PROMPT, *(re.compile(re.escape(question)) for question in given)]
        replies = list(given.values())
        self.console.send(f"\x1b[200~{block}\x1b[201~\r")
        shown = ""
        while number := self.wait_for(questions):
            shown += f"{self.console.before}{self.console.after}"
            self.console.send(f"{replies[number - 1]}\r")
        match = self.console.match
        assert isinstance(match, re.Match)
        shown = CONTROLS.sub("", f"{shown}{self.console.before}".partition(ACCEPTED)[2])
        if match[1] != "0" or FAILED.search(shown):
            raise Failed(f"on {self.name}:\n{shown}")
        return shown

    def wait_for(self, patterns: list[re.Pattern[str]]) -> int:
        """Which of them the console shows first. Raises Failed where it shows none for long."""
        try:
            return self.console.expect([*patterns], timeout=SECONDS_FOR_A_BLOCK)
        except pexpect.TIMEOUT as timeout:
            raise Failed(f"{self.name} waits:\n{self.console.before}") from timeout

    def restart(self) -> None:
        self.console.send("systemctl reboot\r")
        self.console.expect(pexpect.EOF, timeout=SECONDS_TO_BOOT)
        self.console.close()
        self.start()

    def power_off(self) -> None:
        """As when the plug is pulled. Returns when none of its processes is left."""
        deadline = time.monotonic() + SECONDS_TO_END
        while processes := run("ip", "netns", "pids", self.network).split():
            assert time.monotonic() < deadline, f"still running on {self.name}: {processes}"
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)
            time.sleep(0.1)
        self.console.close(force=True)


@contextmanager
def machines(addresses: Mapping[str, str]) -> Iterator[dict[str, Machine]]:
    """Running machines by name, at these addresses of one network; gone after the `with`."""
    folder = Path(tempfile.mkdtemp(prefix="dxcases-machines-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        base = folder / "base"
        make_base(base)
        (base / "etc/hosts").write_text(
            "127.0.0.1 localhost\n" + "".join(f"{at} {name}\n" for name, at in addresses.items())
        )
        switch = stack.enter_context(namespace("switch"))
        run("ip", "-n", switch, "link", "add", "lan", "type", "bridge")
        run("ip", "-n", switch, "link", "set", "lan", "up")
        found: dict[str, Machine] = {}
        for name, address in addresses.items():
            network = stack.enter_context(namespace(name))
            plug_in(network, address, switch)
            stack.enter_context(outside(network))
            root = folder / name
            run("cp", "--archive", "--reflink=auto", base, root)
            (root / "etc/hostname").write_text(f"{name}\n")
            found[name] = Machine(name, root, network)
            stack.callback(found[name].power_off)
            found[name].start()
        yield found


def make_base(root: Path) -> None:
    """A bare Debian with the sources that its installer names, and this machine's own way to them."""
    print(f"debootstrap {RELEASE} …", flush=True)
    run("debootstrap", RELEASE, root)
    sources = root / "etc/apt/sources.list"
    main = sources.read_text()
    updates = main.replace(RELEASE, f"{RELEASE}-updates")
    security = re.sub(rf"\S+ {RELEASE}", r"\g<0>-security", main).replace("/debian ", "/debian-security ")
    sources.write_text(main + updates + security)
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    (root / "etc/resolv.conf").write_text(f"nameserver {NAME_SERVER}\n")
    if any(Path("/", CERTIFICATES).glob("*.crt")):  # a network that looks into TLS, as offices' often do
        shutil.copytree(Path("/", CERTIFICATES), root / CERTIFICATES, dirs_exist_ok=True)
        (root / "etc/pip.conf").write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n")
    run("chroot", root, "passwd", "--delete", "root")


@contextmanager
def namespace(name: str) -> Iterator[str]:
    """A network namespace; its name."""
    full = f"dxcases-{os.getpid()}-{name}"
    run("ip", "netns", "add", full)
    try:
        run("ip", "-n", full, "link", "set", "lo", "up")
        yield full
    finally:
        run("ip", "netns", "delete", full)


def plug_in(network: str, address: str, switch: str) -> None:
    """Connects a namespace with the switch and gives it the address."""
    port = f"to{address.rpartition('.')[2]}"
    run("ip", "link", "add", "lan0", "netns", network, "type", "veth", "peer", "name", port, "netns", switch)
    run("ip", "-n", switch, "link", "set", port, "master", "lan", "up")
    run("ip", "-n", network, "address", "add", f"{address}/24", "dev", "lan0")
    run("ip", "-n", network, "link", "set", "lan0", "up")


@contextmanager
def outside(network: str) -> Iterator[None]:
    """The way out of a namespace."""
    readable, writable = os.pipe()
    options = ("--configure", "--mtu=1400", "--netns-type=path", f"--ready-fd={writable}")
    process = subprocess.Popen(
        ["slirp4netns", *options, f"/run/netns/{network}", "tap0"],
        pass_fds=[writable],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        os.close(writable)
        with os.fdopen(readable) as told:
            assert told.read(1) == "1", "slirp4netns does not start"
        yield
    finally:
        process.terminate()
        process.wait(10)


def run(*command: str | Path) -> str:
    """What the command prints. Raises AssertionError where it fails."""
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, f"{command}\n{told.stdout}{told.stderr}"
    return told.stdout

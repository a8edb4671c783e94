"""A ring of real routers on this machine: net-snmp, lldpd, FRRouting and OpenSSH in network namespaces of their own.

Every router is a process (the first of its own PID namespace) that waits at a pipe. When the pipe closes, because the
test ended or was killed, the kernel takes the router with all its programs and links down. The one thing outside, the
management bridge, is removed at the end, and by the next run if this one was killed.
"""

from __future__ import annotations

import atexit
import ipaddress
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMMUNITY = "lab-community"
V3_USER, V3_AUTH, V3_PRIV = "lab-user", "lab-auth-secret", "lab-priv-secret"
SSH_USER, SSH_PASSWORD = "lab-admin", "lab-ssh-password"
PORTS = ("eth0", "eth1")  # to the next router of the ring, and to the one before
UP_S = 60.0
UDP_PAYLOAD = 1400
UDP_FRAME = UDP_PAYLOAD + 8 + 20 + 14  # what the kernel counts a packet at: UDP, IPv4 and Ethernet headers

_FRR = "/usr/lib/frr"
_PACKAGES = {
    "ip": "iproute2", "tc": "iproute2", "unshare": "util-linux", "nsenter": "util-linux", "snmpd": "snmpd",
    "snmpget": "snmp", "lldpd": "lldpd", "lldpcli": "lldpd", "vtysh": "frr", f"{_FRR}/zebra": "frr",
    "sshd": "openssh-server", "ssh-keygen": "openssh-client", "openssl": "openssl", "nft": "nftables",
    "iperf3": "iperf3", "ss": "iproute2",
}  # fmt: skip
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin"
# Documentation and laboratory ranges; the first that this machine doesn't use is taken.
_RANGES = ("10.99.0.0/24", "198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24", "10.98.0.0/24")
_BRIDGE = re.compile(r"nt-(\d+)-br")
_FOLDER = re.compile(r"nt-(\d+)-\w{8}")


class LabError(Exception):
    """The lab could not be built; the message says which part."""


def why_not() -> str:
    """Why no lab can be built here; empty when one can."""
    if os.geteuid() != 0:
        return "the lab needs root (network namespaces)"
    missing = {package for program, package in _PACKAGES.items() if shutil.which(program, path=_PATH) is None}
    if missing:
        return f"the lab needs the Debian packages {', '.join(sorted(missing))}"
    tried = _run("unshare", "-n", "-m", "-u", "-p", "-f", "true", is_checked=False)
    if tried.returncode:
        return f"the lab needs namespaces, which are refused here: {tried.stderr.strip()}"
    name = f"nt-{os.getpid()}-t"
    tried = _run("ip", "link", "add", name, "type", "bridge", is_checked=False)
    if tried.returncode:
        return f"the lab needs bridges, which are refused here: {tried.stderr.strip()}"
    _run("ip", "link", "del", name)
    return "" if _free_range() else f"all of {', '.join(_RANGES)} are in use on this machine"


def _run(*command: str, text: str | None = None, is_checked: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "PATH": _PATH}
    )
    if is_checked and done.returncode:
        raise LabError(f"{shlex.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done


def _used_ranges() -> list[ipaddress.IPv4Network]:
    used = [
        ipaddress.IPv4Network(f"{address['local']}/{address['prefixlen']}", strict=False)
        for link in json.loads(_run("ip", "-j", "-4", "address").stdout)
        for address in link.get("addr_info", ())
    ]
    routes = json.loads(_run("ip", "-j", "-4", "route").stdout)
    return used + [ipaddress.IPv4Network(r["dst"], strict=False) for r in routes if r["dst"] != "default"]


def _free_range() -> ipaddress.IPv4Network | None:
    used = _used_ranges()
    for text in _RANGES:
        wanted = ipaddress.IPv4Network(text)
        if not any(wanted.overlaps(taken) for taken in used):
            return wanted
    return None


def _remove_leftovers() -> None:
    """Bridges and folders of runs that were killed before they could remove them."""
    for link in json.loads(_run("ip", "-j", "link").stdout):
        found = _BRIDGE.fullmatch(link["ifname"])
        if found and not Path(f"/proc/{found.group(1)}").exists():
            _run("ip", "link", "del", link["ifname"], is_checked=False)
    for folder in Path(tempfile.gettempdir()).glob("nt-*-*"):
        found = _FOLDER.fullmatch(folder.name)
        if found and folder.is_dir() and folder.owner() == "root" and not Path(f"/proc/{found.group(1)}").exists():
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Link:
    """The `number`-th piece of the ring, between one router's first port and the next one's second."""

    number: int
    a: Router
    z: Router
    a_port: str = PORTS[0]
    z_port: str = PORTS[1]

    @property
    def a_address(self) -> str:
        return f"198.18.{self.number}.1"

    @property
    def z_address(self) -> str:
        return f"198.18.{self.number}.2"

    def bring(self, state: str) -> None:
        """`down` or `up`, as an operator would at the A end; the Z end loses its carrier."""
        self.a.run("ip", "link", "set", self.a_port, state)


@dataclass
class Router:
    number: int
    address: str
    """Where the management bridge reaches it."""
    folder: Path
    snmp_version: str
    has_ssh: bool
    pid: int = 0
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return f"r{self.number}"

    def run(self, *command: str, is_checked: bool = True) -> str:
        """Run a program inside and return what it printed."""
        return _run(*self._inside(command), is_checked=is_checked).stdout

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._inside(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PATH": _PATH},
        )  # fmt: skip

    def _inside(self, command: Sequence[str]) -> list[str]:
        return ["nsenter", "-t", str(self.pid), "-m", "-u", "-n", "-p", "--", *command]

    def kernel_octets(self, port: str) -> tuple[int, int]:
        """(received, sent), by the kernel's own count."""
        said = self.run("cat", *(f"/sys/class/net/{port}/statistics/{way}_bytes" for way in ("rx", "tx")))
        received, sent = (int(line) for line in said.split())
        return received, sent

    def kernel_state(self, port: str) -> str:
        return self.run("cat", f"/sys/class/net/{port}/operstate").strip()

    def lldp_neighbours(self) -> dict[str, tuple[str, str]]:
        """(name, port) by local port, from lldpd itself."""
        said = json.loads(self.run("lldpcli", "-f", "json0", "show", "neighbors"))
        heard: dict[str, tuple[str, str]] = {}
        for lldp in said["lldp"]:
            for one in lldp.get("interface", ()):
                chassis, port = one["chassis"][0], one["port"][0]
                heard[one["name"]] = (chassis["name"][0]["value"], port["descr"][0]["value"])
        return heard

    def stop_agent(self) -> None:
        """Kill this router's snmpd by the number that it wrote down."""
        self.run("sh", "-c", 'kill -KILL "$(cat /run/snmpd.pid)"')

    def start_agent(self) -> None:
        """Start snmpd again, and lldpd, which would look for the new agent only after a quarter of a minute."""
        self.run("sh", "-c", _SNMPD)
        self.run("sh", "-c", _STOP.format(file="/run/lldpd.pid"))
        self.run("sh", "-c", _LLDPD.format(name=self.name, address=self.address))

    def drop_requests(self) -> None:
        """From now on SNMP requests vanish, as in a firewall; the agent goes on running."""
        self.run("nft", "add table inet lab; add chain inet lab in { type filter hook input priority 0; }; "
                        "add rule inet lab in udp dport 161 drop")  # fmt: skip

    def let_requests_in(self) -> None:
        self.run("nft", "delete", "table", "inet", "lab", is_checked=False)

    def change_host_key(self) -> None:
        """As if the device had been replaced: sshd shows another key from now on."""
        self.run("sh", "-c", _STOP.format(file="/run/sshd.pid") + "; rm /run/lab/hostkey*")
        self.run("ssh-keygen", *_KEY)
        self.run("sh", "-c", _SSHD)

    def has_agent(self) -> bool:
        alive = 'read pid < /run/snmpd.pid && grep -q "^State:.[^Z]" "/proc/$pid/status" && echo yes'
        return self.run("sh", "-c", alive, is_checked=False).strip() == "yes"

    @property
    def snmp_options(self) -> list[str]:
        """How net-snmp's own tools ask this router."""
        if self.snmp_version == "v2c":
            return ["-v2c", "-c", COMMUNITY]
        return ["-v3", "-l", "authPriv", "-u", V3_USER, "-a", "SHA", "-A", V3_AUTH, "-x", "AES", "-X", V3_PRIV]

    def ask(self, program: str, oid: str) -> str:
        """What net-snmp's own `snmpget` or `snmpwalk` gets from outside; empty when nothing answers."""
        command = [program, *self.snmp_options, "-t", "0.5", "-r", "1", "-m", "", "-Oqn", self.address, oid]
        return _run(*command, is_checked=False).stdout


_SNMPD = "snmpd -LF 4 /run/snmpd.log -C -c /run/lab/snmpd.conf -p /run/snmpd.pid"
_LLDPD = (
    "rm -f /run/lldpd.socket && lldpd -x -X /run/agentx -S 'Lab router {name}' -I 'eth*' -m {address} "
    "-O /run/lab/lldpd.conf"
)
# What nobody waits for stays a zombie in these namespaces, so a number that exists says nothing.
_STOP = (
    'pid=$(cat {file}); kill "$pid"; '
    'for i in $(seq 100); do grep -qs "^State:.[^Z]" "/proc/$pid/status" || break; sleep 0.05; done'
)
_SSHD = "/usr/sbin/sshd -f /run/lab/sshd_config"
_KEY = ("-q", "-t", "ed25519", "-N", "", "-f", "/run/lab/hostkey")

_INIT = """
set -e
hostname {name}
mount --bind {folder}/run /run
mount --bind {folder}/snmp /var/lib/snmp
mount --bind {folder}/frr /etc/frr
mount --bind {folder}/passwd /etc/passwd
mount --bind {folder}/shadow /etc/shadow
mount --bind {folder}/group /etc/group
mount -t sysfs sys /sys
echo named
read word
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.disable_ipv6=1
{snmpd}
while [ ! -S /run/agentx ]; do sleep 0.05; done
{lldpd}
{doors}
echo up
# The end of the pipe ends this shell, the first process of the namespace, and with it all others.
while read word; do :; done
"""

_DOORS = f"""
{_FRR}/zebra -d -A 127.0.0.1 --log file:/run/zebra.log
ssh-keygen {" ".join(word or "''" for word in _KEY)}
{_SSHD}
"""


@dataclass
class LabNetwork:
    """Routers in a ring. Build it with `lab_network`."""

    folder: Path
    range: ipaddress.IPv4Network
    routers: list[Router]
    links: list[Link]

    @property
    def prefix(self) -> str:
        return f"nt-{os.getpid()}-"

    @property
    def bridge(self) -> str:
        return f"{self.prefix}br"

    def router(self, name: str) -> Router:
        return next(r for r in self.routers if r.name == name)

    def up(self) -> None:
        """Build everything and wait until every agent answers. Raises LabError after a minute."""
        _run("ip", "link", "add", self.bridge, "type", "bridge")
        gateway = f"{self.range[-2]}/{self.range.prefixlen}"
        _run("ip", "-batch", "-", text=f"address add {gateway} dev {self.bridge}\nlink set {self.bridge} up\n")
        hashed = _run("openssl", "passwd", "-6", SSH_PASSWORD).stdout.strip()
        for router in self.routers:
            _write_files(router, hashed)
            _begin(router)
        for router in self.routers:
            _expect(router, "named")
            router.pid = _first_process(router)
        _run("ip", "-batch", "-", text="\n".join(self._wiring()) + "\n")
        for router in self.routers:
            inner = "\n".join(self._inner(router)) + "\n"
            _run("nsenter", "-t", str(router.pid), "-n", "ip", "-batch", "-", text=inner)
            _say(router, "go")
        for router in self.routers:
            _expect(router, "up")
        self.await_agents()

    def _wiring(self) -> Iterator[str]:
        for router in self.routers:
            outside = f"{self.prefix}{router.number}"
            yield f"link add {outside} type veth peer name mgmt netns {router.pid}"
            yield f"link set {outside} master {self.bridge} up"
        for link in self.links:
            yield (f"link add {link.a_port} netns {link.a.pid} type veth peer name {link.z_port} netns {link.z.pid}")

    def _inner(self, router: Router) -> Iterator[str]:
        yield "link set lo up"
        yield f"address add {router.address}/{self.range.prefixlen} dev mgmt"
        yield "link set mgmt up"
        for link in self.links:
            for end, port, address, other, other_port in (
                (link.a, link.a_port, link.a_address, link.z, link.z_port),
                (link.z, link.z_port, link.z_address, link.a, link.a_port),
            ):
                if end is router:
                    yield f"address add {address}/30 dev {port}"
                    yield f'link set {port} alias "to {other.name} {other_port}"'
                    yield f"link set {port} up"

    def await_agents(self, timeout_s: float = UP_S) -> None:
        """Wait until every agent tells its name."""
        until = time.monotonic() + timeout_s
        for router in self.routers:
            while router.name not in router.ask("snmpget", "1.3.6.1.2.1.1.5.0"):
                if time.monotonic() > until:
                    raise LabError(f"snmpd of {router.name} doesn't answer: {_last_words(router)}")
                time.sleep(0.1)

    def await_neighbours(self, timeout_s: float = 40.0) -> float:
        """Wait until every router's LLDP MIB names both neighbours; returns the seconds it took."""
        begun = time.monotonic()
        expected = {
            end.name: {link.z.name if end is link.a else link.a.name for link in self.links if end in (link.a, link.z)}
            for end in self.routers
        }
        for router in self.routers:
            while expected[router.name] != set(
                re.findall(r'"([^"]*)"', router.ask("snmpwalk", "1.0.8802.1.1.2.1.4.1.1.9"))
            ):
                if time.monotonic() - begun > timeout_s:
                    raise LabError(f"{router.name} doesn't hear {', '.join(sorted(expected[router.name]))} by LLDP.")
                time.sleep(0.3)
        return time.monotonic() - begun

    def join_management(self, state: str) -> None:
        """`down` cuts this machine off from every router at once; the routers go on."""
        lines = (f"link set {self.prefix}{router.number} {state}" for router in self.routers)
        _run("ip", "-batch", "-", text="\n".join(lines) + "\n")

    def mend(self) -> None:
        """Undo what a test did: links up, agents running, every neighbour heard."""
        self.join_management("up")
        for link in self.links:
            link.bring("up")
        for router in self.routers:
            router.let_requests_in()
            if not router.has_agent():
                router.start_agent()
        self.await_agents()
        self.await_neighbours()

    def down(self) -> None:
        """Take everything down; may be called again."""
        for router in self.routers:
            if router.process is not None and router.process.stdin is not None:
                router.process.stdin.close()
        for router in self.routers:
            _end(router)
        _run("ip", "link", "del", self.bridge, is_checked=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def _write_files(router: Router, hashed: str) -> None:
    folder = router.folder
    for name in ("run/lab", "run/frr", "run/sshd", "run/lldpd", "run/lock", "snmp", "frr"):
        (folder / name).mkdir(parents=True)
    shutil.chown(folder / "run/frr", "frr", "frr")
    shutil.chown(folder / "run/lldpd", "_lldpd", "_lldpd")
    settings = folder / "run/lab"
    (settings / "snmpd.conf").write_text(_snmpd_conf(router))
    (settings / "lldpd.conf").write_text("configure lldp tx-interval 1\nconfigure lldp tx-hold 3\n")
    (settings / "sshd_config").write_text(
        f"HostKey /run/lab/hostkey\nPidFile /run/sshd.pid\nListenAddress {router.address}\nUsePAM no\nUseDNS no\n"
        "PasswordAuthentication yes\nMaxStartups 100:30:300\nPrintMotd no\nPrintLastLog no\n"
    )
    (folder / "frr/vtysh.conf").write_text("service integrated-vtysh-config\n")
    (folder / "frr/frr.conf").write_text(f"hostname {router.name}\n")
    for path in (folder / "frr").iterdir():
        shutil.chown(path, "frr", "frr")
    _write_accounts(folder, hashed)


def _snmpd_conf(router: Router) -> str:
    lines = [
        f"agentAddress udp:{router.address}:161", "master agentx", "agentXSocket /run/agentx",
        "agentXPerms 0777 0755", f"sysName {router.name}", f"sysLocation Lab rack {router.number}",
        "sysContact lab", "sysServices 78", "sysObjectID 1.3.6.1.4.1.8072.3.2.10",
    ]  # fmt: skip
    if router.snmp_version == "v2c":
        lines.append(f"rocommunity {COMMUNITY}")
    else:
        lines += [f"createUser {V3_USER} SHA {V3_AUTH} AES {V3_PRIV}", f"rouser {V3_USER} authPriv"]
    return "\n".join(lines) + "\n"


def _write_accounts(folder: Path, hashed: str) -> None:
    """Accounts of this router alone, with one more user whose shell is FRR's command line."""
    passwd = Path("/etc/passwd").read_text() + f"{SSH_USER}:x:2999:2999::/tmp:/usr/bin/vtysh\n"
    shadow = f"root:*:19000:0:99999:7:::\n{SSH_USER}:{hashed}:19000:0:99999:7:::\n"
    group = re.sub(r"^(frrvty:.*:)(.*)$", rf"\1\2,{SSH_USER}", Path("/etc/group").read_text(), flags=re.MULTILINE)
    group = group.replace(":,", ":") + f"{SSH_USER}:x:2999:\n"
    for name, text in (("passwd", passwd), ("shadow", shadow), ("group", group)):
        (folder / name).write_text(text)
    (folder / "shadow").chmod(0o640)


def _begin(router: Router) -> None:
    script = _INIT.format(
        name=router.name, folder=router.folder, snmpd=_SNMPD,
        lldpd=_LLDPD.format(name=router.name, address=router.address), doors=_DOORS if router.has_ssh else "",
    )  # fmt: skip
    (router.folder / "init.sh").write_text(script)
    with (router.folder / "init.log").open("w") as log:
        router.process = subprocess.Popen(
            [
                "unshare", "-n", "-m", "-u", "-p", "-f", "--kill-child=KILL", "--mount-proc", "--propagation",
                "private", "sh", str(router.folder / "init.sh"),
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
            env={**os.environ, "PATH": _PATH},
        )  # fmt: skip


def _say(router: Router, word: str) -> None:
    assert router.process is not None
    assert router.process.stdin is not None
    router.process.stdin.write(f"{word}\n")
    router.process.stdin.flush()


def _expect(router: Router, word: str) -> None:
    assert router.process is not None
    assert router.process.stdout is not None
    for line in router.process.stdout:
        if line.strip() == word:
            return
    raise LabError(f"{router.name} ended before it was {word}: {_last_words(router)}")


def _first_process(router: Router) -> int:
    assert router.process is not None
    children = Path(f"/proc/{router.process.pid}/task/{router.process.pid}/children").read_text().split()
    if len(children) != 1:
        raise LabError(f"{router.name} has {len(children)} first processes: {_last_words(router)}")
    return int(children[0])


def _last_words(router: Router) -> str:
    logs = [router.folder / "init.log", router.folder / "run/snmpd.log"]
    return " / ".join(log.read_text().strip()[-500:] for log in logs if log.exists())


def _end(router: Router) -> None:
    process = router.process
    if process is None:
        return
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()  # and, by --kill-child, the namespace's first process and all in it
        process.wait(10)
    if process.stdout is not None:
        process.stdout.close()
    router.process = None


def _planned(count: int) -> LabNetwork:
    if count < 3:
        raise ValueError("A ring has at least three routers.")
    taken = _free_range()
    if taken is None:
        raise LabError("No address range is free for the management network.")
    folder = Path(tempfile.mkdtemp(prefix=f"nt-{os.getpid()}-"))
    folder.chmod(0o755)
    routers = [
        Router(
            number, str(taken[number]), folder / f"r{number}", snmp_version="v3" if number % 3 == 0 else "v2c",
            has_ssh=number in (1, 2, 3),
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    links = [Link(i + 1, routers[i], routers[(i + 1) % count]) for i in range(count)]
    return LabNetwork(folder, taken, routers, links)


@contextmanager
def lab_network(count: int = 8) -> Iterator[LabNetwork]:
    """Routers r1 to r<count>, up and answering; taken down on the way out, whatever happens."""
    _remove_leftovers()
    network = _planned(count)
    atexit.register(network.down)
    try:
        network.up()
        yield network
    finally:
        network.down()
        atexit.unregister(network.down)


@contextmanager
def udp_traffic(link: Link, mbps: float, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """UDP at a set rate from the A end to the Z end while the block runs; `iperf_report` waits for its end."""
    server = link.z.start("iperf3", "-s", "-1", "-B", link.z_address)
    client = None
    try:
        until = time.monotonic() + 10
        while ":5201 " not in link.z.run("ss", "-Hltn"):
            if time.monotonic() > until:
                raise LabError(f"iperf3 doesn't listen on {link.z.name}.")
            time.sleep(0.1)
        client = link.a.start(
            "iperf3", "-c", link.z_address, "-u", "-b", f"{mbps}M", "-t", str(seconds), "-l", str(UDP_PAYLOAD), "-J"
        )
        yield client
    finally:
        for process in (client, server):
            if process is not None:
                if process.poll() is None:
                    process.terminate()
                process.communicate(timeout=10)


def iperf_report(client: subprocess.Popen[str]) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(client.communicate(timeout=60)[0])
    if "error" in said:
        raise LabError(f"iperf3: {said['error']}")
    return said

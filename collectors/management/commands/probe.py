"""`manage.py probe HOST[:PORT]`: what a device says over SNMP, whether or not it is recorded."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import sys
from argparse import ArgumentTypeError
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from collectors.drivers import snmp
from collectors.errors import CollectError
from collectors.records import DeviceReading
from collectors.tabulation import table
from collectors.transports.snmp.addresses import is_address
from collectors.transports.snmp.keys import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from collectors.transports.snmp.usm import Community, UsmUser
from collectors.weaknesses import weakness_of

_PORT = 161


def _target(text: str) -> tuple[str, int]:
    host, port = text, ""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")) or not _is_v6(host):
            raise ArgumentTypeError(f"{text!r} is no address. Write IPv6 as [2001:db8::1] or [2001:db8::1]:161.")
        port = rest[1:] if rest else ""
    elif text.count(":") > 1:
        raise ArgumentTypeError(f"{text!r} is ambiguous. Put an IPv6 address in brackets: [{text}].")
    else:
        host, _colon, port = text.partition(":")
    if "%" in host:
        raise ArgumentTypeError(f"{text!r} has an IPv6 zone. Give a global or unique local address of the device.")
    if not host or any(c.isspace() or c == "/" for c in host):
        raise ArgumentTypeError(f"{text!r} is no address. Give a name or an address, with :PORT if it is not 161.")
    if (":" in text.rpartition("]")[2]) and not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise ArgumentTypeError(f"The port in {text!r} must be a number from 1 to 65535.")
    return host, int(port or _PORT)


def _is_v6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def _source(text: str) -> str:
    if not is_address(text):
        raise ArgumentTypeError(f"{text!r} is no address of this server. Give an IPv4 or IPv6 address, without a zone.")
    return text


def _protocol_and_key(text: str) -> tuple[str, str]:
    protocol, colon, key = text.partition(":")
    if not colon or not protocol or not key:
        raise ArgumentTypeError("give it as PROTOCOL:KEY, for instance SHA:secret-of-8.")
    return protocol.upper(), key


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.05 <= value <= 600:
        raise ArgumentTypeError(f"{text!r} must be a number of seconds from 0.05 to 600.")
    return value


class Command(BaseCommand):
    help = "Read a device over SNMP and print what it says. It need not be recorded."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", type=_target, metavar="HOST[:PORT]", help="IPv6 addresses in [brackets]")
        parser.add_argument("--community", help="SNMP v2c; public if nothing else is given")
        parser.add_argument("--user", help="SNMP v3")
        parser.add_argument(
            "--auth", type=_protocol_and_key, metavar="SHA256:KEY",
            help=f"authentication of the v3 user: {', '.join(AUTH_PROTOCOLS)}",
        )  # fmt: skip
        parser.add_argument(
            "--priv", type=_protocol_and_key, metavar="AES:KEY",
            help=f"encryption of the v3 user: {', '.join(PRIV_PROTOCOLS)}; C is Cisco's way to lengthen a key",
        )  # fmt: skip
        parser.add_argument("--context", default="", metavar="NAME", help="SNMP v3: the device's context")
        parser.add_argument("--source", type=_source, metavar="ADDRESS", help="this server's, to ask from")
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument("--timeout", type=_seconds, default=2.0, metavar="SECONDS", help="for each answer; 2")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["target"]
        credentials = self._credentials(options)
        try:
            reading = asyncio.run(
                snmp.probe(host, port, credentials, options["timeout"], source=options["source"] or "")
            )  # fmt: skip
        except CollectError as error:
            if options["format"] == "json":
                self.stdout.write(json.dumps({"error": str(error), "code": error.code}, ensure_ascii=False))
            self._leave(1, str(error))
        for warning in reading.warnings:
            self.stderr.write(warning)
        with translation.override("en"):
            weak = str(weakness_of(credentials))
        if weak:
            self.stderr.write(f"Weak: {weak}. Use SNMP v3 with SHA256 and AES or better where the device can.")
        said = _as_json(reading)
        if options["format"] == "json":
            self.stdout.write(json.dumps(said, ensure_ascii=False, indent=2))
        else:
            self._print(said)

    def _credentials(self, options: dict[str, Any]) -> Community | UsmUser:
        user, auth, priv = options["user"], options["auth"], options["priv"]
        if user and options["community"]:
            self._leave(2, "Give either --community or --user, not both.")
        if not user:
            if auth or priv or options["context"]:
                self._leave(2, "--auth, --priv and --context belong to SNMP v3: give --user as well.")
            return Community(options["community"] or "public")
        try:
            (auth_protocol, auth_key), (priv_protocol, priv_key) = auth or ("", ""), priv or ("", "")
            return UsmUser(user, auth_protocol, auth_key, priv_protocol, priv_key, options["context"])
        except ValueError as error:
            self._leave(2, str(error))

    def _leave(self, code: int, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(code)

    def _print(self, said: dict[str, Any]) -> None:
        for name, value in said["system"].items():
            self.stdout.write(f"{name:12} {'' if value is None else value}")
        for part in ("interfaces", "neighbours", "modules", "addresses"):
            self.stdout.write(f"\n{part}: {len(said[part])}")
            for line in table([list(row.values()) for row in said[part]], list(said[part][0]) if said[part] else []):
                self.stdout.write(line)


def _as_json(reading: DeviceReading) -> dict[str, Any]:
    system = reading.system
    return {
        "system": {
            "name": system.name if system else "", "description": system.description if system else "",
            "object_id": system.object_id if system else "", "location": system.location if system else "",
            "uptime_s": system.uptime_s if system else None,
        },
        "interfaces": [
            {
                "index": i.index, "name": i.name, "alias": i.alias, "type": i.type, "mtu": i.mtu,
                "speed_mbps": i.speed_mbps, "mac": i.mac, "admin": i.admin, "oper": i.oper,
            }
            for i in reading.interfaces
        ],
        "neighbours": [
            {
                "local_port": n.local_port, "remote_name": n.remote_name, "remote_port": n.remote_port,
                "remote_description": n.remote_description,
            }
            for n in reading.neighbours
        ],
        "modules": [
            {
                "index": m.index, "name": m.name, "description": m.description, "class": m.klass, "model": m.model,
                "serial": m.serial, "firmware": m.firmware,
            }
            for m in reading.modules
        ],
        "addresses": [{"address": a.address, "interface": a.interface} for a in reading.addresses],
    }  # fmt: skip

"""The values that a fleet holds beside names: addresses, networks, sizes, arguments, paths."""

from __future__ import annotations

import ipaddress
import re
import shlex
from typing import Annotated

from pydantic import AfterValidator, Field

from beamwright.fleet.rule import Rule, wrong
from beamwright.fleet.show import show

OWN_VM_ARGS = {
    **dict.fromkeys(("-name", "-sname"), "a node's name is made of project.name and the host's name"),
    "-setcookie": "the cookie is a credential: on a command line everybody could read it",
    **dict.fromkeys(
        ("-epmd_module", "-start_epmd", "-erl_epmd_port", "-dist_listen", "-no_epmd"),
        "nodes find each other by the addresses of the fleet file, without epmd",
    ),
    **dict.fromkeys(
        ("inet_dist_listen_min", "inet_dist_listen_max"), "node.dist_port says where a node listens"
    ),
    "inet_dist_use_interface": "a node listens on its host's address",
    **dict.fromkeys(
        ("-boot", "-boot_var", "-config", "-mode", "-args_file", "-embedded", "-interactive"),
        "the release fixes how it boots",
    ),
    **dict.fromkeys(
        ("-noshell", "-noinput", "-detached", "-heart", "-remsh"),
        "systemd starts, watches and stops the node",
    ),
    **dict.fromkeys(("-extra", "--"), "it would hide the arguments that follow it"),
    **dict.fromkeys(("-version", "+V"), "the node would print it and exit"),
}
"""Arguments that Beamwright sets itself, with the reason."""


def _address(text: str) -> str:
    try:
        number = ipaddress.ip_address(text)
    except ValueError:
        return _dns_name(text)
    if number.is_unspecified or number.is_multicast or "%" in text:
        raise wrong(f"{text} is no machine's address", "such as 192.0.2.10 or ams1.example.net")
    return str(number)


def _dns_name(text: str) -> str:
    """RFC 1123 2.1; a name whose last label is a number is an IP address with a mistake in it."""
    label = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    name = len(text) <= 253 and re.fullmatch(rf"{label}(\.{label})*\.?", text)
    if not name or re.fullmatch(r"(.*\.)?[0-9]+\.?", text):
        raise wrong(
            f"must be an IP address or a DNS name, is {show(text)}", "such as 192.0.2.10 or ams1.example.net"
        )
    return text.lower().rstrip(".")


def _network(text: str) -> str:
    if text == "any":
        return text
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise wrong(f"must be 'any' or an IP network, is {show(text)}", "such as 10.0.0.0/8") from None
    if "/" in text and str(ipaddress.ip_interface(text).ip) != str(network.network_address):
        raise wrong(f"{text} is an address inside a network", f'the network is "{network}"')
    return str(network)


def _vm_arg(text: str) -> str:
    try:
        words = shlex.split(text)
    except ValueError:
        raise wrong(f"a quote is not closed in {show(text)}") from None
    for word in words:
        if reason := OWN_VM_ARGS.get(word):
            raise wrong(f"{word} may not be given: {reason}")
    return text


def _unit(match: re.Match[str]) -> str:
    """`14M`, `14MiB` → `14 MB`."""
    return f"{match[1]} {'k' if match[2] == 'K' else match[2]}B"


def count_bytes(text: str) -> int:
    """The number of bytes of a size that Bytes accepts."""
    number, unit = text[:-2].rstrip(), text[-2:]
    return round(float(number) * {"kB": 1e3, "MB": 1e6, "GB": 1e9}[unit])


def _included(text: str) -> str:
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if ".." in parts or not parts:
        raise wrong(f"must be below fleet.toml's folder, is {show(text)}", "name files or folders in it")
    if parts[0] in ("bin", "lib", "releases", "release.env") or parts[0].startswith("erts-"):
        raise wrong(f"{parts[0]} is the release's own in the tree", "put it into a folder of another name")
    return "/".join(parts)


Address = Annotated[str, Field(min_length=1, max_length=254), AfterValidator(_address)]
"""Where a machine is, normalised: lower case, shortest form."""

Network = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_network)]
"""A network in systemd's IPAddressAllow= (systemd.resource-control(5)), or 'any'."""

VmArg = Annotated[
    str,
    Rule(
        r"^[+-][^\x00-\x1f\x7f]+$",
        "an argument of the Erlang VM, such as '+S 2': one line that begins with + or -",
    ),
    AfterValidator(_vm_arg),
]
"""One line of an arguments file of erl(1)."""

Line = Annotated[str, Rule(r"^[^\x00-\x08\x0a-\x1f\x7f]*$", "one line without control characters")]
"""systemd drops a variable with control characters from an EnvironmentFile without a word."""

Size = Annotated[
    str,
    Rule(
        r"^([1-9][0-9]{0,5}[KMGT]|([1-9][0-9]?|100)%)?$",
        "a size with its unit, K, M, G or T, or a percentage of the host's memory",
        lambda text: re.sub(r"(?<=[KMGT])I?B$", "", text.upper().replace(" ", "")),
    ),
]
"""MemoryMax= of systemd.resource-control(5); a bare number would be bytes, which nobody means."""

Bytes = Annotated[
    str,
    Rule(
        r"^[1-9][0-9]{0,5}(\.[0-9]{1,3})? ?(kB|MB|GB)$",
        "a size as builds print it, with kB, MB or GB",
        lambda text: re.sub(r"^([0-9.]+) ?([KMG])(I?B)?$", _unit, text.upper()),
    ),
]
"""Bytes in decimal units, as artifacts are measured: 1 MB is a million."""

HttpPath = Annotated[
    str,
    Rule(
        r"^/[!-~]{0,1023}$",
        "a path that begins with /, without spaces",
        lambda text: "/" + re.sub(r"^https?://[^/]*", "", text).lstrip("/"),
    ),
]

FilePath = Annotated[
    str,
    Rule(r"^([^~\x00-\x1f\x7f]|~/)[^\x00-\x1f\x7f]*$", "a path: from fleet.toml's folder, from / or from ~/"),
]

IncludedPath = Annotated[
    str,
    Rule(
        r"^[^/~\\\x00-\x1f\x7f][^\\\x00-\x1f\x7f]*$",
        "a path from fleet.toml's folder, such as ops/ca.pem",
        lambda text: text.lstrip("/"),
    ),
    AfterValidator(_included),
]
"""A file or folder that is shipped, at the same path below /app."""

Port = Annotated[int, Field(ge=1, le=65535)]

OpenPort = Annotated[int, Field(ge=1024, le=65535)]
"""A port that a program without privileges may listen on."""

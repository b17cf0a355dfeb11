"""The names that a fleet gives: each becomes a unit, a user, a node, a file or a variable on the hosts."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from beamwright.fleet.reserved import demand_credential, demand_env, demand_project
from beamwright.fleet.rule import Rule


def mend_project(text: str) -> str:
    """A project name made of the text: `My-App2` → `my_app`; may be empty."""
    return re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_0123456789")[:31]


ProjectName = Annotated[
    str,
    Rule(
        r"^[a-z]([a-z0-9_]{0,29}[a-z_])?$",
        "1 to 31 of a-z, 0-9 and _, first a letter, last no digit (the node's number is put behind it)",
        mend_project,
    ),
    AfterValidator(demand_project),
]
"""An Erlang node name's first part, a systemd unit's name and a Unix user's (systemd.io/USER_NAMES)."""

ReleaseName = Annotated[
    str, Rule(r"^[a-z][A-Za-z0-9_-]{0,62}$", "the name of a release, such as my_app", mend_project)
]

ApplicationName = Annotated[
    str, Rule(r"^[a-z][A-Za-z0-9_@]{0,254}$", "the name of an OTP application, such as crypto")
]

Profile = Annotated[
    str,
    Rule(
        r"^[a-z][a-z0-9_]{0,30}(,[a-z][a-z0-9_]{0,30}){0,7}$",
        "1 to 31 of a-z, 0-9 and _, first a letter; several joined by commas",
        lambda text: re.sub(r"[^a-z0-9_,]+", "_", text.lower()).strip("_,"),
    ),
]
"""MIX_ENV (one name), or what rebar3 takes after `as`."""

HostName = Annotated[
    str,
    Rule(
        r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,15}$",
        "a host name: labels of a-z, 0-9 and - (1 to 63 long, no - at an end), joined by dots",
        lambda text: re.sub(r"[^a-z0-9.-]+", "-", text.lower()).strip("-."),
    ),
]
"""RFC 1123, lower case only: Erlang compares node names case by case, DNS does not."""

ClusterName = Annotated[
    str,
    Rule(
        r"^[a-z][a-z0-9_-]{0,62}$",
        "1 to 63 of a-z, 0-9, _ and -, first a letter",
        lambda text: re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-"),
    ),
]

EnvironmentName = Annotated[
    str,
    Rule(
        r"^[a-z][a-z0-9-]{0,31}$",
        "1 to 32 of a-z, 0-9 and -, first a letter",
        lambda text: re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-"),
    ),
]

PortName = Annotated[
    str,
    Rule(
        r"^[a-z][a-z0-9_]{0,30}$",
        "1 to 31 of a-z, 0-9 and _, first a letter (it becomes the variable NAME_PORT)",
        lambda text: re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_"),
    ),
]

EnvName = Annotated[
    str,
    Rule(
        r"^[A-Za-z_][A-Za-z0-9_]{0,127}$",
        "the name of a variable: A-Z, a-z, 0-9 and _, first no digit",
        lambda text: re.sub(r"[^A-Za-z0-9_]+", "_", text),
    ),
    AfterValidator(demand_env),
]

CredentialName = Annotated[
    str,
    Rule(
        r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$",
        "the name of a file: letters, digits, _, . and -, first a letter, a digit or _",
    ),
    AfterValidator(demand_credential),
]
"""LoadCredential= of systemd.exec(5) takes a file name without : or /."""

UserName = Annotated[str, Rule(r"^[A-Za-z_][A-Za-z0-9_.@-]{0,63}$", "the name of a user, such as deploy")]

FunctionName = Annotated[
    str,
    Rule(
        r"^([a-z][A-Za-z0-9_@]*:|([A-Z][A-Za-z0-9_]*\.)+)[a-z_][A-Za-z0-9_@]*[?!]?$",
        "a function without arguments, such as my_app:healthy or MyApp.Health.check",
    ),
]

Jump = Annotated[
    str,
    Rule(
        r"^([A-Za-z_][A-Za-z0-9_.@-]{0,63}@)?([A-Za-z0-9][A-Za-z0-9._-]{0,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[1-9][0-9]{0,4})?$",
        "a machine to go through, [user@]host[:port], or none",
    ),
]
"""ProxyJump of ssh_config(5), one hop."""

AmqpUser = Annotated[str, Rule(r"^([A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?$", "letters, digits, _, . and -")]

PackageName = Annotated[
    str, Rule(r"^[a-z0-9][a-z0-9+.-]{1,127}$", "the name of a Debian package, such as libssl-dev")
]
"""Debian Policy 5.6.1."""

ImageName = Annotated[
    str, Rule(r"^[a-z0-9][A-Za-z0-9._:/@-]{0,254}$", "the name of an image, such as debian:trixie")
]

REPOSITORY = Rule(
    r"^(?=.{1,255}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?"
    r"(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)+$",
    "a registry and a repository in it, such as registry.example.net/team/my_app",
    lambda text: re.sub(r"^[a-z]+://", "", text).rstrip("/"),
)
"""The repository's part is the distribution specification's (github.com/opencontainers/distribution-spec)."""

RepositoryName = Annotated[str, REPOSITORY]

RegistryUser = Annotated[
    str, Rule(r"^[^:\x00-\x1f\x7f]{1,255}$", "the name of a user, without a colon (RFC 7617)")
]

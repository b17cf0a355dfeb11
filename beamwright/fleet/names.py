"""The names that a fleet gives: each becomes a unit, a user, a node, a file or a variable on the hosts."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from beamwright.fleet.rule import Rule, wrong
from beamwright.fleet.show import show

# In this order: users of every Debian or Fedora machine; systemd's own slices, targets and templates;
# Beamwright's folders and units, and what runs beside the nodes.
_TAKEN_PROJECTS = """
root daemon bin sys sync games man lp mail news uucp proxy backup list irc nobody sshd adm wheel users
sudo staff operator messagebus dbus polkitd systemd

system user machine init basic default network reboot rescue emergency halt poweroff shutdown sockets
timers paths slices swap umount final getty graphical hibernate suspend sleep exit kexec sigpwr

beamwright host rabbitmq rabbit epmd ssh
"""

RESERVED_ENV = {
    "HOME": "it is the node's runtime folder",
    "NOTIFY_SOCKET": "systemd sets it",
    "WATCHDOG_USEC": "systemd sets it",
    "WATCHDOG_PID": "systemd sets it",
    "CREDENTIALS_DIRECTORY": "systemd sets it",
    "ROOTDIR": "the release fixes it",
    "BINDIR": "the release fixes it",
    "EMU": "the release fixes it",
    "PROGNAME": "the release fixes it",
    "ERL_CRASH_DUMP": "Beamwright sets it",
    "ERL_CRASH_DUMP_SECONDS": "Beamwright sets it",
    "ERL_FLAGS": "arguments of the Erlang VM belong in node.vm_args",
    "ERL_AFLAGS": "arguments of the Erlang VM belong in node.vm_args",
    "ERL_ZFLAGS": "arguments of the Erlang VM belong in node.vm_args",
}
"""Variables of a node that are not the user's to set, with the reason."""


def mend_project(text: str) -> str:
    """A project name made of the text: `My-App2` → `my_app`; may be empty."""
    return re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_0123456789")[:31]


def reserved_env(name: str) -> str:
    """Why the variable is not the user's to set; empty when it is."""
    if name.startswith(("BEAMWRIGHT_", "RELEASE_")):
        return "Beamwright sets every such variable"
    return RESERVED_ENV.get(name, "")


def taken_project(name: str) -> bool:
    """Whether the name is one that machines already use for something else."""
    return name in _TAKEN_PROJECTS.split()


def _project(name: str) -> str:
    if taken_project(name):
        raise wrong(f"{show(name)} is taken on every host", f'such as "{name}_app"')
    return name


def _env(name: str) -> str:
    if reason := reserved_env(name):
        raise wrong(f"may not be set: {reason}")
    return name


def _credential(name: str) -> str:
    if name in ("cookie", "amqp_password"):
        raise wrong("is the name of a credential that Beamwright makes itself", "give yours another name")
    return name


ProjectName = Annotated[
    str,
    Rule(
        r"^[a-z]([a-z0-9_]{0,29}[a-z_])?$",
        "1 to 31 of a-z, 0-9 and _, first a letter, last no digit (the node's number is put behind it)",
        mend_project,
    ),
    AfterValidator(_project),
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
    AfterValidator(_env),
]

CredentialName = Annotated[
    str,
    Rule(
        r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$",
        "the name of a file: letters, digits, _, . and -, first a letter, a digit or _",
    ),
    AfterValidator(_credential),
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

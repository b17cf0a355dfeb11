"""Names that a fleet may not give: machines, systemd, the release or Beamwright itself have them already."""

from __future__ import annotations

from beamwright.fleet.rule import wrong
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

_RESERVED_ENV = {
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


def reserved_env(name: str) -> str:
    """Why the variable is not the user's to set; empty when it is."""
    if name.startswith(("BEAMWRIGHT_", "RELEASE_")):
        return "Beamwright sets every such variable"
    return _RESERVED_ENV.get(name, "")


def taken_project(name: str) -> bool:
    """Whether the name is one that machines already use for something else."""
    return name in _TAKEN_PROJECTS.split()


def demand_project(name: str) -> str:
    """The name of a project that machines do not use for something else."""
    if taken_project(name):
        raise wrong(f"{show(name)} is taken on every host", f'such as "{name}_app"')
    return name


def demand_env(name: str) -> str:
    """The name of a variable that is the user's to set."""
    if reason := reserved_env(name):
        raise wrong(f"may not be set: {reason}")
    return name


def demand_credential(name: str) -> str:
    """The name of a credential that is not Beamwright's own."""
    if name in ("cookie", "amqp_password"):
        raise wrong("is the name of a credential that Beamwright makes itself", "give yours another name")
    return name

"""Which hosts a command means: `--hosts ams1,fra*,@ams`."""

from __future__ import annotations

from fnmatch import fnmatchcase

from beamwright.errors import ConfigError
from beamwright.fleet.model import Fleet, Host
from beamwright.fleet.show import nearest, show


def select(fleet: Fleet, hosts: str) -> tuple[Host, ...]:
    """The hosts that the words name, in the fleet's order: names, globs, `@cluster`; no words mean all.

    ConfigError for a word that names none, with the nearest name as hint.
    """
    if not hosts.strip():
        return fleet.hosts
    named = {host.name for word in hosts.split(",") for host in _named(fleet, word.strip())}
    return tuple(host for host in fleet.hosts if host.name in named)


def _named(fleet: Fleet, word: str) -> tuple[Host, ...]:
    pattern = word.removeprefix("@")
    if word.startswith("@"):
        found = tuple(host for host in fleet.hosts if fnmatchcase(host.cluster, pattern))
    else:
        found = tuple(host for host in fleet.hosts if fnmatchcase(host.name, pattern))
    if not found:
        raise _nobody(fleet, word)
    return found


def _nobody(fleet: Fleet, word: str) -> ConfigError:
    """The error for a word that names no host; a cluster's name without its @ is the usual slip."""
    names = [host.name for host in fleet.hosts] + [f"@{cluster.name}" for cluster in fleet.clusters]
    likely = f"@{word}" if f"@{word}" in names else nearest(word, names)
    return ConfigError(
        f"{fleet.path}: no host is meant by {show(word)}",
        hint=f"did you mean {likely}?" if likely else "a name, a glob such as 'ams*', or @cluster",
    )

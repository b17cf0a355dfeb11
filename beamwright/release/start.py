"""How a tree's node is started: the arguments of its VM and the environment that the release fixes.

Nothing secret and nothing of a single host is here: the name of a node, its cookie and its port come from
the host (units/), and beamwright_node starts the distribution with them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable

DROPPED = {
    *("-name", "-sname", "-setcookie", "-nocookie", "-epmd_module", "-start_epmd", "-erl_epmd_port"),
    *("-boot", "-config", "-mode", "-args_file", "-heart", "-detached", "-noshell", "-noinput"),
}
"""Flags of the user's vm.args that are not his to set."""

_QUOTED = re.compile(r"([^A-Za-z0-9_@%+=:,./{}\[\]-])")


def node_args(version: str) -> str:
    """The file for `erlexec -args_file` where the tree is the root of the file system. Source: erl(1).

    A tree has no locale, and yet names, arguments (`+fnu`) and output are UTF-8. `-nocookie` keeps the kernel
    from reading or making a `.erlang.cookie`: beamwright_node has the cookie.
    """
    folder = f"/app/releases/{version}"
    fixed: tuple[tuple[str, ...], ...] = (
        ("-boot", f"{folder}/start"),
        ("-boot_var", "RELEASE_LIB", "/app/lib"),
        ("-mode", "embedded"),
        ("-noinput",),
        ("+fnu",),
        ("-kernel", "standard_io_encoding", "unicode"),
        ("-config", f"{folder}/sys"),
        ("-nocookie",),
        ("-start_epmd", "false"),
        ("-epmd_module", "beamwright_epmd"),
        ("-args_file", f"{folder}/vm.args"),
    )
    return _lines(fixed)


def vm_args(own: str, applications: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """The tree's vm.args out of the user's `own`, and those of his flags that are not in it.

    When os_mon is among the `applications` it starts without its probes: each wants a shell, which a tree
    does not have, and takes the node down with it.
    """
    kept, dropped = _filter(_flags(own))
    defaults: list[tuple[str, ...]] = []
    # By default global cuts nodes that see each other when one of them loses a third, as it does in each
    # rolling restart. The user's vm.args may ask for it, sys.config may not: arguments beat it.
    if not any("prevent_overlapping_partitions" in flag for flag in kept):
        defaults.append(("-kernel", "prevent_overlapping_partitions", "false"))
    if "os_mon" in applications:
        defaults += [("-os_mon", f"start_{probe}", "false") for probe in ("cpu_sup", "disksup", "memsup")]
    return _lines((*defaults, *kept)), tuple(" ".join(flag) for flag in dropped)


def release_env(name: str, version: str, erts: str) -> tuple[tuple[str, str], ...]:
    """The environment of every node of the release, as mix users know it and as erlexec wants it."""
    return (
        ("RELEASE_NAME", name),
        ("RELEASE_VSN", version),
        ("RELEASE_ROOT", "/app"),
        ("RELEASE_SYS_CONFIG", f"/app/releases/{version}/sys"),
        ("ROOTDIR", "/app"),
        ("BINDIR", f"/app/erts-{erts}/bin"),
        ("EMU", "beam"),
        ("PROGNAME", "erl"),
        ("LANG", "C.UTF-8"),
    )


def _flags(vm_args: str) -> list[tuple[str, ...]]:
    """The flags with their values; a word that starts with - or + begins one."""
    flags: list[tuple[str, ...]] = []
    for word in shlex.split(vm_args, comments=True):
        if flags and not re.match(r"[-+][A-Za-z]", word):
            flags[-1] += (word,)
        else:
            flags.append((word,))
    return flags


def _filter(flags: list[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The flags to keep and those to drop, with a cookie's value hidden."""
    kept = [flag for flag in flags if flag[0] not in DROPPED]
    dropped = [flag[:1] if flag[0] == "-setcookie" else flag for flag in flags if flag[0] in DROPPED]
    return kept, dropped


def _lines(flags: Iterable[tuple[str, ...]]) -> str:
    """A flag a line, as erlexec reads a file of arguments."""
    return "".join(" ".join(_quote(word) for word in flag) + "\n" for flag in flags)


def _quote(word: str) -> str:
    """The word as erlexec reads it back."""
    return _QUOTED.sub(r"\\\1", word)

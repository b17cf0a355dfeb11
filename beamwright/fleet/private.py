"""What a fleet file names as secret: asked of any fleet's, whether it is right or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from beamwright.errors import ConfigError
from beamwright.fleet.read import read_toml
from beamwright.fleet.resolve import locate, real

_FILES = ("cookie", "rabbitmq_cookie", "amqp_password", "signing_key")
"""What `init` makes in the folder of secrets, which may hold a source too, or links to its files."""

_KEYS = (
    "signing.key",
    "ssh.key",
    "registry.password",
    "node.secrets.*",
    "clusters.*.node.secrets.*",
    "clusters.*.hosts.*.node.secrets.*",
)
"""The keys of secret files; `*` is any name. The key `secrets`, of a folder, has a default."""


def secret_paths(path: Path) -> tuple[Path, ...]:
    """The secret files and folders of the fleet file, by their names in it and by where links lead.

    None for a file that is no fleet's. One that is called fleet.toml is, and has the default folder where it
    can't be read.
    """
    try:
        table = read_toml(path, "")
    except ConfigError:
        table = {}
    if path.name != "fleet.toml" and not all(
        isinstance(table.get(key), dict) for key in ("project", "clusters")
    ):
        return ()
    folder = table.get("secrets")
    if not isinstance(folder, str):
        folder = "secrets"
    files = (text for key in _KEYS for text in _texts(table, key.split(".")))
    texts = (folder, *(f"{folder}/{name}" for name in _FILES), *files)
    named = [locate(real(path).parent, text) for text in texts if "\0" not in text]
    return tuple(dict.fromkeys((*named, *map(real, named))))


def _texts(value: Any, keys: list[str]) -> Iterator[str]:
    """The texts at a key; what is not as a fleet file has it holds none."""
    if not keys:
        if isinstance(value, str):
            yield value
    elif isinstance(value, dict):
        for name in value if keys[0] == "*" else value.keys() & {keys[0]}:
            yield from _texts(value[name], keys[1:])

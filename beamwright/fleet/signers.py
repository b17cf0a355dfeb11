"""The key that signs a fleet's artifacts, and the file of those whose signatures count."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from beamwright import resources
from beamwright.errors import ConfigError
from beamwright.fleet.model import Fleet

if TYPE_CHECKING:
    from beamwright.fleet import ssh_key
else:
    # A build makes no key, and cryptography takes a while to load.
    ssh_key = resources.later("fleet.ssh_key")

NAMESPACE = "beamwright"
"""What a signature is for: ssh-keygen refuses one that was made for anything else."""

_HEAD = (
    "# Whose signatures on artifacts count: ssh-keygen(1), ALLOWED SIGNERS. Keep this in version control.\n"
)


def ensure(fleet: Fleet) -> tuple[Path, ...]:
    """Makes what is missing of both, and returns it; nobody is ever added to a file that is there.

    A key that the fleet file places elsewhere than in its secrets is somebody's own, and is not made.
    """
    signing, made = fleet.signing, list[Path]()
    try:
        if signing.key.parent == fleet.secrets and not signing.key.exists():
            ssh_key.make(signing.key)
            made.append(signing.key)
        if signing.key.exists() and not signing.allowed_signers.exists():
            signing.allowed_signers.parent.mkdir(parents=True, exist_ok=True)
            signing.allowed_signers.write_text(_HEAD + line(fleet), "utf-8")
            made.append(signing.allowed_signers)
    except (OSError, ValueError) as exc:
        raise ConfigError(
            f"{signing.key}: no key that signs: {exc}", hint="see [signing] in fleet.toml"
        ) from exc
    return tuple(made)


def line(fleet: Fleet) -> str:
    """The line of the fleet's own key in the file of allowed signers: its principal is the project."""
    public = ssh_key.public_half(fleet.signing.key)
    return f'{fleet.project.name} namespaces="{NAMESPACE}" {public}\n'

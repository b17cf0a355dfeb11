"""The signing key and the file of allowed signers that `init` leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, secrets, signers, ssh_key

Bend = Callable[[str, str], Fleet]


def test_the_new_key_is_the_one_allowed_signer(fleet: Fleet) -> None:
    secrets.ensure(fleet)
    lines = fleet.signing.allowed_signers.read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [signers.line(fleet).strip()]
    assert signers.line(fleet).startswith('courier namespaces="beamwright" ssh-ed25519 AAAA')


def test_nobody_is_added_to_a_file_that_is_there(fleet: Fleet) -> None:
    fleet.signing.allowed_signers.write_text("# reviewed by hand\n")
    assert fleet.signing.allowed_signers not in secrets.ensure(fleet)
    assert fleet.signing.allowed_signers.read_text() == "# reviewed by hand\n"


def test_a_key_of_ones_own_is_never_made_but_allowed(bend: Bend, tmp_path: Path) -> None:
    fleet = bend("[node]\n", '[signing]\nkey = "own/id_ed25519.pub"\n[node]\n')
    secrets.ensure(fleet)
    assert not fleet.signing.key.exists() and not fleet.signing.allowed_signers.exists()
    ssh_key.make(tmp_path / "own/id_ed25519")
    secrets.ensure(fleet)
    public = (tmp_path / "own/id_ed25519.pub").read_text()
    assert public in fleet.signing.allowed_signers.read_text()


def test_a_file_that_holds_no_key_is_told(fleet: Fleet) -> None:
    fleet.secrets.mkdir()
    fleet.signing.key.write_text("no key at all")
    with pytest.raises(ConfigError, match="signing_key: no key that signs"):
        secrets.ensure(fleet)

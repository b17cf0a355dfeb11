"""Signatures by a real ssh-keygen: whose counts, for what, and until when."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from beamwright.artifact import signature
from beamwright.artifact.artifact import Artifact, read
from beamwright.artifact.manifest import Manifest
from beamwright.artifact.seal import sign
from beamwright.errors import BeamwrightError, BuildError, ConfigError
from beamwright.fleet import Fleet, load, secrets, signers, ssh_key
from beamwright.toolchain import here

FLEET = """\
[project]
name = "courier"
tool = "mix"
[clusters.ams.hosts.ams1]
"""

Declare = Callable[[str], Fleet]


@pytest.fixture
def declare(tmp_path: Path) -> Declare:
    """A fleet with its secrets made; what is given comes first in its file."""

    def make(text: str = "") -> Fleet:
        (tmp_path / "fleet.toml").write_text(text + FLEET)
        fleet = load(tmp_path / "fleet.toml")
        secrets.ensure(fleet)
        return fleet

    return make


def build(fleet: Fleet, version: str = "1.0") -> Artifact:
    """An artifact of no files, signed as a build signs it."""
    folder = fleet.folder / f"dist/{fleet.project.name}-{version}"
    folder.mkdir(parents=True)
    (folder / f"{fleet.project.name}-{version}.tar.gz").touch()
    manifest = Manifest(fleet.project.name, version, "amd64", "15", "27", "2026-01-01T00:00:00Z", ())
    manifest = replace(manifest, environment=fleet.environment, counter=1)
    sign(here.run, fleet, {folder / "manifest.json": manifest})
    return read(folder)


def signed_by(fleet: Fleet, artifact: Artifact, key: Path, namespace: str = signers.NAMESPACE) -> None:
    """Puts another signature in the place of the artifact's."""
    sign = ("ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", str(key))
    content = artifact.manifest_json.read_bytes()
    signed = subprocess.run(sign, input=content, capture_output=True, check=True).stdout
    assert artifact.signature
    artifact.signature.write_bytes(signed)


def allow(fleet: Fleet, *options: str) -> None:
    """Rewrites the file of allowed signers: the fleet's own key, with these options."""
    principal, _, key = signers.line(fleet).partition(" ")
    key = key.partition(" ")[2]
    fleet.signing.allowed_signers.write_text(f"{principal} {','.join(options)} {key}")


def test_what_init_makes_signs_and_verifies(declare: Declare) -> None:
    fleet = declare("")
    assert signature.demand(here.run, fleet, build(fleet)) == "courier"


def test_a_key_in_several_names_counts_by_the_first(declare: Declare) -> None:
    fleet = declare("")
    text = fleet.signing.allowed_signers.read_text().replace("courier ", "alice@example.net,ci ")
    fleet.signing.allowed_signers.write_text(text)
    assert signature.demand(here.run, fleet, build(fleet)) == "alice@example.net"


def edit_the_manifest(fleet: Fleet, artifact: Artifact) -> None:
    text = artifact.manifest_json.read_text()
    artifact.manifest_json.write_text(text.replace('"version":"1.0"', '"version":"1.1"'))


def sign_with_a_strange_key(fleet: Fleet, artifact: Artifact) -> None:
    ssh_key.make(fleet.folder / "strange")
    signed_by(fleet, artifact, fleet.folder / "strange")


def sign_for_another_use(fleet: Fleet, artifact: Artifact) -> None:
    allow(fleet, 'namespaces="beamwright,file"')
    signed_by(fleet, artifact, fleet.signing.key, "file")


def let_the_key_expire(fleet: Fleet, artifact: Artifact) -> None:
    allow(fleet, 'namespaces="beamwright"', 'valid-before="20200101"')


def take_the_key_away(fleet: Fleet, artifact: Artifact) -> None:
    fleet.signing.allowed_signers.write_text("# nobody\n")


def take_another_signature(fleet: Fleet, artifact: Artifact) -> None:
    other = build(fleet, "2.0")
    assert other.signature and artifact.signature
    artifact.signature.write_bytes(other.signature.read_bytes())


def empty_the_signature(fleet: Fleet, artifact: Artifact) -> None:
    assert artifact.signature
    artifact.signature.write_text("")


@pytest.mark.parametrize(
    "tamper",
    [
        edit_the_manifest,
        sign_with_a_strange_key,
        sign_for_another_use,
        let_the_key_expire,
        take_the_key_away,
        take_another_signature,
        empty_the_signature,
    ],
)
@pytest.mark.parametrize("lenient", [False, True], ids=["", "where unsigned is allowed"])
def test_a_signature_that_does_not_hold_is_refused_everywhere(
    declare: Declare, tamper: Callable[[Fleet, Artifact], None], lenient: bool
) -> None:
    fleet = declare("")
    artifact = build(fleet)
    tamper(fleet, artifact)
    fleet = replace(fleet, signing=replace(fleet.signing, unsigned=lenient))
    with pytest.raises(BuildError) as refused:
        signature.demand(here.run, fleet, artifact)
    assert refused.value.hint and refused.value.detail


def test_what_was_built_for_another_environment_is_refused(declare: Declare) -> None:
    artifact = build(declare('environment = "staging"\n'))
    with pytest.raises(BuildError, match=r"courier 1\.0 is for staging, this fleet is production"):
        signature.demand(here.run, declare(""), artifact)


def test_unsigned_is_refused_unless_the_fleet_file_allows_it(declare: Declare) -> None:
    fleet = declare("")
    artifact = build(fleet)
    assert artifact.signature
    artifact.signature.unlink()
    with pytest.raises(ConfigError, match="is not signed") as refused:
        signature.demand(here.run, fleet, artifact)
    assert "unsigned" in refused.value.hint
    allowing = declare('signing.unsigned = "allow"\n')
    assert signature.demand(here.run, allowing, artifact) is None


def test_without_a_key_nothing_is_built_unless_the_fleet_file_allows_it(declare: Declare) -> None:
    fleet = declare("")
    fleet.signing.key.unlink()
    with pytest.raises(ConfigError, match="no key to sign with") as refused:
        signature.may_sign(fleet.signing)
    assert "init" in refused.value.hint and "unsigned" in refused.value.hint
    assert not signature.may_sign(replace(fleet.signing, unsigned=True))


def test_several_are_signed_each_for_itself(declare: Declare) -> None:
    fleet = declare("")
    contents = {fleet.folder / "one.sig": b"one", fleet.folder / "two.sig": b"two"}
    principal = signature.sign(here.run, fleet, contents)
    allowed = fleet.signing.allowed_signers
    assert {signature.signer(here.run, allowed, *each[::-1]) for each in contents.items()} == {principal}
    with pytest.raises(BuildError, match="does not hold"):
        signature.signer(here.run, allowed, b"one", fleet.folder / "two.sig")


def test_a_key_that_nobody_allows_says_whom_to_ask(declare: Declare) -> None:
    fleet = declare("")
    take_the_key_away(fleet, build(fleet))
    with pytest.raises(ConfigError, match="not among the allowed signers") as refused:
        build(fleet, "2.0")
    assert signers.line(fleet).strip() in refused.value.hint


def test_a_key_that_others_can_read_does_not_sign(declare: Declare) -> None:
    fleet = declare("")
    fleet.signing.key.chmod(0o644)
    with pytest.raises(ConfigError, match="does not sign"):
        build(fleet)


def test_a_key_in_the_agent_signs(declare: Declare, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = declare("")
    started = subprocess.run(("ssh-agent", "-s"), capture_output=True, text=True, check=True).stdout
    for word in ("SSH_AUTH_SOCK", "SSH_AGENT_PID"):
        monkeypatch.setenv(word, started.partition(f"{word}=")[2].partition(";")[0])
    try:
        subprocess.run(("ssh-add", "-q", str(fleet.signing.key)), check=True, capture_output=True)
        fleet.signing.key.unlink()
        public = fleet.signing.key.with_name("signing_key.pub")
        fleet = replace(fleet, signing=replace(fleet.signing, key=public))
        assert signature.demand(here.run, fleet, build(fleet)) == "courier"
    finally:
        subprocess.run(("ssh-agent", "-k"), check=True, capture_output=True)


def test_without_a_file_of_allowed_signers_the_hint_is_to_make_one(declare: Declare) -> None:
    fleet = declare("")
    artifact = build(fleet)
    fleet.signing.allowed_signers.unlink()
    with pytest.raises(BeamwrightError, match="allowed signers is missing") as refused:
        signature.demand(here.run, fleet, artifact)
    assert "init" in refused.value.hint

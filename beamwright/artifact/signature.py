"""Signatures of OpenSSH over manifest.json, kept beside it as manifest.json.sig.

The manifest names every file of the tree with its digest, the application, the environment, the counter, and
the digests of SBOM and provenance: whoever signs it signs all of that. Source: ssh-keygen(1), `-Y sign`,
`-Y find-principals`, `-Y verify` and ALLOWED SIGNERS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from beamwright.artifact.artifact import Artifact
from beamwright.artifact.moment import rfc3339
from beamwright.command import Command, Result, command
from beamwright.errors import BuildError, ConfigError
from beamwright.fleet.model import Fleet, Signing
from beamwright.fleet.signers import NAMESPACE, line

Run = Callable[[Command], Result]
"""Runs a program of this machine (beamwright.toolchain.here.run)."""

MAKE = "`beamwright init` makes a key that signs"


def sign_command(key: Path, content: bytes) -> Command:
    """Signs the content; the signature is what it prints."""
    return command("ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", str(key), stdin=content)


def find_command(allowed_signers: Path, signature: Path) -> Command:
    """Prints whose key, among the allowed ones, the signature was made with."""
    return command("ssh-keygen", "-Y", "find-principals", "-f", str(allowed_signers), "-s", str(signature))


def verify_command(allowed_signers: Path, principal: str, signature: Path, content: bytes) -> Command:
    """Succeeds when the principal signed the content, for this use, with a key that is valid now."""
    return command(
        *("ssh-keygen", "-Y", "verify", "-n", NAMESPACE, "-f", str(allowed_signers)),
        *("-I", principal, "-s", str(signature)),
        stdin=content,
    )


def may_sign(signing: Signing) -> bool:
    """Whether there is a key to sign with; ConfigError when there is none and there has to be one."""
    if signing.key.is_file():
        return True
    if signing.unsigned:
        return False
    raise ConfigError(
        f"there is no key to sign with: {signing.key}",
        hint=f'{MAKE}; [signing] unsigned = "allow" in fleet.toml does without',
    )


def sign(run: Run, fleet: Fleet, contents: Mapping[Path, bytes]) -> str:
    """Writes a signature over each content into its place: the principal that the allowed signers know.

    ConfigError when the key can't sign, or is not among the allowed signers: nobody could use the build.
    """
    # One after the other: a key may ask for its passphrase, or to be touched.
    for place, content in contents.items():
        _sign(run, fleet, content, place)
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(partial(_known, run, fleet), contents.values(), contents))
    return found[0]


def _sign(run: Run, fleet: Fleet, content: bytes, place: Path) -> None:
    signed = run(sign_command(fleet.signing.key, content))
    if not signed.ok:
        raise ConfigError(
            f"{fleet.signing.key} does not sign",
            hint="it has to be an SSH key of your own, mode 0600, or one that the ssh agent holds",
            detail=signed.tail(),
        )
    place.write_text(signed.stdout.rstrip("\n") + "\n", "utf-8")


def _known(run: Run, fleet: Fleet, content: bytes, place: Path) -> str:
    """The principal who made the signature; ConfigError when the allowed signers know none."""
    try:
        return signer(run, fleet.signing.allowed_signers, content, place)
    except BuildError as exc:
        raise ConfigError(
            f"{fleet.signing.key} is not among the allowed signers",
            hint=f"let somebody who may add it to {fleet.signing.allowed_signers}: {line(fleet)}".rstrip(),
            detail=exc.detail,
        ) from exc


def signer(run: Run, allowed_signers: Path, content: bytes, signature: Path) -> str:
    """The principal who signed the content; BuildError when no allowed signer did."""
    if not allowed_signers.is_file():
        raise ConfigError(f"{allowed_signers}: the file of allowed signers is missing", hint=MAKE)
    found = run(find_command(allowed_signers, signature))
    # A line of the file may give several names to one key: any of them will do.
    principal = found.stdout.partition("\n")[0].partition(",")[0]
    if not found.ok or not principal:
        raise _refused("no allowed signer made the signature", found)
    verified = run(verify_command(allowed_signers, principal, signature, content))
    if not verified.ok:
        raise _refused(f"the signature of {principal} does not hold", verified)
    return principal


def demand(run: Run, fleet: Fleet, artifact: Artifact) -> str | None:
    """Who signed the artifact for this fleet; None when nobody did and the fleet file allows that.

    ConfigError when it is unsigned and may not be, BuildError when a signature does not hold, or is for
    another application or environment.
    """
    signature = artifact.signature
    if signature is None or not signature.is_file():
        if fleet.signing.unsigned:
            return None
        raise ConfigError(
            f"{artifact.name} {artifact.version} is not signed",
            hint=f'{MAKE}, then build again; [signing] unsigned = "allow" in fleet.toml does without',
        )
    content = artifact.manifest_json.read_bytes()
    principal = signer(run, fleet.signing.allowed_signers, content, signature)
    if wrong := meant_for_another(fleet, artifact):
        raise BuildError(wrong, hint="build it from this fleet file")
    return principal


def meant_for_another(fleet: Fleet, artifact: Artifact) -> str:
    """What the artifact was signed for, in words, when that is not this fleet; else nothing."""
    environment = artifact.manifest().environment
    if environment and environment != fleet.environment:
        return f"{artifact.name} {artifact.version} is for {environment}, this fleet is {fleet.environment}"
    return ""


def _refused(message: str, result: Result) -> BuildError:
    now = rfc3339(datetime.now(UTC))
    return BuildError(
        message,
        hint=f"build it again, or see who is in the file of allowed signers and until when; it is {now} here",
        detail=result.tail(),
    )

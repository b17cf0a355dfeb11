"""An OTP that is installed on this machine (`toolchain.otp`), put in the place of the toolchain's own.

It appears in the box where it believes to be, for its scripts name that place:

    <root>/bin/erl           ROOTDIR=… in it is where `make install`, kerl or asdf put it
    <root>/erts-<v>/bin/
    <root>/lib/<app>-<vsn>/
    <root>/releases/<n>/OTP_VERSION
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from beamwright.command import command
from beamwright.errors import BuildError, ConfigError
from beamwright.mount import Mount
from beamwright.release.engine import Box

KEY = "toolchain.otp"
ROOTDIR = re.compile(r'^\s*ROOTDIR="?(/[^"\s]+)"?\s*$', re.MULTILINE)


@dataclass(frozen=True)
class OtpRoot:
    """An OTP in `folder` here, that is to be at `home`; `version` is such as 27.3.4.1."""

    folder: Path
    home: str
    version: str

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """What the box sees of it."""
        return ((self.folder, self.home, False),)


def find(folder: Path) -> OtpRoot:
    """The OTP in the folder, or in its lib/erlang after `make install`; ConfigError when there is none."""
    for root in (folder, folder / "lib/erlang"):
        if (script := root / "bin/erl").is_file():
            break
    else:
        raise ConfigError(f"{KEY}: there is no bin/erl in {folder}", hint="name the root of an installed OTP")
    versions = sorted(root.glob("releases/*/OTP_VERSION"))
    if not versions:
        raise ConfigError(
            f"{KEY}: {root} is not installed as a whole", hint="there is no releases/*/OTP_VERSION"
        )
    homes = ROOTDIR.findall(script.read_text("utf-8", "replace"))
    return OtpRoot(root, homes[0] if homes else str(root), versions[-1].read_text("utf-8").strip())


def install(box: Box, otp: OtpRoot) -> None:
    """Makes it the Erlang of the box; BuildError when it does not run there."""
    script = 'ln -sf "$0"/bin/* /usr/local/bin/'
    linked = box.run(command("sh", "-c", script, otp.home), root=True)
    asked = box.run(command("erl", "-noshell", "-eval", "io:put_chars(code:root_dir()), halt()."))
    if not linked.ok or not asked.ok:
        raise BuildError(
            f"{KEY}: {otp.folder} does not run in the toolchain",
            hint="it was built against other libraries: name an image that has them in toolchain.image",
            detail=asked.tail(),
        )
    if asked.stdout.strip() != otp.home:
        raise BuildError(
            f"{KEY}: the toolchain finds its own Erlang first, in {asked.stdout.strip()}",
            hint="take it out of the image named in toolchain.image",
        )

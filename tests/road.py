"""A whole local fleet, driven by the command line as a user drives it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beamwright import fleet as fleets
from beamwright.fleet import Fleet
from beamwright.verify import ssh_config

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Road:
    """A project of its own in a folder, with a fleet file for two container hosts."""

    folder: Path

    @property
    def fleet(self) -> Fleet:
        """The fleet as its file and inventory are now."""
        return fleets.load(self.folder / "fleet.toml")

    def invoke(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs a task; the test fails when its exit code is another one."""
        invoke, fleet = Path(sys.executable).with_name("invoke"), self.folder / "fleet.toml"
        result = subprocess.run(
            [str(invoke), *words, "--fleet", str(fleet)],
            cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=900, check=False,
            env={key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"},
        )  # fmt: skip
        assert result.returncode == code, f"{words}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    def json(self, *words: str, code: int = 0) -> Any:
        """What a task prints with --json."""
        return json.loads(self.invoke(*words, "--json", code=code).stdout)

    def urls(self, path: str) -> list[str]:
        """The URL of that path on every node."""
        return [
            f"http://{host.where()}:{node.port('http')}{path}"
            for host in self.fleet.hosts
            for node in host.nodes
        ]

    def ssh(self, name: str, script: str, stdin: bytes = b"") -> str:
        """What a script prints on a host, over OpenSSH as `verify` connects."""
        config = self.folder / "ssh_config"
        config.write_text(ssh_config.render(self.fleet, self.fleet.hosts, self.folder), "utf-8")
        result = subprocess.run(
            ["ssh", "-F", str(config), name, script],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert result.returncode == 0, result.stdout.decode() + result.stderr.decode()
        return result.stdout.decode()

    def edit(self, file: str, old: str, new: str) -> None:
        """Replaces text that stands once in a file of the project."""
        path = self.folder / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{file} holds {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), "utf-8")

    def release(self, version: str) -> None:
        """Gives the application another version and builds it."""
        mix = self.folder / "courier/mix.exs"
        lines = mix.read_text("utf-8").splitlines(keepends=True)
        mix.write_text(
            "".join(f'      version: "{version}",\n' if 'version: "' in line else line for line in lines),
            "utf-8",
        )
        self.invoke("build", "--kind", "tarball")


def get(url: str, data: bytes | None = None) -> Any:
    """The JSON that a node answers."""
    with urllib.request.urlopen(url, data=data, timeout=10) as answer:
        return json.load(answer)

"""What the programs that a build runs can't do: have something shipped that they themselves may not see."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from beamwright import artifact
from beamwright.errors import BuildError
from beamwright.fleet import Fleet
from beamwright.mount import Mount
from beamwright.release.workshop import BUILDER, Workshop
from beamwright.toolchain import Engine
from tests.projects import declare, mix, rebar3, write

pytestmark = pytest.mark.docker

LIBRARY = "/release/hello/lib/hello-1.0.0"
LEAVES = "mkdir -p {library}/priv && ln -s {secret} {library}/priv/table.dat\n"
STAYS = "(while :; do date >/home/alive; sleep 0.05; done) >/dev/null 2>&1 &\nsleep 0.2\n"


def project(tool: str) -> dict[str, str]:
    """One that runs hook.sh when its release has been assembled."""
    if tool == "mix":
        step = 'fn release -> {"", 0} = System.cmd("sh", ["hook.sh"]); release end'
        return mix("hello", f"releases: [hello: [steps: [:assemble, {step}]]],")
    release = '{relx, [{release, {hello, "1.0.0"}, [hello]}]}.\n'
    return rebar3("hello", release + '{post_hooks, [{release, "sh hook.sh"}]}.\n')


def build(engine: Engine, declared: Fleet) -> Path:
    """The folder of what was built."""
    return artifact.build(declared, engine, declared.folder / "dist", ("tarball",), print).folder


@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_a_link_to_a_file_of_this_machine_is_not_followed(engine: Engine, tmp_path: Path, tool: str) -> None:
    secret = tmp_path / "secrets/stripe"
    write(tmp_path, {**project(tool), "hook.sh": LEAVES.format(library=LIBRARY, secret=secret)})
    declared = declare(tmp_path, f'name = "hello"\ntool = "{tool}"', "[toolchain]\nnetwork = false")
    secret.write_text("sk_live")
    with pytest.raises(BuildError) as caught:
        build(engine, declared)
    assert caught.value.message == (
        f"hello/lib/hello-1.0.0/priv/table.dat leads out of the release, to {secret} on this machine"
    )
    assert caught.value.hint
    assert list((tmp_path / "dist").iterdir()) == []


def test_a_link_of_the_project_is_what_it_leads_to_in_the_toolchain(engine: Engine, tmp_path: Path) -> None:
    """The build tools themselves follow those: to a file of the toolchain or of the project's copy."""
    write(tmp_path, {**project("rebar3"), "hook.sh": "", "priv/own": "own", "table": "table"})
    for name, to in (("passwd", "/etc/passwd"), ("near", "own"), ("table", "../table"), ("gone", "/gone")):
        (tmp_path / "priv" / name).symlink_to(to)
    declared = declare(tmp_path, 'name = "hello"\ntool = "rebar3"', "[toolchain]\nnetwork = false")
    paths = {entry.path for entry in artifact.read(build(engine, declared)).manifest().entries}
    shipped = {path.rpartition("/priv/")[2] for path in paths if "/hello-1.0.0/priv/" in path}
    assert shipped == {"own", "passwd", "near", "table"}


LURES = """\
ln -s {elsewhere} /tree/app
ln -s {secret} /tree/stripe
ln -s {secret} /boot/RELEASES
"""


def test_what_compiles_prepares_no_folder_for_what_comes_after_it(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is not root that builds, all folders that the box may write to are the builder's."""
    mounts = Workshop.mounts

    def of_builder(workshop: Workshop, release: Path) -> tuple[Mount, ...]:
        made = mounts(workshop, release)
        for folder in (workshop.native, workshop.boot):
            os.chown(folder, BUILDER, BUILDER)
        return made

    monkeypatch.setattr(Workshop, "mounts", of_builder)
    secret, elsewhere = tmp_path / "secrets/stripe", tmp_path / "elsewhere"
    elsewhere.mkdir()
    lures = LURES.format(secret=secret, elsewhere=elsewhere)
    write(tmp_path, {**project("rebar3"), "hook.sh": lures})
    declared = declare(tmp_path, 'name = "hello"\ntool = "rebar3"', "[toolchain]\nnetwork = false")
    secret.write_text("sk_live")
    paths = {entry.path for entry in artifact.read(build(engine, declared)).manifest().entries}
    assert "stripe" not in paths and "app/releases/RELEASES" in paths
    assert list(elsewhere.iterdir()) == []


def test_nothing_that_a_build_has_started_outlives_the_compiler(engine: Engine, tmp_path: Path) -> None:
    """It could change the release while that is read here."""
    write(tmp_path, {**project("rebar3"), "hook.sh": STAYS})
    declared = declare(tmp_path, 'name = "hello"\ntool = "rebar3"', "[toolchain]\nnetwork = false")
    build(engine, declared)
    cache = tmp_path / ".beamwright/cache/hello"
    alive, ended = (cache / name for name in ("home/alive", "mirror/ended"))
    assert alive.stat().st_mtime <= ended.stat().st_mtime

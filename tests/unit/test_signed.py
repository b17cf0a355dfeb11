"""What `deploy` and `plan` take: they look at the signature before they look at a host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

import tasks
from tests.unit.artifact.finished import FLEET, sealed


def unsign(folder: Path) -> None:
    (folder / "manifest.json.sig").unlink()


def edit(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"counter":', '"counter":9'))


def leave(_: Path) -> None:
    """Changes nothing."""


@pytest.mark.parametrize("name", ["deploy", "plan"])
@pytest.mark.parametrize(
    ("change", "first", "code", "told"),
    [
        (unsign, "", 2, "error shop 1.0.0 is not signed"),
        (unsign, 'signing.unsigned = "allow"\n', 2, "warning nobody has signed shop 1.0.0\nerror host ams1"),
        (edit, "", 3, "error the signature of shop does not hold"),
        (edit, 'signing.unsigned = "allow"\n', 3, "error the signature of shop does not hold"),
        (leave, 'environment = "staging"\n', 3, "error shop 1.0.0 is for production, this fleet is staging"),
        (leave, "", 2, "error host ams1 has no address"),
    ],
    ids=["unsigned", "unsigned and allowed", "edited", "edited, unsigned allowed", "for another", "signed"],
)
def test_the_signature_is_looked_at_first(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    change: Callable[[Path], None],
    first: str,
    code: int,
    told: str,
) -> None:
    fleet, folder = sealed(tmp_path)
    change(folder)
    fleet.path.write_text(first + FLEET)
    words = {"yes": True} if name == "deploy" else {}
    with pytest.raises(Exit) as ended:
        tasks.namespace[name](Context(), fleet=str(fleet.path), **words)
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (code, "")
    assert told in err


def test_verify_artifact_tells_each_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet, folder = sealed(tmp_path)
    tasks.namespace["verify-artifact"](Context(), fleet=str(fleet.path))
    assert capsys.readouterr().err.count("✔") == 11
    (folder / "sbom.cdx.json").write_text("{}")
    with pytest.raises(Exit) as ended:
        tasks.namespace["verify-artifact"](Context(), build="1.0.0", fleet=str(fleet.path))
    err = capsys.readouterr().err
    assert (ended.value.code, err.count("✘")) == (3, 1)
    assert "✘ sbom.cdx.json: it is not the one that is signed for" in err

"""What of a tree is proven each time, and what never twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from beamwright.command import TOO_LONG
from beamwright.errors import BuildError
from beamwright.release.clock import Clock
from beamwright.release.engine import Engine
from beamwright.release.native import Native
from beamwright.release.prove import Claim, Proven, proving
from beamwright.release.tree import Assembled, Beams
from beamwright.release.vm import SECONDS, Vm, boot_ahead
from beamwright.release.workshop import Workshop

ELFS = ("/app/lib/crypto-5/priv/lib/crypto.so",)
A, B, NIF = "app/lib/a-1/ebin/a.beam", "app/lib/a-1/ebin/b.beam", "app/lib/crypto-5/ebin/crypto.beam"


def native(key: str = "k1") -> Native:
    return Native(Path("/store"), {}, key, "amd64", "/lib64/ld.so", ELFS, ())


def beams(**changed: str) -> Beams:
    digests = {A: "1" * 64, B: "2" * 64, NIF: "3" * 64}
    return Beams(
        digests | {path: changed[name] for name, path in (("a", A), ("b", B)) if name in changed},
        frozenset({NIF}),
    )


def test_a_first_tree_proves_all(tmp_path: Path) -> None:
    assert Proven(tmp_path / "proven", native()).claim(beams()) == Claim(("a", "b", "crypto"), ELFS)


def test_the_same_tree_proves_that_its_nifs_open_their_libraries(tmp_path: Path) -> None:
    Proven(tmp_path, native()).keep(beams())
    assert Proven(tmp_path, native()).claim(beams()) == Claim(("crypto",), ())


def test_a_module_with_other_bytes_is_proven(tmp_path: Path) -> None:
    Proven(tmp_path, native()).keep(beams())
    assert Proven(tmp_path, native()).claim(beams(b="4" * 64)) == Claim(("b", "crypto"), ())


def test_with_another_native_part_all_is_to_be_proven(tmp_path: Path) -> None:
    Proven(tmp_path, native("k1")).keep(beams())
    assert Proven(tmp_path, native("k2")).claim(beams()) == Claim(("a", "b", "crypto"), ELFS)


def test_of_a_torn_note_only_whole_lines_count(tmp_path: Path) -> None:
    Proven(tmp_path, native()).keep(beams())
    text = (tmp_path / "k1").read_text()
    (tmp_path / "k1").write_text(text[: text.index(B) + 5])
    assert Proven(tmp_path, native()).claim(beams()) == Claim(("b", "crypto"), ())
    (tmp_path / "k1").write_text("")
    assert Proven(tmp_path, native()).claim(beams()) == Claim(("a", "b", "crypto"), ELFS)


class Vms:
    """An Engine whose VMs end with these exit codes, one after the other; what each was asked."""

    def __init__(self, *codes: int) -> None:
        self._codes = list(codes)
        self.asked: list[str] = []

    @contextmanager
    def in_tree(
        self, mounts: tuple[tuple[Path, str, bool], ...], *_: object
    ) -> Iterator[Callable[[float], tuple[int, str]]]:
        claim = next(path for path, where, _ in mounts if where == "/claim")
        yield lambda _: self.end(claim)

    def end(self, claim: Path) -> tuple[int, str]:
        self.asked.append((claim / "words").read_text())
        return self._codes.pop(0), "loading a\nas it printed\nloading b"


def attempt(folder: Path, vms: Vms, ahead: Vm | None, *changed: str) -> None:
    """Proves a tree in which these paths have changed."""
    workshop = Workshop(folder / "source", folder / "cache", folder / "scratch")
    (workshop.tree / "app").mkdir(parents=True, exist_ok=True)
    (workshop.tree / "etc").mkdir(exist_ok=True)
    (workshop.tree / "app/release.env").write_text("RELEASE_VSN=1.0\n")
    assembled = Assembled(beams(), frozenset(changed))
    with proving(cast(Engine, vms), workshop, assembled, native(), ahead, Clock()):
        pass


ALL = "\n".join(("/lib64/ld.so", *ELFS, "a", "b", "crypto"))


def booted_ahead(folder: Path, vms: Vms) -> Vm:
    claim = folder / "ahead"
    claim.mkdir()
    return Vm(claim, lambda _: vms.end(claim))


def test_a_vm_that_booted_what_the_new_tree_holds_proves_it(tmp_path: Path) -> None:
    vms = Vms(0)
    attempt(tmp_path, vms, booted_ahead(tmp_path, vms), A, "app/releases/1.0/start.boot")
    assert vms.asked == [ALL]
    assert Proven(tmp_path / "cache/proven", native()).claim(beams()) == Claim(("crypto",), ())


@pytest.mark.parametrize(
    "changed",
    [
        *("app/lib/kernel-10.2/ebin/code.beam", "app/lib/stdlib-6.2/ebin/lists.beam", "app/bin/erlexec"),
        *(
            "app/releases/1.0/start_clean.boot",
            "app/erts-15/bin/beam.smp",
            "usr/lib/x/libc.so.6",
            "etc/hosts",
        ),
        *("lib64/ld-linux-x86-64.so.2", "app", "usr/lib/locale/C.utf8/LC_CTYPE"),
    ],
)
def test_after_a_change_of_what_it_has_read_another_vm_proves(tmp_path: Path, changed: str) -> None:
    vms = Vms(0)
    ahead = Vm(tmp_path, lambda _: pytest.fail("it was asked"))
    attempt(tmp_path, vms, ahead, A, changed)
    assert vms.asked == [ALL]


def test_what_a_vm_booted_ahead_does_not_hold_is_asked_of_another(tmp_path: Path) -> None:
    vms = Vms(1, 0)
    attempt(tmp_path, vms, booted_ahead(tmp_path, vms), A)
    assert vms.asked == [ALL, ALL]


def test_a_tree_that_is_not_proven_is_no_tree(tmp_path: Path) -> None:
    vms = Vms(1, 1)
    with pytest.raises(BuildError) as caught:
        attempt(tmp_path, vms, booted_ahead(tmp_path, vms), A)
    assert caught.value.detail == "as it printed"
    assert Proven(tmp_path / "cache/proven", native()).claim(beams()).elfs == ELFS


@pytest.mark.parametrize("ahead", [True, False])
def test_a_module_that_never_loads_is_named_and_not_asked_for_again(tmp_path: Path, ahead: bool) -> None:
    vms = Vms(TOO_LONG)
    with pytest.raises(BuildError, match=f"has not ended within {SECONDS} seconds") as caught:
        attempt(tmp_path, vms, booted_ahead(tmp_path, vms) if ahead else None)
    assert caught.value.detail == "loading b"


@pytest.mark.parametrize("left", [(), ("app/release.env",), ("etc/hosts",)])
def test_no_vm_is_booted_ahead_in_a_tree_that_was_never_finished(
    tmp_path: Path, left: tuple[str, ...]
) -> None:
    for path in left:
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).touch()
    with boot_ahead(cast(Engine, Vms()), tmp_path, tmp_path / "claim", bool) as vm:
        assert vm is None

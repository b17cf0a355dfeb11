"""What of a tree is proven each time, and what never twice."""

from __future__ import annotations

from pathlib import Path

from beamwright.release.native import Native
from beamwright.release.prove import Claim, Proven
from beamwright.release.tree import Beams

ELFS = ("/app/lib/crypto-5/priv/lib/crypto.so",)
A, B, NIF = "app/lib/a-1/ebin/a.beam", "app/lib/a-1/ebin/b.beam", "app/lib/crypto-5/ebin/crypto.beam"


def native(key: str = "k1") -> Native:
    return Native(Path("/store"), key, "amd64", "/lib64/ld.so", ELFS)


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

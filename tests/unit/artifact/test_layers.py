"""Which layer each file of a tree is in."""

from __future__ import annotations

from beamwright.artifact.layers import APPLICATION, CONFIGURATION, DEPENDENCIES, LIBC, OTP, Layer, cut
from beamwright.artifact.manifest import Entry

KINDS = {"stdlib-6": OTP, "cowboy-2": DEPENDENCIES, "courier-1": APPLICATION}

FILES = {
    "app/erts-15/bin/beam.smp": OTP,
    "app/lib/beamwright_node-1/ebin/x.beam": DEPENDENCIES,
    "app/lib/cowboy-2/ebin/x.beam": DEPENDENCIES,
    "app/lib/courier-1/ebin/x.beam": APPLICATION,
    "app/lib/stdlib-6/ebin/x.beam": OTP,
    "app/release.env": CONFIGURATION,
    "app/releases/1/sys.config": CONFIGURATION,
    "bin/courier": CONFIGURATION,
    "etc/passwd": LIBC,
    "usr/lib/libc.so.6": LIBC,
}


def entries() -> tuple[Entry, ...]:
    folders = {"/".join(path.split("/")[:depth]) for path in FILES for depth in range(1, path.count("/") + 1)}
    folders.add("tmp")
    return tuple(
        sorted(
            [Entry(path, "0644", "f", 1, "x") for path in FILES]
            + [Entry(path, "0755", "d", 0, "-") for path in folders]
        )
    )


def test_each_file_is_in_one_layer_the_one_that_changes_as_often() -> None:
    found = {
        entry.path: layer.name
        for layer in cut(entries(), KINDS)
        for entry in layer.entries
        if entry.type == "f"
    }
    assert found == FILES


def test_layers_come_from_what_changes_least_to_what_changes_most() -> None:
    names = [layer.name for layer in cut(entries(), KINDS)]
    assert names == [LIBC, OTP, DEPENDENCIES, APPLICATION, CONFIGURATION]


def test_a_layer_holds_the_folders_on_the_way_to_its_files_before_them() -> None:
    application = next(layer for layer in cut(entries(), KINDS) if layer.name == APPLICATION)
    assert [entry.path for entry in application.entries] == [
        *("app", "app/lib", "app/lib/courier-1", "app/lib/courier-1/ebin"),
        "app/lib/courier-1/ebin/x.beam",
    ]


def test_an_empty_folder_is_not_lost() -> None:
    libc = cut(entries(), KINDS)[0]
    assert "tmp" in [entry.path for entry in libc.entries]


def test_only_a_large_application_is_not_compressed_as_well_as_can_be() -> None:
    def level(name: str, size: int) -> int:
        return Layer(name, (Entry("file", "0644", "f", size, "x"),)).method("zstd").level

    assert level(LIBC, 1 << 30) == level(APPLICATION, 1 << 18) == 19
    assert level(APPLICATION, 1 << 19) == level(CONFIGURATION, 1 << 19) == 12

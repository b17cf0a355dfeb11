"""The applications and libraries that layers hold."""

from __future__ import annotations

from pathlib import PurePosixPath

from beamwright.artifact import parts
from beamwright.artifact.layers import APPLICATION, LIBC, OTP, cut
from beamwright.artifact.manifest import Entry
from beamwright.artifact.report import Part

FILES = {
    "app/erts-15.2/bin/beam.smp": 500,
    "app/erts-15.2/bin/erlexec": 10,
    "app/lib/my-app-1.0-rc.1/ebin/x.beam": 1,
    "app/lib/stdlib-6.2/ebin/lists.beam": 40,
    "app/lib/stdlib-6.2/ebin/stdlib.app": 2,
    "app/lib/stdlib-6.2/priv/nif.so": 3,
    "app/releases/1/sys.config": 7,
    "etc/passwd": 9,
    "lib64/ld-linux-x86-64.so.2": 200,
    "usr/lib/x86_64-linux-gnu/libc.so.6": 300,
}
FOLDERS = {str(folder) for path in FILES for folder in PurePosixPath(path).parents} - {"."}
ENTRIES = (
    *(Entry(path, "0644", "f", size, "x") for path, size in FILES.items()),
    *(Entry(path, "0755", "d", 0, "-") for path in FOLDERS),
)
CUT = cut(tuple(sorted(ENTRIES)), {"stdlib-6.2": OTP, "my-app-1.0-rc.1": APPLICATION})


def test_applications_with_erts_among_them_the_biggest_first() -> None:
    assert parts.applications(CUT)[:2] == (
        Part("erts", 510, version="15.2", layer=OTP),
        Part("stdlib", 45, version="6.2", layer=OTP),
    )


def test_libraries_are_those_that_no_application_brought() -> None:
    assert parts.libraries(CUT) == (
        Part("libc.so.6", 300, layer=LIBC),
        Part("ld-linux-x86-64.so.2", 200, layer=LIBC),
    )

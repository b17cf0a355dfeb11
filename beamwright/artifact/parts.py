"""What the layers of a tree hold, by the names that people know: applications, ERTS, shared libraries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from beamwright.artifact.layers import LIBC, Layer
from beamwright.artifact.report import Part

_LIBRARY = re.compile(r"\.so(\.[0-9.]+)?$")


def applications(layers: Iterable[Layer]) -> tuple[Part, ...]:
    """The applications of the tree, ERTS among them, the biggest first."""
    return _gather(layers, _application)


def libraries(layers: Iterable[Layer]) -> tuple[Part, ...]:
    """The shared libraries that no application brought itself, libc and the loader among them."""
    return _gather((layer for layer in layers if layer.name == LIBC), _library)


def _gather(layers: Iterable[Layer], named: Callable[[str], tuple[str, str | None]]) -> tuple[Part, ...]:
    """One part for each name that `named` gives to files; the files that it calls "" are in none."""
    sizes: dict[tuple[str, str | None, str], int] = {}
    for layer in layers:
        for entry in layer.entries:
            name, version = named(entry.path)
            if entry.type == "f" and name:
                key = (name, version, layer.name)
                sizes[key] = sizes.get(key, 0) + entry.size
    parts = (Part(name, size, version=version, layer=layer) for (name, version, layer), size in sizes.items())
    return tuple(sorted(parts, key=lambda part: (-part.unpacked_bytes, part.name)))


def _application(path: str) -> tuple[str, str | None]:
    match path.split("/", 3):
        case ("app", "lib", folder, *_):
            name, _, version = folder.rpartition("-")
            return name, version
        case ("app", folder, *_) if folder.startswith("erts-"):
            return "erts", folder.removeprefix("erts-")
    return "", None


def _library(path: str) -> tuple[str, str | None]:
    return (path.rpartition("/")[2] if _LIBRARY.search(path) else ""), None

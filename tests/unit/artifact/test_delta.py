"""Which files a host is sent."""

from __future__ import annotations

from beamwright.artifact.delta import Delta, delta
from beamwright.artifact.manifest import Entry


def file(path: str, content: str, size: int = 1, mode: str = "0644") -> Entry:
    return Entry(path, mode, "f", size, content)


NEW = (Entry("app", "0755", "d", 0, "-"), file("app/a", "1", 100), file("app/b", "2", 10))


def test_without_another_release_everything_is_sent() -> None:
    assert delta(NEW, {}) == Delta(None, NEW)


def test_the_nearest_release_is_the_base_and_what_it_lacks_is_sent() -> None:
    far, near = (NEW[0], file("app/b", "2", 10)), (*NEW[:2], file("app/c", "3", 999))
    assert delta(NEW, {"1-far": far, "2-near": near}) == Delta("2-near", (NEW[2],))


def test_a_file_with_another_mode_is_another_file() -> None:
    old = (*NEW[:2], file("app/b", "2", 10, mode="0755"))
    way = delta(NEW, {"1-a": old})
    assert (way.entries, way.unpacked_bytes) == ((NEW[2],), 10)


def test_the_same_tree_under_another_version_ships_nothing() -> None:
    assert delta(NEW, {"1-a": NEW}) == Delta("1-a", ())

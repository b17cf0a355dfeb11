"""Compressed layers by what is in them: each is made once, and an unchanged one is not even read again.

layers/
  <key>.json      which blob the layer of that key is: {"digest", "size", "diff_id", "content_bytes"}
  <digest>        the blob: a compressed tar archive

The key is a sha256 over everything that the blob's bytes come from: the layer's lines of the manifest, the
time of its files, method and library. What nobody has asked for in thirty days goes. Processes may share it:
files appear whole, by rename(2), and what was damaged since is found by its digest and made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from threading import Event

from beamwright.artifact.archive import Packed, pack
from beamwright.artifact.compression import Algorithm, Method
from beamwright.artifact.layers import Layer
from beamwright.release.digest import of_file
from beamwright.release.noted import settled

KEPT_SECONDS = 30 * 24 * 3600

_FORMAT = "layer 1"
"""Goes up when the same entries are to give other bytes."""

_THREADS = 2
"""Each compressor of zstd level 19 holds 90 MB."""


@dataclass(frozen=True)
class Blob:
    """A layer as it is shipped: `digest` and `diff_id` are sha256 in hex, of the file and of the archive."""

    path: Path
    method: Method
    digest: str
    size: int
    diff_id: str
    content_bytes: int


class _InterruptedError(Exception):
    """Another thread failed, or a person pressed Ctrl-C."""


class Store:
    """A folder of blobs, which outlives the build or goes with it."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._now = now
        self._whole: set[tuple[str, str]] = set()

    def foresee(self, digests: Collection[str]) -> None:
        """Looks whether blobs are whole that `blobs` will most likely be asked for, while there is time.

        Those that have not changed since are not read again. `digests` are sha256 in hex.
        """
        for path in self._folder.glob("*"):
            if path.name in digests:
                # Another build may prune it.
                with suppress(FileNotFoundError):
                    self._is_whole(path)

    def blobs(
        self, tree: Path, layers: Sequence[Layer], algorithms: Iterable[Algorithm], epoch: int
    ) -> dict[Algorithm, list[Blob]]:
        """Every layer's blob by every algorithm; those that are missing are made, several at once."""
        self._folder.mkdir(parents=True, exist_ok=True)
        stop = Event()
        with ThreadPoolExecutor(_THREADS) as pool:
            wanted = {
                algorithm: [
                    pool.submit(self._blob, tree, layer, layer.method(algorithm), epoch, _until(stop))
                    for layer in layers
                ]
                for algorithm in algorithms
            }
            try:
                ended, _ = wait(chain.from_iterable(wanted.values()), return_when=FIRST_EXCEPTION)
                for each in ended:
                    each.result()
            finally:
                # After all of them this does nothing; else the others end with the chunk that they are at.
                stop.set()
                pool.shutdown(cancel_futures=True)
            return {algorithm: [each.result() for each in made] for algorithm, made in wanted.items()}

    def prune(self) -> None:
        """Removes what no build has used in a long time, and what one that was killed has left."""
        for path in self._folder.iterdir():
            try:
                if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            except FileNotFoundError:
                continue  # another build prunes too

    def _blob(
        self, tree: Path, layer: Layer, method: Method, epoch: int, on_chunk: Callable[[], None]
    ) -> Blob:
        note = self._folder / f"{key(layer, method, epoch)}.json"
        return self._find(note, method) or self._make(note, tree, layer, method, epoch, on_chunk)

    def _find(self, note: Path, method: Method) -> Blob | None:
        """The blob of the note, when both are there and whole."""
        try:
            packed = Packed(**json.loads(note.read_text("utf-8")))
            path = self._folder / packed.digest
            if not self._is_whole(path):
                return None
            for used in (path, note):
                os.utime(used)
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return _described(path, method, packed)

    def _is_whole(self, path: Path) -> bool:
        """Whether the blob's bytes are those that it is named after."""
        # Before it is read: what changes meanwhile has another time.
        which = settled(path, self._now())
        if (path.name, which) in self._whole:
            return True
        whole = of_file(path) == path.name
        if whole and which:
            self._whole.add((path.name, which))
        return whole

    def _make(
        self,
        note: Path,
        tree: Path,
        layer: Layer,
        method: Method,
        epoch: int,
        on_chunk: Callable[[], None],
    ) -> Blob:
        with tempfile.TemporaryDirectory(prefix=".", dir=self._folder) as name:
            unnamed, beside = Path(name) / "blob", Path(name) / "note"
            packed = pack(unnamed, tree, layer.entries, epoch, method, on_chunk)
            path = unnamed.rename(self._folder / packed.digest)
            beside.write_text(json.dumps(asdict(packed)), "utf-8")
            beside.rename(note)
        return _described(path, method, packed)


def key(layer: Layer, method: Method, epoch: int) -> str:
    """What the layer's blob is known by: sha256 in hex."""
    text = "".join([f"{_FORMAT}\n{method}\n{epoch}\n", *(entry.line() for entry in layer.entries)])
    return hashlib.sha256(text.encode()).hexdigest()


def _described(path: Path, method: Method, packed: Packed) -> Blob:
    return Blob(
        path, method, packed.digest, packed.compressed_bytes, packed.content_digest, packed.content_bytes
    )


def _until(stop: Event) -> Callable[[], None]:
    def check() -> None:
        if stop.is_set():
            raise _InterruptedError

    return check

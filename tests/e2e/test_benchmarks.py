"""The scales of the benchmarks, with an image whose weight is known."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from docker.errors import ImageNotFound

from beamwright.toolchain import Engine
from benchmarks.harness import images
from benchmarks.harness.dockerfile import LABEL

pytestmark = pytest.mark.docker

ZEROS, NOISE = b"\0" * 100_000, bytes(range(256)) * 100


def archive(**files: bytes) -> bytes:
    """A tar archive of the files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_an_image_weighs_what_its_layers_do_and_is_cleared(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "base.tar").write_bytes(archive(zeros=ZEROS))
    (tmp_path / "noise").write_bytes(NOISE)
    dockerfile = f"FROM scratch\nLABEL {LABEL}=test\nADD base.tar /\nCOPY noise /\n"
    with images.cleared(engine.client):
        image = images.build(engine.client, tmp_path, dockerfile)
        weight = images.Scales().weigh(image)
    assert weight.unpacked == len(ZEROS) + len(NOISE)
    assert 300 < weight.zstd < weight.gzip < 5_000
    with pytest.raises(ImageNotFound):
        engine.client.images.get(str(image.id))

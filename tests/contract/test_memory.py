"""Packing streams: how much memory it takes does not depend on how big the tree is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MEGABYTE = 1 << 20
MOST = 300 * MEGABYTE

PACK = """
import re, sys
from pathlib import Path
import tasks  # everything that a build has loaded
from beamwright.artifact.archive import bundle, join
from beamwright.artifact.layers import OTP, cut
from beamwright.artifact.manifest import scan
from beamwright.artifact.store import Store

tree, target = map(Path, sys.argv[1:])
blobs = Store(target / "store").blobs(tree, cut(scan(tree), {"big-1": OTP}), ["zstd", "gzip"], 7)
join(target / "a.tar.gz", [blob.path for blob in blobs["gzip"]])
bundle(target / "a.tar", {blob.digest: blob.path for blob in blobs["zstd"]}, 7)
# The process's own: getrusage(2) counts what its parent held when it was forked, which has run other tests.
print(int(re.search("VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024)
"""


def test_a_tree_that_is_larger_than_the_memory_allowed_is_packed(tmp_path: Path) -> None:
    for path, megabytes in (("app/lib/big-1/priv/model", 9), ("usr/lib/data", 9)):
        file = tmp_path / "tree" / path
        file.parent.mkdir(parents=True)
        # Random first, for compressors to fill their tables; then a hole.
        file.write_bytes(os.urandom(megabytes * MEGABYTE))
        os.truncate(file, 160 * MEGABYTE)
    done = subprocess.run(
        (sys.executable, "-c", PACK, tmp_path / "tree", tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < MOST

"""The names of the files that lie beside a build's artifacts and say what is in them (seal.py)."""

from __future__ import annotations

from pathlib import Path

SBOM = "sbom.cdx.json"
PROVENANCE = "provenance.json"

TREE = "tree"
"""What the provenance calls the tree itself, among the artifacts that it names."""


def signature_of(manifest: Path) -> Path:
    """Where the signature over a manifest is: beside it."""
    return manifest.with_name(f"{manifest.name}.sig")

"""The names of the files that lie beside a build's artifacts and say what is in them (seal.py)."""

SBOM = "sbom.cdx.json"
PROVENANCE = "provenance.json"

TREE = "tree"
"""What the provenance calls the tree itself, among the artifacts that it names."""

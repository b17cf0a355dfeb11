"""How the figures of a benchmark are written down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.harness.figures import Figures, Table, put, spread

TABLE = Table("Sizes", ("application", "MB"), (("`hello`", "**5.3**"),))
FIGURES = Figures("size", (TABLE,), TABLE, ("1 MB is a million.",), {"applications": []})
PAGE = (
    "# Top\n<!-- bench size -->\nold\n\nolder\n<!-- end -->\nrest\n<!-- bench build -->\nkept\n<!-- end -->\n"
)


def test_a_table_as_markdown_and_for_a_terminal() -> None:
    assert TABLE.markdown() == "| application | MB |\n| --- | ---: |\n| `hello` | **5.3** |"
    assert TABLE.plain() == (("hello", "5.3"),)


def test_a_section_of_a_page_is_replaced_and_nothing_else() -> None:
    page = put(PAGE, "size", "new \\1")
    assert page == PAGE.replace("old\n\nolder", "new \\1")
    assert put(page, "size", "new \\1") == page


@pytest.mark.parametrize("page", ["", "<!-- bench size -->\n", PAGE + PAGE])
def test_a_page_without_the_section_or_with_two(page: str) -> None:
    with pytest.raises(KeyError):
        put(page, "size", "new")


def test_figures_are_kept_and_written(tmp_path: Path) -> None:
    for name in ("docs", "benchmarks"):
        (tmp_path / name).mkdir()
    for name in ("docs/benchmarks.md", "README.md"):
        (tmp_path / name).write_text(PAGE)
    FIGURES.keep(tmp_path)
    FIGURES.write(tmp_path)
    assert json.loads((tmp_path / "benchmarks/results/size.json").read_text())["benchmark"] == "size"
    assert "| `hello` | **5.3** |\n<!-- end -->" in (tmp_path / "README.md").read_text()
    page = (tmp_path / "docs/benchmarks.md").read_text()
    assert "**Sizes**" in page
    assert "- 1 MB is a million.\n- Measured on " in page


def test_the_middle_run_counts() -> None:
    found = spread([9.0, 1.0, 2.0])
    assert str(found) == "2.00 (1.00 to 9.00)"
    assert found.as_json() == {"median": 2.0, "values": [9.0, 1.0, 2.0]}


def test_the_pages_of_this_clone_have_every_section() -> None:
    root = Path(__file__).resolve().parents[3]
    for page in ("README.md", "docs/benchmarks.md"):
        for name in ("size", "build", "deploy"):
            put((root / page).read_text("utf-8"), name, "new")

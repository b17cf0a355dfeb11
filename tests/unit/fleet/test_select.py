"""--hosts: names, globs, @cluster."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.fleet.select import select

TWO_CLUSTERS = """\
project = { name = "courier", tool = "mix" }
[clusters.ams.hosts]
ams1 = {}
ams2 = {}
[clusters.fra.hosts]
fra1 = {}
"""


@pytest.fixture
def fleet(load_text: Callable[[str], Fleet]) -> Fleet:
    """ams1 and ams2 in ams, fra1 in fra."""
    return load_text(TWO_CLUSTERS)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("", "ams1 ams2 fra1"),
        ("ams2", "ams2"),
        ("fra1, ams1", "ams1 fra1"),
        ("*1", "ams1 fra1"),
        ("@ams", "ams1 ams2"),
        ("@ams,ams1,f*", "ams1 ams2 fra1"),
        ("@*", "ams1 ams2 fra1"),
        ("ams[2-9]", "ams2"),
    ],
)
def test_hosts_in_the_order_of_the_file(fleet: Fleet, words: str, names: str) -> None:
    assert [host.name for host in select(fleet, words)] == names.split()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("asm1", "did you mean ams1?"),
        ("ams", "did you mean @ams?"),
        ("@amz", "did you mean @ams?"),
        ("ams1,zzzz", "a name, a glob"),
        ("ams1,", "a name, a glob"),
        ("AMS1", "a name, a glob"),
        (",", "a name, a glob"),
    ],
)
def test_a_word_that_names_no_host(fleet: Fleet, words: str, hint: str) -> None:
    with pytest.raises(ConfigError, match="no host is meant by") as refused:
        select(fleet, words)
    assert refused.value.hint.startswith(hint)

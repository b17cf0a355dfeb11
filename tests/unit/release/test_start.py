"""The arguments of a node: the user's own stay, those that Beamwright sets go."""

from __future__ import annotations

import shlex

import pytest

from beamwright.release.start import node_args, release_env

FIXED = """\
-boot /app/releases/1.0/start
-boot_var RELEASE_LIB /app/lib
-mode embedded
-noinput
-config /app/releases/1.0/sys
-start_epmd false
-epmd_module beamwright_epmd
-kernel prevent_overlapping_partitions false
"""


@pytest.mark.parametrize(
    ("vm_args", "kept", "dropped"),
    [
        ("", "", ()),
        ("# nothing\n\n", "", ()),
        ("+sbwt none # idle\n+S 2:2\n", "+sbwt none\n+S 2:2\n", ()),
        ("-sname a\n-name a@b\n+K true", "+K true\n", ("-sname a", "-name a@b")),
        ("-setcookie hunter2", "", ("-setcookie",)),
        ("+K true -start_epmd true -heart", "+K true\n", ("-start_epmd true", "-heart")),
        ('-kernel listen "{127,0,0,1}"', "-kernel listen {127,0,0,1}\n", ()),
        ("-app key '\"a b\"'", '-app key \\"a\\ b\\"\n', ()),
        ("-app low -1 high 2", "-app low -1 high 2\n", ()),
    ],
)
def test_the_users_own_arguments_follow_the_fixed_ones(
    vm_args: str, kept: str, dropped: tuple[str, ...]
) -> None:
    assert node_args("1.0", vm_args, ()) == (FIXED + kept, dropped)


def test_who_wants_global_to_prevent_partitions_says_so_in_vm_args() -> None:
    wanted = "-kernel prevent_overlapping_partitions true\n"
    text, dropped = node_args("1.0", wanted, ())
    assert text.endswith(wanted)
    assert text.count("prevent_overlapping_partitions") == 1
    assert dropped == ()


def test_a_word_comes_back_from_the_file_as_it_was() -> None:
    word = "a 'b' \"c\" \\ #d {e,[f]} $g `h` *"
    text, _ = node_args("1.0", f"-x {shlex.quote(word)}", ())
    assert shlex.split(text.removeprefix(FIXED), comments=True) == ["-x", word]


def test_os_mon_starts_without_the_probes_that_want_a_shell() -> None:
    text, _ = node_args("1.0", "", ("kernel", "os_mon"))
    assert text.count("-os_mon start_") == 3


def test_the_environment_holds_what_erlexec_and_mix_users_expect() -> None:
    environment = dict(release_env("courier", "1.0", "15.2"))
    assert environment["BINDIR"] == "/app/erts-15.2/bin"
    assert environment["RELEASE_SYS_CONFIG"] == "/app/releases/1.0/sys"

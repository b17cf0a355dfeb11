"""The arguments of a node: the user's own stay, those that Beamwright sets go."""

from __future__ import annotations

import shlex

import pytest

from beamwright.release.start import node_args, release_env, vm_args

DEFAULT = "-kernel prevent_overlapping_partitions false\n"


def test_a_node_starts_without_a_name_and_without_a_cookie() -> None:
    assert node_args("1.0").splitlines() == [
        "-boot /app/releases/1.0/start",
        "-boot_var RELEASE_LIB /app/lib",
        "-mode embedded",
        "-noinput",
        "+fnu",
        "-kernel standard_io_encoding unicode",
        "-config /app/releases/1.0/sys",
        "-nocookie",
        "-start_epmd false",
        "-epmd_module beamwright_epmd",
        "-args_file /app/releases/1.0/vm.args",
    ]


@pytest.mark.parametrize(
    ("own", "kept", "dropped"),
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
def test_the_users_own_arguments_follow_the_defaults(own: str, kept: str, dropped: tuple[str, ...]) -> None:
    assert vm_args(own, ()) == (DEFAULT + kept, dropped)


def test_who_wants_global_to_prevent_partitions_says_so_in_vm_args() -> None:
    wanted = "-kernel prevent_overlapping_partitions true\n"
    text, dropped = vm_args(wanted, ())
    assert text.endswith(wanted)
    assert text.count("prevent_overlapping_partitions") == 1
    assert dropped == ()


def test_a_word_comes_back_from_the_file_as_it_was() -> None:
    word = "a 'b' \"c\" \\ #d {e,[f]} $g `h` *"
    text, _ = vm_args(f"-x {shlex.quote(word)}", ())
    assert shlex.split(text.removeprefix(DEFAULT), comments=True) == ["-x", word]


def test_os_mon_starts_without_the_probes_that_want_a_shell() -> None:
    text, _ = vm_args("", ("kernel", "os_mon"))
    assert text.count("-os_mon start_") == 3


def test_the_environment_holds_what_erlexec_and_mix_users_expect() -> None:
    environment = dict(release_env("courier", "1.0", "15.2"))
    assert environment["BINDIR"] == "/app/erts-15.2/bin"
    assert environment["RELEASE_SYS_CONFIG"] == "/app/releases/1.0/sys"

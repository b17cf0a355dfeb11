"""bin/<name> under dash and busybox, in a tree whose loader is a script that shows what it was given."""

from __future__ import annotations

import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from beamwright.release import by_hand
from beamwright.release.files import Folder
from beamwright.release.release import PROGRAMS, Release

LOADER = """\
#!/bin/sh
printf '%s\\n' "$@"
env | grep -E '^(RELEASE|BEAMWRIGHT|BINDIR|ROOTDIR|HOME|LC_ALL|FROM_ENV)' | sort
"""


@dataclass(frozen=True)
class Tree:
    """An unpacked tree, and the shell that runs its script."""

    root: Path
    shell: tuple[str, ...]

    def run(self, *args: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Runs bin/hello with the arguments, in an environment of its own."""
        return self.start(self.root / "bin/hello", *args, env=env)

    def start(
        self, script: Path, *args: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The same by another path."""
        settings = {"PATH": "/usr/bin:/bin", "HOME": str(self.root), **(env or {})}
        argv = (*self.shell, str(script), *args)
        return subprocess.run(argv, env=settings, capture_output=True, text=True, check=False)

    def argv(self, *args: str, env: Mapping[str, str] | None = None) -> list[str]:
        """What the loader was given, and what it found in its environment."""
        done = self.run(*args, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture(params=[("dash",), ("busybox", "sh")], ids=["dash", "busybox"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    """A tree with one dynamic program in an application's priv/."""
    if shutil.which(request.param[0]) is None:
        pytest.skip(f"{request.param[0]} is not installed here: `script/setup` installs it")
    root = tmp_path / 'it\'s a "söme" $folder'
    folder = Folder(root)
    release = Release(tmp_path / "release", "hello", "1.0", "15.2", ())
    (release.folder / "releases/1.0").mkdir(parents=True)
    (release.folder / "releases/1.0/env.sh").write_text("export FROM_ENV=$RELEASE_COMMAND\n")
    (release.folder / "bin").mkdir()
    for name in ("hello", "hello.bat", "migrate"):
        (release.folder / "bin" / name).write_text("#!/bin/sh\n")
    by_hand.add(release, folder, lambda line: None)
    folder.write(
        "app/release.env",
        b"RELEASE_NAME=hello\nRELEASE_VSN=1.0\nRELEASE_ROOT=/app\nROOTDIR=/app\nBINDIR=/app/erts-15.2/bin\n",
    )
    folder.write("app/releases/1.0/vm.args", b"+S 2:2\n")
    folder.write("app/lib/weigh-1.0/priv/bin/weigh", b"", 0o755)
    folder.write("app/lib/weigh-1.0/priv/data", b"")
    folder.write("app/programs", b"lib/weigh-1.0/priv/bin/weigh\n")
    folder.write("lib64/ld-linux.so.2", LOADER.encode(), 0o755)
    folder.write("usr/lib/triplet/libc.so.6", b"")
    folder.folder("tmp", 0o1777)
    return Tree(root, request.param)


def home(tree: Tree) -> Path:
    """Where the tree's script keeps things."""
    (found,) = (tree.root / "tmp").iterdir()
    return found


# -- what is there


def test_the_projects_own_scripts_come_along_and_those_of_mix_do_not(tree: Tree) -> None:
    assert {path.name for path in (tree.root / "bin").iterdir()} == {"hello", "migrate", "loaded"}
    assert {path.name for path in (tree.root / "bin/loaded").iterdir()} == set(PROGRAMS)


@pytest.mark.parametrize(
    ("args", "code", "out", "err"),
    [
        ((), 1, "", "Usage: hello COMMAND"),
        (("help",), 0, "Usage: hello COMMAND", ""),
        (("nope",), 1, "", "ERROR: Unknown command nope"),
        (("version",), 0, "hello 1.0\n", ""),
        (("eval",), 1, "", "ERROR: EVAL expects an expression as argument"),
        (("rpc",), 1, "", "ERROR: RPC expects an expression as argument"),
        (("pid",), 1, "", "ERROR: hello@{host} is not running"),
        (("stop",), 1, "", "ERROR: hello@{host} is not running"),
        (("rpc", "node()"), 1, "", "ERROR: hello@{host} is not running"),
    ],
)
def test_exit_codes_and_what_is_said(
    tree: Tree, args: tuple[str, ...], code: int, out: str, err: str
) -> None:
    done = tree.run(*args)
    host = subprocess.run(["uname", "-n"], capture_output=True, text=True, check=True).stdout.strip()
    assert done.returncode == code
    assert (out in done.stdout) and (bool(out) == bool(done.stdout))
    assert err.format(host=host.partition(".")[0]) in done.stderr


def test_it_is_found_through_links_from_anywhere(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "first").symlink_to(tree.root / "bin/hello")
    (tmp_path / "below").mkdir()
    (tmp_path / "below/second").symlink_to("../first")
    assert tree.start(tmp_path / "below/second", "version").stdout == "hello 1.0\n"


# -- the VM's arguments


def test_the_vm_is_started_by_the_trees_own_loader_and_without_a_name(tree: Tree) -> None:
    app = f"{tree.root}/app"
    shown = tree.argv("foreground", "-more", "a b")
    assert shown[:3] == ["--library-path", f"{tree.root}/usr/lib/triplet", f"{app}/erts-15.2/bin/erlexec"]
    arguments = " ".join(shown[3 : shown.index("a b") + 1])
    for part in (
        f"-boot {app}/releases/1.0/start -mode embedded -config {app}/releases/1.0/sys",
        f"-args_file {app}/releases/1.0/vm.args -noinput +Bd -- -more a b",
        "-nocookie -start_epmd false -epmd_module beamwright_epmd",
    ):
        assert part in arguments
    assert not {"-name", "-sname", "-setcookie"} & set(shown)
    assert {f"BINDIR={tree.root}/bin/loaded", "LC_ALL=C.UTF-8", "FROM_ENV=foreground"} <= set(shown)


def test_release_variables_reach_the_vm_as_with_mix(tree: Tree) -> None:
    (tree.root / "other.args").write_text("+S 1:1\n")
    env = {
        "RELEASE_MODE": "interactive",
        "RELEASE_BOOT_SCRIPT": "small",
        "RELEASE_VM_ARGS": f"{tree.root}/other.args",
        "RELEASE_SYS_CONFIG": "/etc/hello/sys",
        "ELIXIR_ERL_OPTIONS": "-heavy duty",
    }
    shown = tree.argv("start", env=env)
    arguments = " ".join(shown)
    assert (
        f"releases/1.0/small -mode interactive -config /etc/hello/sys -args_file {tree.root}/other.args"
        in arguments
    )
    assert "erlexec -heavy duty +fnu" in arguments
    assert {"RELEASE_SYS_CONFIG=/etc/hello/sys", f"RELEASE_ROOT={tree.root}/app"} <= set(shown)


@pytest.mark.parametrize(
    ("env", "node"),
    [
        ({"RELEASE_NODE": "b"}, "b@{host}"),
        ({"RELEASE_NODE": "b@there"}, "b@there"),
        ({"RELEASE_DISTRIBUTION": "name", "RELEASE_NODE": "b@10.0.0.1"}, "b@10.0.0.1"),
        ({"RELEASE_DISTRIBUTION": "none"}, ""),
        ({"RELEASE_DISTRIBUTION": "some"}, None),
        ({"RELEASE_NODE": "../b"}, None),
        ({"RELEASE_NODE": "a@b@c"}, None),
    ],
)
def test_names(tree: Tree, env: dict[str, str], node: str | None) -> None:
    if node is None:
        assert tree.run("foreground", env=env).returncode == 1
    else:
        host = subprocess.run(["uname", "-n"], capture_output=True, text=True, check=True).stdout.strip()
        assert f"BEAMWRIGHT_NODE={node.format(host=host.partition('.')[0])}" in tree.argv(
            "foreground", env=env
        )


def test_flags_that_are_not_the_users_are_refused_in_another_vm_args(tree: Tree) -> None:
    other = tree.root / "other.args"
    for line, refused in (("-setcookie secret", True), ("+S 1 -sname a", True), ("# -name", False)):
        other.write_text(f"{line}\n")
        done = tree.run("foreground", env={"RELEASE_VM_ARGS": str(other)})
        assert (done.returncode == 1) == refused, line
        assert "secret" not in done.stdout + done.stderr


# -- the cookie and the folder


def test_the_cookie_is_made_once_for_its_owner_alone(tree: Tree) -> None:
    shown = tree.argv("foreground")
    cookie = home(tree) / "cookie"
    assert f"BEAMWRIGHT_COOKIE=file:{cookie}" in shown
    content = cookie.read_text()
    assert (len(content), stat.S_IMODE(cookie.stat().st_mode)) == (64, 0o400)
    assert int(content, 16)
    assert not any(content in line for line in shown)
    tree.argv("foreground")
    assert cookie.read_text() == content
    assert stat.S_IMODE(home(tree).stat().st_mode) == 0o700


def test_a_chosen_cookie_stays_in_the_environment(tree: Tree) -> None:
    shown = tree.argv("foreground", env={"RELEASE_COOKIE": "secret"})
    assert [line for line in shown if "secret" in line] == ["RELEASE_COOKIE=secret"]
    assert "BEAMWRIGHT_COOKIE=env:RELEASE_COOKIE" in shown
    assert not (home(tree) / "cookie").exists()


def test_a_folder_that_others_can_write_to_is_refused(tree: Tree) -> None:
    tree.argv("foreground")
    home(tree).chmod(0o777)
    done = tree.run("foreground")
    assert (done.returncode, "set RELEASE_TMP" in done.stderr) == (1, True)


# -- programs of applications


def test_the_applications_own_programs_are_started_by_the_loader_too(tree: Tree) -> None:
    shown = tree.argv("foreground")
    (root,) = (Path(line.removeprefix("ROOTDIR=")) for line in shown if line.startswith("ROOTDIR="))
    program = "lib/weigh-1.0/priv/bin/weigh"
    assert f"{root}/lib" in shown
    assert (root / "lib/weigh-1.0/priv/data").resolve() == tree.root / "app/lib/weigh-1.0/priv/data"
    started = subprocess.run([root / program, "a b"], capture_output=True, text=True, check=True)
    assert started.stdout.splitlines()[:4] == [
        "--library-path",
        f"{tree.root}/usr/lib/triplet",
        f"{tree.root}/app/{program}",
        "a b",
    ]

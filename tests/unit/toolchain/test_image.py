"""The toolchain image: what it is built from on top of the user's own."""

from __future__ import annotations

from beamwright.toolchain.image import dockerfile


def test_the_users_image_gets_the_packages_and_the_libraries_folder() -> None:
    text = dockerfile("erlang:27", ("libpq-dev", "cmake"))
    assert text.startswith("FROM erlang:27\n")
    assert "apt-get install -y --no-install-recommends libpq-dev cmake\n" in text
    assert "ENV ERL_LIBS=/opt/beamwright/lib\n" in text


def test_what_the_build_itself_runs_is_installed_only_where_it_is_missing() -> None:
    (line,) = [line for line in dockerfile("erlang:27", ()).splitlines() if "apt-get" in line]
    assert line.startswith("RUN command -v rsync >/dev/null && command -v strip >/dev/null || {")
    assert line.endswith(" rsync binutils; }")

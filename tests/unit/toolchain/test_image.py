"""The toolchain image: what it is built from on top of the user's own."""

from __future__ import annotations

from beamwright.toolchain.image import dockerfile


def test_the_users_image_gets_the_packages_and_the_libraries_folder() -> None:
    text = dockerfile("erlang:27", ("libpq-dev", "cmake"))
    assert text.startswith("FROM erlang:27\n")
    assert "apt-get install -y --no-install-recommends libpq-dev cmake\n" in text
    assert "ENV ERL_LIBS=/opt/beamwright/lib\n" in text


def test_an_image_that_lacks_nothing_needs_no_package_manager() -> None:
    assert "apt-get" not in dockerfile("alpine-erlang", ())

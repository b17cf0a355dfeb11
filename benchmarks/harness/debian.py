"""The base images of the peers, made here since no registry is asked: as Debian's official ones are made.

Those are debootstrap's minbase; `-slim` leaves out documentation and translations, now and in what apt
installs later. Source: github.com/debuerreotype/debuerreotype, scripts/.slimify-excludes.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
from dataclasses import dataclass

import docker
from docker.errors import ImageNotFound

from beamwright.errors import BuildError
from benchmarks.harness.figures import Log

SUITE = "trixie"
EXCLUDED = ("doc/*", "info/*", "lintian/overrides/*", "locale/*", "man/*", "groff/*")
RUNNER = """\
FROM {slim}
RUN apt-get update \\
 && apt-get install -y --no-install-recommends libstdc++6 openssl libncurses6 locales ca-certificates \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
RUN sed -i '/en_US.UTF-8/s/^# //g' /etc/locale.gen && locale-gen
ENV LANG=en_US.UTF-8 LANGUAGE=en_US:en LC_ALL=en_US.UTF-8
"""
"""The runner of `mix phx.gen.release --docker`, up to where the release is copied in.

The official images' apt leaves no cache behind (/etc/apt/apt.conf.d/docker-clean); this one is told not to.
"""


@dataclass(frozen=True)
class Bases:
    """Tags of images: Debian as it is, and the slim runner with the packages that a release wants."""

    debian: str
    runner: str


def bases(client: docker.DockerClient, log: Log) -> Bases:
    """The images, made first where the Engine has none of the same recipe."""
    excludes = [f"--dpkgopt=path-exclude=/usr/share/{each}" for each in EXCLUDED]
    slim = _imported(client, (*excludes, "--dpkgopt=path-include=/usr/share/doc/*/copyright"), log)
    text = RUNNER.format(slim=slim)
    runner = f"beamwright-bench-runner:{_digest(text)}"
    if not _there(client, runner):
        log(f"{runner}: installing the runner's packages")
        client.images.build(fileobj=io.BytesIO(text.encode()), tag=runner, rm=True)
    return Bases(_imported(client, (), log), runner)


def _imported(client: docker.DockerClient, options: tuple[str, ...], log: Log) -> str:
    """An image of Debian's minimal packages; BuildError with what mmdebstrap said."""
    argv = ("mmdebstrap", "--quiet", "--variant=minbase", "--format=tar", *options, SUITE, "-")
    tag = f"beamwright-bench-debian:{_digest(repr(argv))}"
    if not _there(client, tag):
        log(f"{tag}: bootstrapping Debian {SUITE}")
        made = subprocess.run(argv, capture_output=True, check=False, start_new_session=True)
        if made.returncode != 0:
            raise BuildError(f"mmdebstrap could not make {tag}", detail=made.stderr.decode())
        answer = client.api.import_image_from_data(made.stdout, changes=['CMD ["bash"]'])
        client.api.tag(json.loads(answer.splitlines()[-1])["status"], tag)
    return tag


def _there(client: docker.DockerClient, tag: str) -> bool:
    try:
        client.images.get(tag)
    except ImageNotFound:
        return False
    return True


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]

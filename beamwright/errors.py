"""The tree of errors, by what the operator does next; each carries the exit code of the command.

BeamwrightError                 1   a bug: report it
├── ConfigError                 2   mend fleet.toml, a flag or this machine; nothing was contacted
├── BuildError                  3   mend the source, the toolchain or the artifact
├── UnreachableError            4   a host is down, or its key was refused
│   └── NoAnswerError           4   no connection: the host is down, or the network is
├── LockedError                 5   somebody else is at work: wait, or take over
├── RolledBackError             6   the release failed; the previous one runs
├── UnconfirmedError            7   a person has to look: hosts named
└── VerifyError                 8   the hosts are not what the fleet file says
"""

from __future__ import annotations


class BeamwrightError(Exception):
    """What went wrong, where, and how to mend it.

    `message` says what and where in one line; `hint` says how to mend it; `detail` holds lines that
    another program printed (a compiler, a journal), shown as they came.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail


class ConfigError(BeamwrightError):
    """Usage or configuration is wrong; nothing was contacted or changed."""

    exit_code = 2


class BuildError(BeamwrightError):
    """The source does not build, or the artifact is not what it should be."""

    exit_code = 3


class UnreachableError(BeamwrightError):
    """A host does not answer, or its key is unknown or changed."""

    exit_code = 4


class NoAnswerError(UnreachableError):
    """No connection could be made: the host, its sshd or the way to it is down."""


class LockedError(BeamwrightError):
    """Another deployer holds the lock of a host."""

    exit_code = 5


class RolledBackError(BeamwrightError):
    """The new release failed and every host runs the previous one again."""

    exit_code = 6


class UnconfirmedError(BeamwrightError):
    """It is not known, or known to be bad, how a host ended; the message names the hosts."""

    exit_code = 7


class VerifyError(BeamwrightError):
    """A check of the running hosts failed."""

    exit_code = 8

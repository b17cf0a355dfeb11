"""Signals that come at a bad moment."""

from __future__ import annotations

import signal
import threading

import pytest

from beamwright.toolchain.interrupts import held_back


def test_ctrl_c_waits_for_the_end_of_the_block() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    done = []
    try:
        with pytest.raises(KeyboardInterrupt), held_back():
            signal.raise_signal(signal.SIGINT)
            done.append("made")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert done == ["made"]


def test_a_thread_that_no_signal_reaches_holds_none_back() -> None:
    done = threading.Event()

    def make() -> None:
        with held_back():
            done.set()

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert done.is_set()

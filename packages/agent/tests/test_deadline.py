import contextvars
import threading

import pytest

from toolsmith_agent.deadline import Deadline, TookTooLong, call_within, time_left


def test_the_time_that_is_left_never_goes_below_zero():
    now = [100.0]
    deadline = Deadline(5, clock=lambda: now[0])
    now[0] = 103
    assert deadline.left() == 2
    now[0] = 109
    assert deadline.left() == 0


def test_time_stands_still_while_it_is_paused():
    now = [0.0]
    deadline = Deadline(5, clock=lambda: now[0])
    with deadline.paused():
        now[0] = 60
    assert deadline.left() == 5


def test_a_step_is_told_the_deadline_of_the_run_around_it_in_its_thread_too():
    assert time_left(30) == 30
    with Deadline(5, clock=lambda: 0.0).reaching():
        assert time_left(30) == 5
        assert time_left(3) == 3
        assert call_within(5, lambda: time_left(30)) == 5
    assert time_left(30) == 30


def test_a_step_that_does_not_end_is_left_alone():
    end = threading.Event()
    try:
        with pytest.raises(TookTooLong):
            call_within(0.01, end.wait)
    finally:
        end.set()


def test_what_a_step_raises_comes_out():
    def broken():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call_within(5, broken)


def test_a_step_sees_the_callers_context():
    variable = contextvars.ContextVar("variable")
    variable.set("here")
    assert call_within(5, variable.get) == "here"

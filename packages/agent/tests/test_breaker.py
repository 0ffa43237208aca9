import pytest

from toolsmith_agent.breaker import Breaker


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(failures=2, seconds=10, most_seconds=30, jitter=0.5, clock=clock, chance=lambda: 0.0)


def fail(breaker, times=1):
    for _ in range(times):
        assert breaker.allows()
        breaker.failed()


def test_it_opens_after_failures_in_a_row_and_refuses_at_once(breaker):
    fail(breaker)
    assert breaker.state == "closed"
    fail(breaker)
    assert (breaker.state, breaker.allows(), breaker.wait) == ("open", False, 10)


def test_an_answer_in_between_starts_the_count_anew(breaker):
    fail(breaker)
    breaker.succeeded()
    fail(breaker)
    assert breaker.state == "closed"


def test_half_open_lets_one_request_through_and_an_answer_closes_it(breaker, clock):
    fail(breaker, 2)
    clock.now = 10
    assert breaker.state == "half_open"
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.succeeded()
    assert (breaker.state, breaker.allows()) == ("closed", True)


def test_a_vain_trial_opens_it_for_twice_as_long_up_to_the_most(breaker, clock):
    fail(breaker, 2)
    waits = []
    for _ in range(3):
        clock.now += breaker.wait
        fail(breaker)
        waits.append(breaker.wait)
    assert waits == [20, 30, 30]


def test_a_trial_that_was_given_up_leaves_room_for_the_next(breaker, clock):
    fail(breaker, 2)
    clock.now = 10
    assert breaker.allows()
    breaker.released()
    assert breaker.allows()


def test_the_wait_is_jittered_upwards(clock):
    waits = []
    for chance in (0.0, 0.5, 1.0):
        breaker = Breaker(failures=1, seconds=10, jitter=0.5, clock=clock, chance=lambda share=chance: share)
        fail(breaker)
        waits.append(breaker.wait)
    assert waits == [10, 12.5, 15]


def test_failures_that_end_after_it_opened_do_not_lengthen_the_wait(breaker, clock):
    assert breaker.allows()  # three requests under way at once
    fail(breaker, 2)
    clock.now = 4
    breaker.failed()
    assert breaker.wait == 6

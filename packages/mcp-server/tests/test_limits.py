import pytest

from toolsmith_mcp_server.limits import RateLimit


@pytest.fixture
def clock():
    """A clock that goes when it is told to: ``clock.now += 1``."""

    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    return Clock()


def test_a_burst_is_allowed_and_then_one_request_for_every_token(clock):
    limit = RateLimit(4.0, burst=3, clock=clock)
    assert [limit.wait("a") for _ in range(3)] == [0, 0, 0]
    assert limit.wait("a") == pytest.approx(0.25)
    clock.now += 0.25
    assert limit.wait("a") == 0
    assert limit.wait("a") == pytest.approx(0.25)


def test_a_pause_fills_the_bucket_no_further_than_the_burst(clock):
    limit = RateLimit(4.0, burst=2, clock=clock)
    clock.now += 3600
    assert [limit.wait("a") > 0 for _ in range(3)] == [False, False, True]


def test_clients_do_not_share_a_bucket(clock):
    limit = RateLimit(1.0, burst=1, clock=clock)
    assert [limit.wait(client) for client in "abc"] == [0, 0, 0]
    assert limit.wait("b") == pytest.approx(1)


def test_the_number_of_clients_that_are_remembered_is_bounded(clock):
    limit = RateLimit(1.0, burst=1, max_clients=2, clock=clock)
    for client in "abcb":
        limit.wait(client)
    assert limit.wait("c") > 0
    assert limit.wait("a") == 0  # forgotten, and therefore a new one

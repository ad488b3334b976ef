"""Timing in turns, against a clock that only the timed calls move."""

import pytest

from sklearn_ed._utils import timing
from sklearn_ed._utils.timing import TimedCall, Timing, time_in_turns


class Clock:
    """A clock that stands still until it is told how long something took."""

    def __init__(self):
        self.now, self.log = 100.0, []

    def takes(self, name, *seconds):
        """A call that takes these seconds, one after the other, the last from then on."""
        remaining = list(seconds)

        def run(*args):
            self.log.append(name)
            self.now += remaining.pop(0) if len(remaining) > 1 else remaining[0]
            return name, *args

        return run


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timing.time, "perf_counter", lambda: clock.now)
    return clock


def test_each_round_starts_with_another_call(clock):
    calls = {name: clock.takes(name, 1.0) for name in "abc"}
    time_in_turns(calls, 4)
    assert "".join(clock.log) == "abc" + "abc" + "bca" + "cab" + "abc"


def test_samples_are_the_seconds_of_each_round(clock):
    calls = {"a": clock.takes("a", 9.0, 1.0, 2.0, 4.0), "b": clock.takes("b", 9.0, 3.0)}
    timings = time_in_turns(calls, 3)
    assert timings["a"].samples == pytest.approx([1.0, 2.0, 4.0])
    assert timings["b"].samples == pytest.approx([3.0] * 3)
    assert timings["a"].median == pytest.approx(2.0)
    assert timings["a"].result == ("a",)
    assert timings["a"].speed_relative_to(timings["b"]) == pytest.approx([3.0, 1.5, 0.75])


def test_speeds_of_different_numbers_of_rounds_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        Timing([1.0]).speed_relative_to(Timing([1.0, 2.0]))


def test_set_up_and_warm_up_are_not_timed(clock):
    call = TimedCall(
        clock.takes("run", 1.0),
        set_up=clock.takes("set up", 50.0),
        warm_up=clock.takes("warm up", 70.0),
    )
    timing = time_in_turns({"a": call}, 2)["a"]
    assert clock.log == ["warm up", "set up", "run", "set up", "run"]
    assert timing.samples == pytest.approx([1.0, 1.0])
    assert timing.result == ("run", ("set up",))


def test_without_warm_up_the_first_run_counts(clock):
    timing = time_in_turns({"a": clock.takes("a", 5.0, 1.0)}, 2, warm_up=False)["a"]
    assert timing.samples == pytest.approx([5.0, 1.0])
    assert len(clock.log) == 2


def test_a_sample_is_the_mean_of_its_calls(clock):
    call = TimedCall(clock.takes("a", 9.0, 1.0, 2.0, 3.0, 5.0), n_calls=2)
    assert time_in_turns({"a": call}, 2)["a"].samples == pytest.approx([1.5, 4.0])


@pytest.mark.parametrize(("seconds", "n_calls"), [(0.0045, 5), (0.011, 2), (0.03, 1)])
def test_a_free_number_of_calls_fills_the_least_time(clock, seconds, n_calls):
    """One warm-up, one call to find the number, then samples of at least 20 ms."""
    call = TimedCall(clock.takes("a", seconds), n_calls=None)
    assert time_in_turns({"a": call}, 3)["a"].samples == pytest.approx([seconds] * 3)
    assert len(clock.log) == 2 + 3 * n_calls
    assert n_calls * seconds >= timing.MIN_SECONDS > (n_calls - 1) * seconds


def test_a_call_without_duration_is_called_a_finite_number_of_times(clock):
    """Beyond the clock's resolution nothing can be told."""
    call = TimedCall(lambda: None, n_calls=None)
    assert call.sample(3) == (0.0, None)


def test_a_slow_call_is_not_repeated(clock):
    calls = {"slow": clock.takes("slow", 8.0), "quick": clock.takes("quick", 2.0)}
    timings = time_in_turns(calls, 3, max_seconds=7.9)
    assert clock.log == ["slow"] + ["quick"] * 4
    assert timings["slow"].samples == pytest.approx([8.0])
    assert timings["slow"].result == ("slow",)
    assert timings["quick"].samples == pytest.approx([2.0] * 3)


def test_a_call_exactly_at_the_limit_is_repeated(clock):
    clock.now = 0.0
    assert (
        len(time_in_turns({"a": clock.takes("a", 8.0)}, 3, max_seconds=8.0)["a"].samples) == 3
    )


def test_all_calls_slow(clock):
    timings = time_in_turns({n: clock.takes(n, 8.0) for n in "ab"}, 3, max_seconds=1.0)
    assert [t.samples for t in timings.values()] == [pytest.approx([8.0])] * 2


def test_factor_multiplies_every_sample(clock):
    call = TimedCall(clock.takes("a", 0.5), factor=10.0)
    assert time_in_turns({"a": call}, 2)["a"].samples == pytest.approx([5.0, 5.0])


def test_factor_counts_for_the_limit_too(clock):
    call = TimedCall(clock.takes("a", 0.5), factor=10.0)
    timing = time_in_turns({"a": call}, 3, max_seconds=4.0)["a"]
    assert timing.samples == pytest.approx([5.0])


def test_a_call_may_bring_its_own_clock(clock):
    """As work in another process does: the time around it does not count."""

    def run():
        clock.now += 100.0
        return 2.0

    call = TimedCall(run, has_own_clock=True, factor=3.0)
    timing = time_in_turns({"a": call}, 2)["a"]
    assert timing.samples == pytest.approx([6.0, 6.0])
    assert timing.result == 2.0


def test_no_rounds_and_no_calls(clock):
    assert time_in_turns({"a": clock.takes("a", 1.0)}, 0)["a"].samples == []
    assert time_in_turns({}, 3) == {}


def test_an_error_of_a_call_is_not_hidden(clock):
    def fail():
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        time_in_turns({"a": clock.takes("a", 1.0), "b": fail}, 2)

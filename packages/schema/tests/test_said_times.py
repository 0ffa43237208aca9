"""Days, times, moments and lengths of time as people say them, seen from Monday 2026-11-23, 9:00."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolsmith_schema.coerce.almanac import easter
from toolsmith_schema.coerce.clocks import clock
from toolsmith_schema.coerce.days import day
from toolsmith_schema.coerce.durations import duration
from toolsmith_schema.coerce.moments import moment
from toolsmith_schema.coerce.said import Unclear

NOW = datetime(2026, 11, 23, 9, 0)
TODAY = NOW.date()

DAYS = {
    "today": "2026-11-23",
    "Tomorrow": "2026-11-24",
    "tmrw": "2026-11-24",
    "the day after tomorrow": "2026-11-25",
    "yesterday": "2026-11-22",
    "Monday": "2026-11-30",
    "this Monday": "2026-11-23",
    "Friday": "2026-11-27",
    "on Friday": "2026-11-27",
    "this Friday": "2026-11-27",
    "next Friday": "2026-12-04",
    "Friday next week": "2026-12-04",
    "last Friday": "2026-11-20",
    "wed": "2026-11-25",
    "a week from Tuesday": "2026-12-01",
    "Friday week": "2026-12-04",
    "this weekend": "2026-11-28",
    "the weekend": "2026-11-28",
    "next weekend": "2026-12-05",
    "next week": "2026-11-30",
    "next month": "2026-12-01",
    "in 3 days": "2026-11-26",
    "in two weeks": "2026-12-07",
    "in a month": "2026-12-23",
    "three days from now": "2026-11-26",
    "2 days ago": "2026-11-21",
    "two days before Christmas": "2026-12-23",
    "the day after Christmas": "2026-12-26",
    "the Friday after Christmas": "2027-01-01",
    "5 May": "2027-05-05",
    "May 5th": "2027-05-05",
    "the 5th of May": "2027-05-05",
    "May the fifth": "2027-05-05",
    "may five": "2027-05-05",
    "5 May 2028": "2028-05-05",
    "May 5, 2028": "2028-05-05",
    "Dec. 1st": "2026-12-01",
    "the 5th": "2026-12-05",
    "the twenty-third": "2026-11-23",
    "the 31st": "2026-12-31",
    "the 5th of next month": "2026-12-05",
    "the 5th of this month": "2026-11-05",
    "Friday the 4th": "2026-12-04",
    "Fri, 4 December": "2026-12-04",
    "December 4th, Friday": "2026-12-04",
    "Feb 29": "2028-02-29",
    "2026-12-01": "2026-12-01",
    "2026/12/1": "2026-12-01",
    "2026-12-01T00:00": "2026-12-01",
    "05/12/2026": "2026-05-12",
    "25/12/2026": "2026-12-25",
    "12/25": "2026-12-25",
    "5.12.2026": "2026-12-05",
    "5.12.": "2026-12-05",
    "end of the month": "2026-11-30",
    "the end of February": "2027-02-28",
    "end of the week": "2026-11-27",
    "end of the year": "2026-12-31",
    "the start of December": "2026-12-01",
    "Christmas": "2026-12-25",
    "Xmas Eve": "2026-12-24",
    "New Year's Eve": "2026-12-31",
    "new years day": "2027-01-01",
    "New Year\u2019s": "2027-01-01",
    "Thanksgiving": "2026-11-26",
    "Good Friday": "2027-03-26",
    "St. Patrick's Day": "2027-03-17",
    "5 de mayo": "2027-05-05",
    "le 3 décembre 2026": "2026-12-03",
    "3. Dezember": "2026-12-03",
}

NO_DAYS = [
    "",
    "asap",
    "soon",
    "5",
    "May",
    "2026",
    "Feb 30",
    "2026-02-30",
    "30/02/2026",
    "13/13/2026",
    "32 May",
    "Friday, 5 December",
    "this week",
    "in a few days",
    "every Friday",
    "Friday or Saturday",
    "today tomorrow",
    "room 5",
    "5 apples",
    "12 monkeys",
    "3 marathon",
    "10 junior",
    "1 2 3",
    "in 3 hours",
    "99999999 days from now",
    "9999-12-31 and 1 day",
    "two days after 9999-12-31",
    "x" * 10_000,
    "the " * 5000,
]


@pytest.mark.parametrize(("said", "expected"), DAYS.items())
def test_a_day_is_understood(said: str, expected: str) -> None:
    assert day(said, TODAY).isoformat() == expected


@pytest.mark.parametrize("said", NO_DAYS, ids=lambda said: said[:20])
def test_what_is_no_day_or_an_impossible_one_is_refused(said: str) -> None:
    with pytest.raises(Unclear):
        day(said, TODAY)


def test_the_reason_names_what_is_impossible() -> None:
    with pytest.raises(Unclear, match="February has no day 30"):
        day("Feb 30", TODAY)
    with pytest.raises(Unclear, match="2026-12-05 is a Saturday, not a Friday"):
        day("Friday, 5 December", TODAY)


@given(
    st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
def test_a_full_date_means_the_same_from_any_day(meant: date, today: date) -> None:
    for form in ("%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%A, %d %b %Y", "%d.%m.%Y", "%m/%d/%Y"):
        assert day(meant.strftime(form), today) == meant


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 6))
def test_weekdays_keep_their_order(today: date, weekday: int) -> None:
    name = (date(2024, 1, 1) + timedelta(days=weekday)).strftime("%A")
    assert today < day(name, today) <= today + timedelta(days=7)
    assert (
        today
        <= day(f"this {name}", today)
        <= day(name, today)
        <= day(f"next {name}", today) + timedelta(days=7)
    )
    assert day(f"last {name}", today) < today
    monday = today - timedelta(days=today.weekday())
    assert monday + timedelta(days=7) <= day(f"next {name}", today) < monday + timedelta(days=14)
    assert {day(form.format(name), today).weekday() for form in ("{}", "this {}", "next {}")} == {weekday}


def test_easter_falls_where_the_almanacs_say() -> None:
    assert [easter(year).isoformat() for year in (2000, 2024, 2027, 2038)] == [
        "2000-04-23",
        "2024-03-31",
        "2027-03-28",
        "2038-04-25",
    ]


CLOCKS = {
    "3pm": "15:00",
    "3 PM": "15:00",
    "3:30 p.m.": "15:30",
    "3.30pm": "15:30",
    "930pm": "21:30",
    "at 3pm": "15:00",
    "15h": "15:00",
    "15h30": "15:30",
    "15:00": "15:00",
    "1530": "15:30",
    "03:30": "03:30",
    "3:30": "15:30",
    "7:30": "07:30",
    "noon": "12:00",
    "midnight": "00:00",
    "12am": "00:00",
    "12pm": "12:00",
    "00:30 am": "00:30",
    "half past seven": "07:30",
    "half past 7 in the evening": "19:30",
    "half seven": "07:30",
    "quarter to nine": "08:45",
    "a quarter past five": "17:15",
    "ten to nine": "08:50",
    "twenty past 5": "17:20",
    "seven thirty": "07:30",
    "seven thirty pm": "19:30",
    "seven oh five": "07:05",
    "eighteen": "18:00",
    "7 o'clock": "07:00",
    "five": "17:00",
    "7 in the evening": "19:00",
    "8 tonight": "20:00",
    "8 at night": "20:00",
    "12 at night": "00:00",
    "evening at 7": "19:00",
    "morning": "09:00",
    "in the afternoon": "14:00",
    "evening": "18:00",
    "tonight": "20:00",
    "lunchtime": "12:00",
    "after lunch": "13:00",
    "the end of the day": "17:00",
    "7ish": "07:00",
    "9am sharp": "09:00",
}
NO_CLOCKS = [
    "",
    "asap",
    "25:00",
    "24:00",
    "7:75",
    "13 am",
    "0 pm",
    "5 5",
    "between 3 and 4",
    "3 to 4pm",
    "3pm EST",
]
NO_CLOCKS += ["tomorrow at 5", "15:00 in the morning", "in 5", "half an hour", "2 hours"]


@pytest.mark.parametrize(("said", "expected"), CLOCKS.items())
def test_a_time_of_day_is_understood(said: str, expected: str) -> None:
    assert clock(said).time == time.fromisoformat(expected)


@pytest.mark.parametrize("said", NO_CLOCKS)
def test_what_is_no_time_of_day_is_refused(said: str) -> None:
    with pytest.raises(Unclear):
        clock(said)


@given(st.times())
def test_a_written_time_means_itself(meant: time) -> None:
    meant = meant.replace(second=0, microsecond=0)
    assert clock(meant.strftime("%I:%M %p")).time == meant
    assert clock(meant.strftime("%H:%M")).time in (meant, meant.replace(hour=(meant.hour + 12) % 24))
    assert clock(meant.strftime("%Hh%M")).time == meant


MOMENTS = {
    "tomorrow at 7am": "11-24T07:00",
    "7am tomorrow": "11-24T07:00",
    "at 7am tomorrow": "11-24T07:00",
    "at noon": "11-23T12:00",
    "noon tomorrow": "11-24T12:00",
    "in half an hour": "11-23T09:30",
    "half an hour": "11-23T09:30",
    "in an hour and a half": "11-23T10:30",
    "in 2 hours": "11-23T11:00",
    "an hour from now": "11-23T10:00",
    "in an hour's time": "11-23T10:00",
    "in 90 seconds": "11-23T09:01:30",
    "in two weeks": "12-07T09:00",
    "in a month": "12-23T09:00",
    "in 2 days at 5pm": "11-25T17:00",
    "20 minutes before noon": "11-23T11:40",
    "tomorrow": "11-24T09:00",
    "today": "11-23T14:00",
    "tonight": "11-23T20:00",
    "this evening": "11-23T18:00",
    "tonight at 8": "11-23T20:00",
    "8 tonight": "11-23T20:00",
    "tomorrow night": "11-24T20:00",
    "Friday": "11-27T09:00",
    "Friday evening": "11-27T18:00",
    "Friday evening at 7": "11-27T19:00",
    "7 tomorrow evening": "11-24T19:00",
    "tomorrow in the afternoon": "11-24T14:00",
    "3 in the afternoon tomorrow": "11-24T15:00",
    "tomorrow after lunch": "11-24T13:00",
    "next Monday 9:15": "11-30T09:15",
    "on the 3rd at five": "12-03T17:00",
    "at five on the 3rd": "12-03T17:00",
    "Dec 4, 3:30pm": "12-04T15:30",
    "Friday, December 4th at 3:30 pm": "12-04T15:30",
    "a week from Tuesday at 5": "12-01T17:00",
    "quarter to nine on Friday": "11-27T08:45",
    "at 10": "11-23T10:00",
    "at 7": "11-23T19:00",
    "at 7am": "11-24T07:00",
    "in the morning": "11-24T09:00",
    "today at 7": "11-23T19:00",
    "today at 7am": "11-23T07:00",
    "midnight": "11-24T00:00",
    "tonight at midnight": "11-24T00:00",
    "Friday at midnight": "11-28T00:00",
    "by 5": "11-23T17:00",
    "by tomorrow morning": "11-24T09:00",
    "now": "11-23T09:00",
    "Christmas Eve": "12-24T09:00",
    "New Year's Eve at 10pm": "12-31T22:00",
    "Christmas morning": "12-25T09:00",
    "2026-12-01 15:00": "12-01T15:00",
}
NO_MOMENTS = [
    "",
    "asap",
    "later",
    "soon",
    "in a bit",
    "before 5",
    "every day at 5",
    "at 25:00",
    "Feb 30 at noon",
]
NO_MOMENTS += [
    "Monday at 9 or 10",
    "in 99999999 hours",
    "in a few hours",
    "Thursday 25 November 4pm",
    "May 5 2018 2019",
]


@pytest.mark.parametrize(("said", "expected"), MOMENTS.items())
def test_a_moment_is_understood(said: str, expected: str) -> None:
    assert moment(said, NOW) == datetime.fromisoformat(f"2026-{expected}")


@pytest.mark.parametrize("said", NO_MOMENTS)
def test_what_is_no_moment_is_refused(said: str) -> None:
    with pytest.raises(Unclear):
        moment(said, NOW)


def test_today_late_in_the_evening_is_refused() -> None:
    with pytest.raises(Unclear, match="nearly over"):
        moment("today", datetime(2026, 11, 23, 22, 0))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.sampled_from(sorted(MOMENTS)))
def test_a_time_without_a_day_is_never_in_the_past(now: datetime, said: str) -> None:
    if any(word in said.split() for word in ("at", "noon", "midnight", "by")) and len(said.split()) < 3:
        assert moment(said, now) > now.replace(microsecond=0) - timedelta(seconds=1)


DURATIONS = {
    "45 minutes": 45,
    "45min": 45,
    "an hour": 60,
    "1.5h": 90,
    "1,5 hours": 90,
    "1\u00bd hours": 90,
    "1h30": 90,
    "1h30m": 90,
    "1 h 30 min": 90,
    "1:30 hours": 90,
    "an hour and a half": 90,
    "hour and a half": 90,
    "one and a half hours": 90,
    "an hour and 15 minutes": 75,
    "two hours fifteen": 135,
    "half an hour": 30,
    "half hour": 30,
    "a quarter of an hour": 15,
    "three quarters of an hour": 45,
    "a couple of hours": 120,
    "about an hour": 60,
    "90-minute": 90,
    "for 30 minutes": 30,
    "30 seconds": 0.5,
    "a day": 1440,
    "a fortnight": 20160,
}


@pytest.mark.parametrize(("said", "minutes"), DURATIONS.items())
def test_a_length_of_time_is_understood(said: str, minutes: float) -> None:
    assert duration(said) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "5",
        "hour",
        "all day",
        "a month",
        "1:30",
        "a few hours",
        "1m 1h",
        "two to three hours",
        "9" * 100 + "h",
    ],
)
def test_what_is_no_fixed_length_of_time_is_refused(said: str) -> None:
    with pytest.raises(Unclear):
        duration(said)


WORDS = (
    "in at on the a next this 5 12 30 3rd friday tomorrow may noon pm am half past hour hours week of , : . -"
)


@given(st.lists(st.sampled_from(WORDS.split()), max_size=8).map(" ".join) | st.text(max_size=40))
def test_no_text_breaks_a_grammar(said: str) -> None:
    for read in (
        lambda: day(said, TODAY),
        lambda: clock(said),
        lambda: moment(said, NOW),
        lambda: duration(said),
    ):
        try:
            read()
        except Unclear as error:
            assert error.reason

"""When a job runs: the moments of a recurrence, which may have a schedule in its periods."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from asyncsm.wire.jobs import JobRecurrence, JobSchedule

STEPS: Final = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=28),
    "year": timedelta(days=365),
}
"""Frequencies, with the shortest time that they are apart."""
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN: Final = re.compile(r"(?:(\d{1,8})\.)?(\d\d?):(\d\d):(\d\d)(?:\.\d+)?", re.ASCII)
LOOKED_AT: Final = 366 * 5
"""Days after which a schedule is taken for one that never comes."""


def span(text: str | None) -> timedelta:
    """Return a time span such as ``00:00:30``; half a minute for any other text [guess]."""
    found = _SPAN.fullmatch(text or "")
    if found is None:
        return timedelta(seconds=30)
    days, hours, minutes, seconds = (int(one or 0) for one in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def step_of(recurrence: JobRecurrence) -> timedelta | None:
    """Return the time between two runs, where it is always the same."""
    frequency = (recurrence.frequency or "day").lower()
    if recurrence.schedule is not None or frequency in {"month", "year"}:
        return None
    return STEPS[frequency] * (recurrence.interval or 1)


def following(recurrence: JobRecurrence, begun: datetime, now: datetime) -> datetime | None:
    """Return the first moment after `now` at which a job runs that recurs since `begun`; ``None`` if none is left."""
    found = _following(recurrence, begun, now)
    if found is None or (recurrence.end_time is not None and found > recurrence.end_time):
        return None
    return found


def _following(recurrence: JobRecurrence, begun: datetime, now: datetime) -> datetime | None:
    frequency, interval = (recurrence.frequency or "day").lower(), recurrence.interval or 1
    if recurrence.schedule is not None and frequency in {"day", "week", "month", "year"}:
        return next(_scheduled(recurrence.schedule, frequency, interval, begun, now), None)
    if now < begun:
        return begun
    if frequency in {"month", "year"}:
        months = interval * (12 if frequency == "year" else 1)
        passed = (now.year - begun.year) * 12 + now.month - begun.month
        number = passed // months
        while (found := _months_later(begun, number * months)) <= now:
            number += 1
        return found
    step = STEPS[frequency] * interval
    return begun + ((now - begun) // step + 1) * step


def _months_later(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(
        year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1])
    )


def _scheduled(
    schedule: JobSchedule, frequency: str, interval: int, begun: datetime, now: datetime
) -> Iterator[datetime]:
    first = max(begun, now)
    for number in range(LOOKED_AT):
        day = first.date() + timedelta(days=number)
        if not _is_in_turn(day, begun.date(), frequency, interval) or not _is_on(
            day, schedule, begun, frequency
        ):
            continue
        for hour in sorted(schedule.hours or [begun.hour]):
            for minute in sorted(schedule.minutes or [begun.minute]):
                moment = datetime(
                    day.year, day.month, day.day, hour, minute, begun.second, tzinfo=begun.tzinfo
                )
                if moment > now and moment >= begun:
                    yield moment


def _is_in_turn(day: date, begun: date, frequency: str, interval: int) -> bool:
    """Tell whether the period with a day is one of every `interval`."""
    passed = {
        "day": (day - begun).days,
        "week": (day - timedelta(days=day.weekday()) - begun + timedelta(days=begun.weekday())).days // 7,
        "month": (day.year - begun.year) * 12 + day.month - begun.month,
        "year": day.year - begun.year,
    }[frequency]
    return passed % interval == 0


def _is_on(day: date, schedule: JobSchedule, begun: datetime, frequency: str) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if schedule.months and day.month not in schedule.months:
        return False
    if schedule.month_days:
        return day.day in {one if one > 0 else last + 1 + one for one in schedule.month_days}
    if schedule.monthly_occurrences:
        ordinals = {(day.day - 1) // 7 + 1, -((last - day.day) // 7 + 1)}
        return any(
            (one.day or "").lower() == DAYS[day.weekday()] and one.occurrence in ordinals
            for one in schedule.monthly_occurrences
        )
    if schedule.week_days:
        return DAYS[day.weekday()] in map(str.lower, schedule.week_days)
    if frequency == "week":
        return day.weekday() == begun.weekday()
    return frequency == "day" or day.day == min(begun.day, last)

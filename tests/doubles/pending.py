"""A service whose operations each end after their seconds, asked singly or by list, on virtual time."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from email.utils import format_datetime

from doubles.scripted import SUBSCRIPTION

from asyncsm.config import PollingPolicy
from asyncsm.polling import OperationHandle, SurveyCost, Tracker
from asyncsm.wire.http import HttpResponse
from asyncsm.wire.operations import Error, Operation

EPOCH = 1_700_000_000
"""What the service's clock shows when the event loop's shows 0."""

POLICY = PollingPolicy(first=1.0, least=0.5, most=30.0, factor=1.5, jitter=0.0)


class PendingOperations:
    """Answers for the operations in `ends`; what goes wrong is set on its attributes."""

    def __init__(self, **seconds):
        self.ends = dict(seconds)
        self.began = dict.fromkeys(seconds, 0.0)
        self.errors = {}
        """Error by id of those that end Failed."""
        self.broken = {}
        """Exceptions by id, one for each question."""
        self.stuck = set()
        """Ids for which single questions are never answered."""
        self.hidden = set()
        """Ids lists do not show."""
        self.others = 0
        """Operations of other clients in every list."""
        self.lag = 0.0
        """Seconds by which lists are behind."""
        self.page_size = 100
        self.seconds_a_page = 0.0
        self.seconds_a_question = 0.0
        self.refusals = []
        """Exceptions, one for each list."""
        self.asked = []
        self.rounds = []
        self.surveys = []
        self.surveying = 0
        self.most_surveying = 0

    @property
    def now(self):
        return asyncio.get_running_loop().time()

    @property
    def requests(self):
        """The moment of every request: single questions and pages."""
        return sorted([moment for moment, _ in self.asked] + [moment for moment, _ in self.surveys])

    def times(self, request_id):
        return [moment for moment, asked in self.asked if asked == request_id]

    def begin(self, tracker, request_id, seconds, operation="CreateDeployment", *, dated=True):
        """Accept an operation now and return its handle, which is polled for."""
        self.began[request_id] = self.now
        self.ends[request_id] = self.now + seconds
        return started(tracker, request_id, operation, dated=dated)

    async def ask(self, request_ids, answer):
        self.rounds.append(list(request_ids))
        async with asyncio.TaskGroup() as group:
            for request_id in request_ids:
                group.create_task(self._ask(request_id, answer))

    async def _ask(self, request_id, answer):
        self.asked.append((self.now, request_id))
        if request_id in self.stuck:
            await asyncio.get_running_loop().create_future()
        if self.seconds_a_question:
            await asyncio.sleep(self.seconds_a_question)
        broken = self.broken.get(request_id)
        answer(request_id, broken.pop(0) if broken else self.operation(request_id, self.now))

    def operation(self, request_id, now):
        """The document of an operation as of `now`."""
        if now < self.ends[request_id]:
            return Operation(id=request_id, status="InProgress")
        error = self.errors.get(request_id)
        if error is not None:
            return Operation(id=request_id, status="Failed", http_status_code=409, error=error)
        return Operation(id=request_id, status="Succeeded", http_status_code=200)

    async def survey(self, since, answer):
        self.surveying += 1
        self.most_surveying = max(self.most_surveying, self.surveying)
        try:
            return await self._survey(since.timestamp() - EPOCH, answer)
        finally:
            self.surveying -= 1

    async def _survey(self, since, answer):
        listed = [
            request_id
            for request_id, began in self.began.items()
            if since <= began <= self.now and request_id not in self.hidden
        ]
        listed += [f"other{n}" for n in range(self.others)]
        pages = max(1, -(-len(listed) // self.page_size))
        for page in range(pages):
            self.surveys.append((self.now, since))
            await asyncio.sleep(self.seconds_a_page)
            if self.refusals:
                raise self.refusals.pop(0)
            for request_id in listed[page * self.page_size : (page + 1) * self.page_size]:
                if request_id.startswith("other"):
                    answer(request_id, Operation(id=request_id, status="InProgress"))
                else:
                    answer(request_id, self.operation(request_id, self.now - self.lag))
        return SurveyCost(pages, pages * self.seconds_a_page)


def tracker_for(service, policy=POLICY):
    return Tracker(service, policy, subscription_id=SUBSCRIPTION, chance=random.Random(1))


def started(tracker, request_id, operation="CreateDeployment", *, dated=True, usual=None):
    """A handle that is polled for, made of a 202 of this moment."""
    moment = datetime.fromtimestamp(EPOCH + asyncio.get_running_loop().time(), UTC)
    headers = {"x-ms-request-id": request_id, "date": format_datetime(moment, usegmt=True)}
    handle = OperationHandle(
        tracker,
        request_id,
        operation=operation,
        resource="POST /services/x",
        response=HttpResponse(202, headers) if dated else None,
        usual=52 if usual is None and operation == "CreateDeployment" else usual,
    )
    tracker.watch(handle)
    return handle


FAILURE = Error(code="BadRequest", message="no")

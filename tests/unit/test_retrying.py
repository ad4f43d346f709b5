"""The decision whether a request is sent again, and the budget for it."""

import pytest
from doubles.requests import post, put

from asyncsm import errors
from asyncsm.config import RetryPolicy
from asyncsm.engine import retrying
from asyncsm.engine.protocol import get

POLICY = RetryPolicy(attempts=4, first=1.0, most=3.0)
READ = get("locations")
CREATE = post("services", "hostedservices", operation="CreateHostedService")
REPLACE = put("services", "hostedservices", "a", operation="UpdateHostedService")


def service_error(kind, **kwargs):
    return kind("Code", "message", status=kind.http_status, **kwargs)


PASSING = [
    errors.ConnectionFailed("x"),
    errors.ConnectionLost("x"),
    errors.AttemptTimeout("x"),
    service_error(errors.ServerBusy),
    service_error(errors.Throttled),
    service_error(errors.InternalError),
]
LASTING = [
    errors.CertificateRejected("x"),
    service_error(errors.BadRequest),
    service_error(errors.ResourceNotFound),
    service_error(errors.AuthenticationFailed),
    service_error(errors.Conflict),
    service_error(errors.ExclusiveAccess),
    errors.UnexpectedPayload("x"),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("request_", [READ, REPLACE], ids=["read", "idempotent change"])
def test_passing_failures_of_repeatable_requests_are_tried_again(request_, error):
    """A read or an idempotent change is sent again after any failure that may pass."""
    assert retrying.decide(POLICY, request_, error, 1, 0.5) is not None


@pytest.mark.parametrize("error", LASTING, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("request_", [READ, REPLACE, CREATE], ids=["read", "replace", "create"])
def test_lasting_refusals_are_final(request_, error):
    """What the service refuses for good is not sent again, whatever the request."""
    assert retrying.decide(POLICY, request_, error, 1, 0.5) is None


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (errors.ConnectionFailed("x"), True),
        (service_error(errors.ServerBusy), True),
        (service_error(errors.Throttled), True),
        (errors.ConnectionLost("x"), False),
        (errors.AttemptTimeout("x"), False),
        (service_error(errors.InternalError), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_creation_is_repeated_only_if_it_certainly_did_not_happen(error, again):
    """A change that must not happen twice is sent again only when it was refused or never sent."""
    assert (retrying.decide(POLICY, CREATE, error, 1, 0.5) is not None) is again


@pytest.mark.parametrize(
    ("error", "unknown"),
    [
        (errors.ConnectionLost("x"), True),
        (errors.AttemptTimeout("x"), True),
        (errors.ConnectionFailed("x"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_outcome_is_unknown_when_the_reply_to_a_creation_is_lost(error, unknown):
    """A request that was sent and not answered may have been carried out."""
    assert retrying.outcome_is_unknown(CREATE, error) is unknown
    assert retrying.outcome_is_unknown(READ, error) is False


def test_pauses_grow_to_the_most_and_are_spread_by_chance():
    """The pause is a random part of a bound that doubles up to `most`."""
    error = errors.ConnectionFailed("x")
    assert [retrying.decide(POLICY, READ, error, attempt, 1.0).delay for attempt in (1, 2, 3)] == [
        1.0,
        2.0,
        3.0,
    ]
    assert retrying.decide(POLICY, READ, error, 2, 0.25).delay == 0.5
    assert retrying.decide(POLICY, READ, error, 1, 0.0).delay == 0.0


def test_attempts_are_counted():
    """After the last allowed attempt there is no other."""
    assert retrying.decide(POLICY, READ, errors.ConnectionFailed("x"), 4, 0.5) is None
    assert retrying.decide(RetryPolicy(attempts=1), READ, errors.ConnectionFailed("x"), 1, 0.5) is None


def test_retry_after_is_honoured():
    """Where the service says how long to wait, the pause is no shorter."""
    error = service_error(errors.ServerBusy)
    error.retry_after = 2.5
    assert retrying.decide(POLICY, READ, error, 1, 0.1).delay == 2.5


@pytest.mark.parametrize("asked", [3.1, 12.0, 86_400.0, 1e9, float("inf")])
def test_retry_after_is_bounded(asked):
    """No header stops a request for longer than the policy's longest pause."""
    error = service_error(errors.ServerBusy)
    error.retry_after = asked
    assert retrying.decide(POLICY, READ, error, 1, 0.1).delay == POLICY.most


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"first": -1}, {"first": 5, "most": 1}, {"patience": -1}])
def test_a_senseless_policy_is_refused(wrong):
    """A policy that contradicts itself cannot be made."""
    with pytest.raises(ValueError, match="retry policy"):
        RetryPolicy(**wrong)


def test_a_budget_ends_retries_when_most_requests_fail():
    """Each retry takes 5 tokens, 10 after a time-out; without enough left there is none."""
    budget = retrying.RetryBudget(22)
    assert budget.take(errors.ConnectionLost("x")) == 5
    assert budget.take(errors.AttemptTimeout("x")) == 10
    assert budget.take(errors.AttemptTimeout("x")) is None
    assert budget.take(service_error(errors.ServerBusy)) == 5
    assert budget.take(service_error(errors.InternalError)) is None
    assert budget.left == 2


@pytest.mark.parametrize(
    ("error", "cost"), [(errors.ConnectionLost("x"), 5), (errors.AttemptTimeout("x"), 10)]
)
def test_a_budget_can_be_spent_to_the_last_token(error, cost):
    """Exactly enough for one retry is enough."""
    budget = retrying.RetryBudget(cost)
    assert (budget.take(error), budget.left) == (cost, 0)
    assert retrying.RetryBudget(cost - 1).take(error) is None


def test_successes_fill_the_budget():
    """A success gives back what its last retry took, or 1; never more than there was at first."""
    budget = retrying.RetryBudget(20)
    paid = budget.take(errors.AttemptTimeout("x"))
    budget.take(errors.ConnectionLost("x"))
    budget.succeeded(0)
    assert budget.left == 6
    budget.succeeded(paid)
    assert budget.left == 16
    for _ in range(10):
        budget.succeeded(0)
    assert budget.left == 20


def test_without_a_budget_nothing_is_sent_again():
    """A budget of 0 switches retries off."""
    budget = retrying.RetryBudget(0)
    budget.succeeded(0)
    assert budget.take(errors.ConnectionFailed("x")) is None

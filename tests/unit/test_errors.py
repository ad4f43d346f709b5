"""Errors cross the border of a process, and are copied, without losing what they know."""

import copy
import pickle

import pytest

from asyncsm import errors
from asyncsm.wire.refusals import operation_failed

CONFLICT = "is held by x-ms-requestid 0123456789abcdef0123456789abcdef"


def failed():
    return operation_failed("ConflictError", CONFLICT, status=409, request_id="f" * 32, resource="PUT /x")


@pytest.mark.parametrize(
    "make",
    [
        lambda: errors.CredentialError("no such file"),
        lambda: errors.InvalidArgument("label", "is too long"),
        lambda: errors.ClientStateError("closed"),
        lambda: errors.ConnectionLost("reset"),
        lambda: errors.AttemptTimeout("65 s"),
        lambda: errors.Throttled("TooManyRequests", "slow down", status=503),
        lambda: errors.ExclusiveAccess("ConflictError", CONFLICT, status=409, request_id="f" * 32),
        failed,
        lambda: errors.OperationTimeout("still InProgress", last="InProgress"),
        lambda: errors.OutcomeUnknown("lost", resource="PUT /x", request_id="f" * 32),
        lambda: errors.StateUnreachable("is off", "Stopped"),
        lambda: errors.UnexpectedPayload("no XML", request_id="f" * 32, resource="GET /x"),
    ],
)
def test_an_error_is_the_same_on_the_other_side(make):
    """Class, text, attributes and notes survive a pickle and a copy."""
    error = make()
    error.add_note("call 7")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert (str(twin), twin.args) == (str(error), error.args)
        assert vars(twin).items() >= {k: v for k, v in vars(error).items() if k != "handle"}.items()
        assert getattr(twin, "handle", None) is None


@pytest.mark.parametrize("make", [failed, lambda: errors.OperationTimeout("still InProgress")])
def test_a_handle_stays_in_its_process(make):
    """It belongs to the event loop of its session; a copy in the same process has it."""
    error = make()
    error.handle = object()
    assert pickle.loads(pickle.dumps(error)).handle is None
    assert copy.copy(error).handle is error.handle


def test_a_failure_is_caught_by_its_code_on_the_other_side_too():
    """It is an `OperationFailed` and the `ServiceError` of its code at once."""
    twin = pickle.loads(pickle.dumps(failed()))
    assert isinstance(twin, errors.OperationFailed)
    assert isinstance(twin, errors.ExclusiveAccess | errors.Conflict)
    assert twin.conflicting_operation_id == "0123456789abcdef0123456789abcdef"

"""Errors cross the border of a process, and are copied, without losing what they know."""

import base64
import copy
import pickle
from pathlib import Path

import pytest
from doubles.requests import post

from asyncsm import errors
from asyncsm.emulator.persistence.database import UnusableDatabase
from asyncsm.engine import protocol
from asyncsm.models import LinuxConfigurationSet
from asyncsm.provisioning.expansion import TemplateError
from asyncsm.provisioning.plan import PlanError
from asyncsm.provisioning.problems import Problem
from asyncsm.provisioning.record import JournalError
from asyncsm.wire.http import HttpResponse
from asyncsm.wire.operations import Error
from asyncsm.wire.refusals import operation_failed

CONFLICT = "is held by x-ms-requestid 0123456789abcdef0123456789abcdef"


def failed(message=CONFLICT):
    return operation_failed("ConflictError", message, status=409, request_id="f" * 32, resource="PUT /x")


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
        lambda: PlanError([Problem(path=("services",), message="is no list")]),
        lambda: JournalError("shop.journal: is damaged"),
        lambda: TemplateError(("services", 0), "no such placeholder"),
        lambda: UnusableDatabase(Path("emulator.db"), "is another program's"),
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


class TestTexts:
    """What errors say in logs and on terminals."""

    @pytest.mark.parametrize(
        "forged",
        [
            "gone\n2026-01-01 asyncsm: all is well",
            "gone\r\nx",
            "gone\x1b[2Jx",
            "gone\u2028x",
            "gone\x85x",
            "\u202egone",
        ],
    )
    def test_an_error_is_one_line_that_can_be_printed(self, forged):
        """Line breaks and control characters of an answer or a file forge no line of a log."""
        for error in (
            errors.Conflict("ConflictError", forged, status=409),
            errors.Conflict(forged, "x", status=409),
            operation_failed("ConflictError", forged, status=409, request_id=None, resource=None),
            errors.ConnectionLost(forged),
            errors.CredentialError(forged),
            errors.UnexpectedPayload(forged),
            errors.OperationTimeout(forged),
        ):
            assert str(error).isprintable()
            assert "gone" in str(error)

    def test_an_error_is_bounded(self):
        """The facts at the end of a long message are still there, and the message itself is whole."""
        error = errors.BadRequest("BadRequest", "long " * 100_000, status=400, request_id="f" * 32)
        assert len(str(error)) < 1200
        assert str(error).endswith(f"(HTTP 400, request {'f' * 32})")
        assert len(error.message) == 500_000
        assert len(str(errors.ConnectionLost("x" * 10_000))) == 4000

    def test_plain_messages_stay_as_they_are(self):
        """Nothing is done to a short line."""
        assert str(errors.CredentialError("a  b: é")) == "a  b: é"

    @pytest.mark.parametrize(
        "secret", ["S3cret<&>1", "token=hunter2", base64.b64encode(b"token=hunter2").decode()]
    )
    def test_a_secret_that_the_service_repeats(self, secret):
        """A refusal that quotes the password or the custom data of the request shows neither."""
        body = LinuxConfigurationSet("host", "ada", "S3cret<&>1", custom_data="token=hunter2")
        for sent in (body, body.to_xml()):
            request = post("x", operation="AddRole", body=sent)
            answer = Error(code="BadRequest", message=f"The value '{secret}' is bad.").to_xml()
            for content in (answer, f"not XML: {secret}".encode()):
                error = protocol.service_error(HttpResponse(400, {}, content), request)
                assert secret not in str(error) + repr(error) + error.message


SIGNED = "https://account.blob.core.windows.net/c/a.vhd?sv=2014-02-14&sig=c2VjcmV0%2B%3D&se=2016-01-01"


@pytest.mark.parametrize(
    "error",
    [
        errors.InvalidArgument("media_link", f"{SIGNED!r} is not the URL of a blob"),
        errors.BadRequest("BadRequest", f"the blob <{SIGNED}> is not there", status=400),
        errors.ConnectionLost(f"{SIGNED}: reset"),
        failed(f"{SIGNED} cannot be read"),
        Problem(path=("disks", 0, "media_link"), message=f"{SIGNED!r} is not the URL of a blob"),
        PlanError([Problem(path=(), message=SIGNED)]),
    ],
)
def test_the_signature_of_a_url_does_not_show(error):
    """It is as good as a key to whoever reads the log."""
    assert "c2VjcmV0" not in str(error)
    assert "sv=2014-02-14&sig=...&se=2016-01-01" in str(error)

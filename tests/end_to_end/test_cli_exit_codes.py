"""The table of exit codes, which scripts rely on."""

import pytest

from asyncsm import errors
from asyncsm.cli.exit_codes import EXIT_CODES, exit_code, in_words
from asyncsm.wire.refusals import operation_failed


def refusal(kind):
    return kind(kind.__name__, "no", status=400)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuntimeError(), 1),
        (errors.UnexpectedPayload("odd"), 1),
        (errors.InvalidArgument("name", "rule"), 2),
        (refusal(errors.BadRequest), 2),
        (errors.CredentialError("no"), 3),
        (refusal(errors.Forbidden), 3),
        (refusal(errors.AuthenticationFailed), 3),
        (refusal(errors.ResourceNotFound), 4),
        (refusal(errors.Conflict), 5),
        (refusal(errors.ExclusiveAccess), 5),
        (refusal(errors.Throttled), 6),
        (refusal(errors.ServerBusy), 6),
        (refusal(errors.InternalError), 6),
        (errors.ConnectionFailed("no"), 7),
        (errors.AttemptTimeout("no"), 7),
        (errors.CertificateRejected("no"), 7),
        (operation_failed("Conflict", "no", status=409, request_id=None, resource=None), 8),
        (errors.StateUnreachable("no", "ProvisioningFailed"), 8),
        (errors.OperationTimeout("no"), 9),
        (errors.OutcomeUnknown("no", resource="POST /"), 10),
    ],
)
def test_each_class_of_errors_has_its_code(error, code):
    """Codes never change their meaning."""
    assert exit_code(error) == code


def test_several_errors_have_the_code_of_the_first():
    """Where things were done at once, the first failure decides."""
    group = ExceptionGroup("", [ExceptionGroup("", [refusal(errors.Conflict)]), RuntimeError()])

    assert exit_code(group) == 5


def test_all_codes_are_documented():
    """The words of the help have every code once, in order."""
    described = [part.split()[0] for part in in_words().removeprefix("Exit codes: ").split("; ")]

    assert described == [str(code) for code in sorted(each.code for each in EXIT_CODES)]

"""Tables of what the emulator refuses, at once or in the end."""

import pytest
from doubles.steps import walk


def refusals(rows, unchanged=""):
    """A test of rows of method, path, body, status, and words of the message; what `unchanged` shows stays."""

    @pytest.mark.parametrize(("method", "path", "body", "status", "words"), rows)
    async def test(management, method, path, body, status, words):
        before = await management.get(unchanged) if unchanged else None
        answer = await management.send(method, path, body)
        assert (answer.status, words in answer.message) == (status, True), answer.text
        assert before is None or (await management.get(unchanged)).text == before.text

    return test


def failures(rows):
    """A test of rows of method, path, body, code, and words of the message, of what is accepted and fails in the end."""

    @pytest.mark.parametrize(("method", "path", "body", "code", "words"), rows)
    async def test(management, method, path, body, code, words):
        ended = await walk(management, (method, path, body, words))
        assert ended.find_all("Code") == [code]

    return test

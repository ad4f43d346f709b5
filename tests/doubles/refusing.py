"""Tables of what the emulator refuses at once."""

import pytest


def refusals(rows, unchanged=""):
    """A test of rows of method, path, body, status, and words of the message; what `unchanged` shows stays."""

    @pytest.mark.parametrize(("method", "path", "body", "status", "words"), rows)
    async def test(management, method, path, body, status, words):
        before = await management.get(unchanged) if unchanged else None
        answer = await management.send(method, path, body)
        assert (answer.status, words in answer.message) == (status, True), answer.text
        assert before is None or (await management.get(unchanged)).text == before.text

    return test

"""Tables of what is asked of the emulator, one after the other, and of what it answers."""


async def walk(management, *steps):
    """Take steps of method, path, body and what is expected, waiting for the end of each change; return the last answer.

    Expected are elements by their names, with the text of the first or a list of all; or words of a refusal,
    that comes at once or in the end; or a status. A change of which nothing is expected succeeds. A step
    that sends nothing may leave the body out.
    """
    for step in steps:
        answer = await _taken(management, *step)
    return answer


async def _taken(management, method, path, body="", expected=None):
    if not isinstance(body, str):
        body, expected = "", body
    answer = await management.send(method, path, body)
    if method != "GET" and answer.status in {201, 202}:
        accepted = answer
        while (answer := await management.status_of(accepted)).find("Status") == "InProgress":
            management.clock.advance(60)
    if isinstance(expected, dict):
        assert shown(answer, expected) == expected, answer.text
    elif isinstance(expected, int):
        assert answer.status == expected, answer.text
    elif expected is not None:
        assert expected in (answer.find("Message") or ""), answer.text
    else:
        assert (answer.status, "<Status>Failed" in answer.text) == (200, False), answer.text
    return answer


def shown(answer, names):
    """The texts in an answer that `names` have a text or a list for."""
    return {
        name: answer.find_all(name) if isinstance(kind, list) else answer.find(name)
        for name, kind in names.items()
    }

"""What was there of the scheduler before a recording, as far as its answers show it."""

import json
import re
from collections.abc import Iterator

from doubles.bare_client import document
from doubles.recordings import Exchange

_PATH = re.compile(
    r"/cloudservices/+([^/]+)(?:/resources/scheduler(?:/~)?/jobcollections/+([^/]+)(/jobs)?)?", re.IGNORECASE
)
_NAMED = "<{0}>([^<]*)</{0}>"


def scheduled(said: list[Exchange]) -> Iterator[tuple[str, str]]:
    """Requests that make the cloud services, job collections and jobs that a recording reads and did not make."""
    answers = "".join(then.response_body.decode("utf-8-sig") for then in said)
    made = {then.path.lower() for then in said if then.method == "PUT" and then.request_body}
    known: set[str] = set()
    for then in said:
        found = _PATH.search(then.path)
        if found is None or then.status >= 300:
            continue
        service, collection, jobs = found.groups()
        at = f"cloudservices/{service}"
        wanted = [(at, _service(answers, service))]
        if collection:
            at = f"{at}/resources/scheduler/jobCollections/{collection}"
            wanted.append(
                (at, document("Resource", "<IntrinsicSettings><Plan>Standard</Plan></IntrinsicSettings>"))
            )
        if jobs:
            wanted += _jobs(at.replace("/jobCollections", "/~/jobCollections"), then)
        for path, body in wanted:
            if path not in known and not any(one.endswith(path.lower()) for one in made):
                known.add(path)
                yield path, body


def _service(answers: str, name: str) -> str:
    """Request of Create Cloud Service as it was read, or with the name for what was not told."""
    texts = [
        f"<{each}>{found[1] if (found := re.search(_NAMED.format(each), answers)) else usual}</{each}>"
        for each, usual in (("Label", name), ("Description", name), ("GeoRegion", "West US"))
    ]
    return document("CloudService", *texts)


def _jobs(at: str, then: Exchange) -> Iterator[tuple[str, str]]:
    """Requests that make the jobs of an answer, or the one whose history was read."""
    if then.method != "GET":
        return
    told = json.loads(then.response_body) if then.response_body else []
    for job in [told] if isinstance(told, dict) else told:
        if "id" in job:
            yield f"{at}/jobs/{job['id']}", json.dumps(job)
    name = re.search(r"/jobs/([^/]+)/history", then.path)
    if name:
        action = {"type": "http", "request": {"uri": "http://127.0.0.1/", "method": "GET"}}
        yield f"{at}/jobs/{name[1]}", json.dumps({"action": action, "state": "disabled"})

"""Whatever the scheduler was recorded to say, and was told, is modelled completely."""

import json
import re
from xml.etree import ElementTree as ET

from doubles.recordings import exchanges, recorded
from recorded.test_sql_databases import canonical

from asyncsm.wire import jobs, scheduler

RECORDINGS = recorded("scheduler/*.json")
DOCUMENTS = {
    "CloudServices": scheduler.CloudServices,
    "CloudService": scheduler.CloudService,
    "Resource": scheduler.JobCollection,
    "ResourceNameAvailabilityResponse": scheduler.ResourceNameAvailability,
}
REQUESTS = {"CloudService": scheduler.CreateCloudService, "Resource": scheduler.JobCollectionInput}


def read(exchange, body, kinds):
    """Read a body strictly; return it as a model, and as it was and is written in a form to compare."""
    if body.startswith(b"["):
        model = jobs.JobHistory if "/history" in exchange.path else jobs.Jobs
    elif body.startswith(b"{"):
        model = jobs.Job
    else:
        model = kinds[ET.fromstring(body).tag.rpartition("}")[2]]
        return canonical(model.from_xml(body, strict=True).to_xml()), canonical(body)
    # Python knows six digits of a second, and says that a moment is in UTC.
    written = model.from_body(body, strict=True).to_body()
    return tuple(
        re.sub(r"(:\d\d\.\d{6})\d?Z?", r"\1", json.dumps(json.loads(each), sort_keys=True))
        for each in (written, body)
    )


def test_documents_lose_nothing(conversation):
    """A document has nothing that its model does not know, and is written as it was read."""
    for exchange in exchanges(conversation):
        if "/cloudservices" not in exchange.path.lower():
            continue
        for body, kinds in ((exchange.request_body, REQUESTS), (exchange.response_body, DOCUMENTS)):
            if body:
                written, given = read(exchange, body, kinds)
                assert written == given, str(exchange)

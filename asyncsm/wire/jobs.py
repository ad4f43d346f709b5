"""Jobs of the scheduler, which are JSON: what they do, when, and what became of it."""

from pydantic import Field, JsonValue

from asyncsm.wire.json_model import JsonHidden, JsonList, JsonModel, JsonSecret, Moment
from asyncsm.wire.types import OpenEnum


class JobState(OpenEnum):
    """The state of a job."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    FAULTED = "faulted"
    COMPLETED = "completed"


class JobAuthentication(JsonModel):
    """The identity of a request: a name and password, a certificate, or an application of a directory."""

    type: str | None = None
    username: str | None = None
    password: JsonSecret | None = None
    pfx: JsonSecret | None = None
    certificate_thumbprint: str | None = None
    certificate_expiration: Moment | None = None
    certificate_subject_name: str | None = None
    secret: JsonSecret | None = None
    tenant: str | None = None
    audience: str | None = None
    client_id: str | None = None


class JobRequest(JsonModel):
    """The HTTP request that a job makes."""

    uri: str | None = None
    method: str | None = None
    headers: dict[str, JsonHidden] | None = None
    body: JsonHidden | None = None
    authentication: JobAuthentication | None = None


class StorageQueueMessage(JsonModel):
    """The message that a job puts into a storage queue."""

    storage_account: str | None = None
    queue_name: str | None = None
    sas_token: JsonSecret | None = None
    message: JsonHidden | None = None


class ServiceBusAuthentication(JsonModel):
    """The key with which a message is sent to Service Bus."""

    sas_key_name: str | None = None
    sas_key: JsonSecret | None = None
    type: str | None = None


class ServiceBusMessage(JsonModel):
    """The message that a job sends to a queue or topic of Service Bus."""

    queue_name: str | None = None
    topic_path: str | None = None
    namespace: str | None = None
    transport_type: str | None = None
    authentication: ServiceBusAuthentication | None = None
    message: JsonHidden | None = None
    brokered_message_properties: dict[str, JsonValue] | None = None
    custom_message_properties: dict[str, str] | None = None


class JobErrorAction(JsonModel):
    """The action of a job when its main one has failed."""

    request: JobRequest | None = None
    queue_message: StorageQueueMessage | None = None
    service_bus_topic_message: ServiceBusMessage | None = None
    service_bus_queue_message: ServiceBusMessage | None = None
    type: str | None = None
    """``http``, ``https``, ``storageQueue``, ``serviceBusQueue`` or ``serviceBusTopic``."""


class JobRetryPolicy(JsonModel):
    """How often a failed action is tried again, and after which pauses."""

    retry_type: str | None = None
    """``none`` or ``fixed``."""
    retry_interval: str | None = None
    """A time span such as ``00:00:30``."""
    retry_count: int | None = None


class JobAction(JobErrorAction):
    """The action of a job."""

    retry_policy: JobRetryPolicy | None = None
    error_action: JobErrorAction | None = None


class MonthlyOccurrence(JsonModel):
    """A day of the week in a month, such as the second Monday."""

    day: str | None = None
    occurrence: int | None = None
    """Counted from the end, if negative."""


class JobSchedule(JsonModel):
    """When in its periods a job runs."""

    minutes: list[int] | None = None
    hours: list[int] | None = None
    week_days: list[str] | None = None
    months: list[int] | None = None
    month_days: list[int] | None = None
    monthly_occurrences: list[MonthlyOccurrence] | None = None


class JobRecurrence(JsonModel):
    """How often a job runs."""

    frequency: str | None = None
    """``minute``, ``hour``, ``day``, ``week``, ``month`` or ``year``."""
    interval: int | None = None
    count: int | None = None
    end_time: Moment | None = None
    schedule: JobSchedule | None = None


class JobStatus(JsonModel):
    """How often a job has run, and when it runs next."""

    last_execution_time: Moment | None = None
    next_execution_time: Moment | None = None
    execution_count: int | None = None
    failure_count: int | None = None
    faulted_count: int | None = None


class Job(JsonModel):
    """A job; also the request that makes it."""

    id: str | None = None
    start_time: Moment | None = None
    action: JobAction | None = None
    recurrence: JobRecurrence | None = None
    state: JobState | None = None
    status: JobStatus | None = None


class Jobs(JsonList[Job]):
    """Reply of List Jobs."""

    items: list[Job] = Field(default_factory=list)


class JobStateInput(JsonModel):
    """Request that gives a job, or all jobs of a collection, another state."""

    state: JobState
    state_details: str | None = None


class JobHistoryItem(JsonModel):
    """The outcome of one action of a job."""

    job_id: str | None = None
    timestamp: Moment | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    state: JobState | None = None
    message: str | None = None
    status: str | None = None
    """``completed``, ``failed`` or ``postponed``."""
    action_name: str | None = None
    """``MainAction`` or ``ErrorAction``."""
    repeat_count: int | None = None
    retry_count: int | None = None


class JobHistory(JsonList[JobHistoryItem]):
    """Reply of Get Job History."""

    items: list[JobHistoryItem] = Field(default_factory=list)

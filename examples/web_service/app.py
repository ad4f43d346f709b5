"""A web service that carries out plans, streams how they get on, and survives its own restart.

    pip install asyncsm[plans] fastapi uvicorn
    python -m examples.web_service --emulator

and open http://127.0.0.1:8000/. The session is opened when the application starts; all plans share it.

    POST /plans               a plan as JSON, YAML or TOML, by content type: 202, or 422 with all problems
    GET /plans                all of them
    GET /plans/{id}           state, counts and resources
    GET /plans/{id}/events    server-sent events: a snapshot, then each step
    GET /plans/{id}/report    of the last run; ?format=html is a timeline
    POST /plans/{id}/apply    again: goes on, or mends what has changed since
    POST /plans/{id}/stop     begins nothing more
    DELETE /plans/{id}        removes what it has made (?disks=true: disks too), then forgets it

Refusals are problem details (RFC 9457). Settings are taken from the environment: AZURE_MANAGEMENT_*, as the
client reads them; PLANS_DIRECTORY, where plans, their journals and their files are; PLANS_EMULATOR, anything
for an emulator instead of the service; PLANS_HOSTS, names it may be called by, with commas.

Whoever reaches it may spend the subscription's money, and use the variables and files of this process in a
plan. It answers to this computer only; put what checks people in front of it before you let it out.
"""
# ruff: noqa: FAST003 - `plan_id` is the parameter of a dependency

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from asyncsm import AsyncsmError, ServiceManagementService
from asyncsm.emulator import Emulator, Quotas
from asyncsm.provisioning import PlanError, Report, Step
from asyncsm.provisioning.problems import dotted
from asyncsm.provisioning.reading import Form

from .models import Details, Summary
from .plans import Busy, KeptPlan, Plans, make_directory

STATIC = Path(__file__).with_name("static")
MOST_BYTES = 4 * 1024 * 1024
FORMS: Mapping[str, Form] = {
    "application/json": "json",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "application/toml": "toml",
}
POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"


@dataclass(frozen=True)
class Settings:
    """What can be chosen.

    Attributes:
        directory: where plans are kept.
        emulator: whether an emulator is started; what is in it is kept in the directory, too.
        hosts: names by which the service may be called, against pages that name it otherwise.
    """

    directory: Path = Path("plans")
    emulator: bool = False
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost")

    @classmethod
    def from_environment(cls) -> Settings:
        """Those of the environment."""
        return cls(
            directory=Path(os.environ.get("PLANS_DIRECTORY") or cls.directory),
            emulator=bool(os.environ.get("PLANS_EMULATOR")),
            hosts=tuple(filter(None, os.environ.get("PLANS_HOSTS", "").split(","))) or cls.hosts,
        )

    def connected(self) -> AbstractAsyncContextManager[ServiceManagementService]:
        """A client of the service the environment names, or of an emulator."""
        return emulated(self.directory) if self.emulator else ServiceManagementService()


@asynccontextmanager
async def emulated(directory: Path) -> AsyncIterator[ServiceManagementService]:
    """A client of an emulator that is twenty times as fast as the service, and remembers."""
    os.environ.setdefault("ADMIN_PASSWORD", f"{secrets.token_urlsafe(12)}aA1!")  # the page's example has it
    quotas = Quotas(cores=10_000, hosted_services=1000)
    async with (
        Emulator(clock=20, quotas=quotas, database=directory / "emulator.db") as emulator,
        emulator.service() as sms,
    ):
        yield sms


# What requests need.


def all_plans(request: Request) -> Plans:
    """Those of the application."""
    return request.app.state.plans


def one_plan(plan_id: str, plans: Annotated[Plans, Depends(all_plans)]) -> KeptPlan:
    """That of the path."""
    try:
        return plans[plan_id]
    except KeyError:
        raise HTTPException(404, f"there is no plan {plan_id}") from None


def from_our_page(sec_fetch_site: Annotated[str, Header()] = "none") -> None:
    """Other sites' pages may not change anything: this is no place they could log in to."""
    if sec_fetch_site not in {"none", "same-origin"}:
        raise HTTPException(403, "this is for the service's own page, and for programs")


ThePlans = Annotated[Plans, Depends(all_plans)]
ThePlan = Annotated[KeptPlan, Depends(one_plan)]

router = APIRouter()
changes = APIRouter(dependencies=[Depends(from_our_page)])


@router.get("/", include_in_schema=False)
async def page() -> FileResponse:
    return FileResponse(STATIC / "index.html", headers={"Content-Security-Policy": POLICY})


@router.get("/plans")
async def list_plans(plans: ThePlans) -> list[Summary]:
    return [kept.summary() for kept in plans]


@router.get("/plans/{plan_id}")
async def show_plan(kept: ThePlan) -> Details:
    return kept.details()


@router.get("/plans/{plan_id}/events", response_class=EventSourceResponse)
async def plan_events(kept: ThePlan) -> AsyncIterator[ServerSentEvent]:
    async for item in kept.feed.read():
        yield ServerSentEvent(data=item, event="step" if isinstance(item, Step) else "snapshot")


@router.get("/plans/{plan_id}/report", response_model=Report)
async def plan_report(kept: ThePlan, format: Literal["json", "html"] = "json") -> Report | Response:
    if kept.report is None:
        raise HTTPException(404, "no run of this plan has ended yet")
    return HTMLResponse(kept.report.timeline().page()) if format == "html" else kept.report


@changes.post("/plans", status_code=202)
async def post_plan(request: Request, response: Response, plans: ThePlans) -> Summary:
    kept = await plans.post(*await document(request))
    return accepted(kept, response)


@changes.post("/plans/{plan_id}/apply", status_code=202)
async def apply_plan(kept: ThePlan, response: Response) -> Summary:
    kept.start("apply")
    return accepted(kept, response)


@changes.post("/plans/{plan_id}/stop", status_code=202)
async def stop_plan(kept: ThePlan, response: Response) -> Summary:
    kept.stop()
    return accepted(kept, response)


@changes.delete("/plans/{plan_id}", status_code=202, responses={204: {"description": "It is forgotten"}})
async def delete_plan(
    kept: ThePlan, response: Response, plans: ThePlans, *, disks: bool = False
) -> Summary | None:
    if kept.removed and not kept.busy:
        plans.forget(kept)
        response.status_code = 204
        return None
    kept.start("destroy", disks=disks)
    return accepted(kept, response)


def accepted(kept: KeptPlan, response: Response) -> Summary:
    """The answer to what is done in the background."""
    response.headers["Location"] = f"/plans/{kept.id}"
    return kept.summary()


async def document(request: Request) -> tuple[bytes, Form]:
    """The body of a request, and what form of plan it is."""
    form = FORMS.get(request.headers.get("Content-Type", "").partition(";")[0].strip().lower())
    if form is None:
        raise HTTPException(415, f"a plan is one of {', '.join(FORMS)}")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            raise HTTPException(413, f"a plan has at most {MOST_BYTES} bytes")
    return bytes(content), form


# Refusals.


def problem(status: int, title: str, detail: str, **more: object) -> JSONResponse:
    """Problem details."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(content, status, media_type="application/problem+json")


async def refused(_: Request, error: AnyHTTPException) -> Response:
    return problem(error.status_code, "Refused", error.detail)


async def no_plan(_: Request, error: PlanError) -> Response:
    problems = [
        {"path": dotted(one.path), "message": one.message, "line": one.line, "column": one.column}
        for one in error.problems
    ]
    return problem(422, "This is no plan", f"{len(problems)} problems", problems=problems)


async def unusable(_: Request, error: AsyncsmError) -> Response:
    """A plan whose files cannot be used."""
    return problem(
        422, "This plan cannot be used", str(error), problems=[{"path": "", "message": str(error)}]
    )


async def busy(_: Request, error: Busy) -> Response:
    return problem(409, "Busy", f"the plan {error} is being carried out; stop it, or wait")


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application.

    Args:
        settings: those of the environment when it starts, if not given.
    """
    chosen = settings or Settings.from_environment()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        make_directory(chosen.directory)
        async with chosen.connected() as sms, Plans(chosen.directory, sms) as app.state.plans:
            yield

    app = FastAPI(
        title="Plans", lifespan=lifespan, docs_url=None, redoc_url=None
    )  # these fetch from the network
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(chosen.hosts))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(router)
    app.include_router(changes)
    for kind, handler in (
        (AnyHTTPException, refused),
        (PlanError, no_plan),
        (AsyncsmError, unusable),
        (Busy, busy),
    ):
        app.add_exception_handler(kind, handler)
    return app


app = create_app()

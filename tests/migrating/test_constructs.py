"""Single constructs of programs for the old SDK, and what they become."""

import textwrap

import pytest

from asyncsm import InvalidArgument
from asyncsm.migrating import migrate

HEAD = "from azure.servicemanagement import ServiceManagementService\n"


def converted(code, head=HEAD):
    """What a function body becomes that has a client `sms`; without its first lines."""
    body = textwrap.indent(textwrap.dedent(code), "    ")
    migration = migrate(f"{head}\n\ndef work(sms: ServiceManagementService, name):\n{body}")
    _, _, function = migration.code.partition("def work(sms: ServiceManagementService, name):\n")
    return textwrap.dedent(function), [note.text for note in migration.notes]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sms.list_disks()", "await sms.list_disks()"),
        ("sms.delete_disk(name)", "await sms.delete_disk(name)"),
        ("sms.delete_deployment(name, name)", "await (await sms.delete_deployment(name, name))"),
        (
            "unused = sms.delete_deployment(name, name)",
            "unused = await (await sms.delete_deployment(name, name))",
        ),
        ("return sms.delete_deployment(name, name)", "return await sms.delete_deployment(name, name)"),
        ("print(sms.get_disk(name).name)", "print((await sms.get_disk(name)).name)"),
        ("print(sms.list_disks()[0])", "print((await sms.list_disks())[0])"),
        ("print(f'{sms.get_disk(name)}')", "print(f'{await sms.get_disk(name)}')"),
        ("print(any(sms.get_disk(n) for n in name))", "print(any([await sms.get_disk(n) for n in name]))"),
        ("print(next(d for d in sms.list_disks()))", "print(next(d for d in await sms.list_disks()))"),
        (
            "keys = sms.get_storage_account_keys(name)\nprint(keys.storage_service_keys.primary)",
            "keys = await sms.get_storage_account_keys(name)\nprint(keys.storage_service_keys.primary.get_secret_value())",
        ),
        (
            "r = sms.delete_role(name, name, name)\nsms.wait_for_operation_status(r.request_id)",
            "r = await sms.delete_role(name, name, name)\nawait r",
        ),
        ("sms.wait_for_operation_status(name)", "await sms.resume(name)"),
        (
            "sms.wait_for_operation_status(name, timeout=60, sleep_interval=2)",
            "await sms.resume(name).wait(deadline=60)",
        ),
        ("sms.wait_for_operation_status(name, 'Succeeded', 60)", "await sms.resume(name).wait(deadline=60)"),
        (
            "sms.wait_for_operation_status(name, 'Failed')",
            "await sms.wait_for_operation_status(name, 'Failed')",
        ),
        (
            "sms.wait_for_operation_status(name, progress_callback=print)",
            "await sms.wait_for_operation_status(name, progress_callback=print)",
        ),
        (
            "while sms.get_operation_status(name).status == 'InProgress':\n    print('.', end='')",
            "await sms.resume(name)",
        ),
        (
            "while sms.get_operation_status(name).status != 'Succeeded':\n    print(name)",
            "while (await sms.get_operation_status(name)).status != 'Succeeded':\n    print(name)",
        ),
        (
            "for each in name:\n    sms = ServiceManagementService(each)\n    sms.list_disks()",
            "for each in name:\n    async with ServiceManagementService(each) as sms:\n        await sms.list_disks()",
        ),
        (
            "if sms.get_disk(name).attached_to is not None:\n    pass",
            "if (await sms.get_disk(name)).attached_to:\n    pass",
        ),
        (
            "return sms.get_disk(name).attached_to is None",
            "return (not (await sms.get_disk(name)).attached_to)",
        ),
        ("get = sms.get_disk\nprint(get(name))", "get = sms.get_disk\nprint(await get(name))"),
        (
            "for each in zip(name, (sms.get_disk(n) for n in name)):\n    pass",
            "for each in zip(name, [await sms.get_disk(n) for n in name]):\n    pass",
        ),
        (
            "print(next(sms.get_disk(n) for n in name))",
            "print(next(iter([await sms.get_disk(n) for n in name])))",
        ),
        (
            "yield from sms.list_disks()\nreturn None",
            "for each in await sms.list_disks():\n    yield each\nreturn",
        ),
        (
            "sms = ServiceManagementService() if name else ServiceManagementService(name)\nprint(sms)",
            "async with ServiceManagementService() if name else ServiceManagementService(name) as sms:\n    print(sms)",
        ),
        (
            "get = lambda one: sms.get_disk(one)\nprint(get(name).os)",
            "get = lambda one: sms.get_disk(one)\nprint((await get(name)).os)",
        ),
    ],
)
def test_what_it_becomes(old, new):
    """Nothing of it has to be looked at by a person."""
    assert converted(old) == (new, [])


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "print(sorted(name, key=lambda one: sms.get_disk(one).name))",
            "a lambda cannot await: make it a function",
        ),
        ("print(map(sms.get_disk, name))", "map and filter do not await: write a comprehension with await"),
        ("name.register(sms.list_disks)", "whoever calls list_disks has to await it"),
        ("getattr(sms, name)()", "if this changes something, await the handle that comes back, too"),
        ("print(vars(sms.get_disk(name)))", "models have model_dump() instead of vars()"),
        (
            "r = sms.delete_role(name, name, name)\nprint(sms.get_operation_status(r.request_id).status)",
            "nothing waits for the end of this: await r where it matters",
        ),
        (
            "def inner(disks=sms.list_disks()):\n    pass",
            "nothing can be awaited here: do this in a function",
        ),
        (
            "yield sms.list_disks()\nreturn name",
            "an asynchronous generator cannot return a value: it is left out",
        ),
        (
            "print(ServiceManagementService().list_disks())",
            "nothing opens and closes this client: make it in async with ... as",
        ),
        (
            "sms.set_proxy(name)",
            "clients have no set_proxy: host, timeout, ca_file and proxy are given when one is made",
        ),
        (
            "from threading import Thread\none = Thread(target=sms.list_disks)\nprint(one.is_alive())",
            "tasks have no is_alive: ask whether they are done(), or await them",
        ),
        (
            "from concurrent import futures\nwith futures.ThreadPoolExecutor() as pool:\n    futures.wait({pool.submit(sms.get_disk)})",
            "this waits for futures, and pools give tasks now: wait for those with asyncio",
        ),
        ("name.sms = ServiceManagementService()", None),
        (
            "ServiceManagementService('', '', '', name)",
            "there is no request_session: ca_file, proxy and trust_env do its work",
        ),
    ],
)
def test_what_is_marked(code, told):
    """A comment before the statement, and a line of the list, say what cannot be decided."""
    new, notes = converted(code)
    if told is None:
        assert notes == []
        return
    assert told in notes
    assert f"# asyncsm: {told}\n" in new


def test_callers_become_asynchronous_up_to_the_first():
    """A function that only sleeps does so for all others, too, where an asynchronous one calls it."""
    old = """\
        import sys
        import time
        from azure.servicemanagement import ServiceManagementService

        def pause():
            time.sleep(1)

        def read(client):
            pause()
            return client.list_disks()

        def untouched():
            return 1

        def main(arguments):
            client = ServiceManagementService(*arguments)
            print(len(read(client)), untouched())

        if __name__ == '__main__':
            sys.exit(main(sys.argv))
        """
    new = """\
        import asyncio
        import sys
        from asyncsm import ServiceManagementService

        async def pause():
            await asyncio.sleep(1)

        async def read(client):
            await pause()
            return await client.list_disks()

        def untouched():
            return 1

        async def main(arguments):
            async with ServiceManagementService(*arguments) as client:
                print(len(await read(client)), untouched())

        if __name__ == '__main__':
            sys.exit(asyncio.run(main(sys.argv)))
        """
    assert migrate(textwrap.dedent(old)).code == textwrap.dedent(new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (  # a context manager that awaits, together with one that does not
            """
            @contextmanager
            def service(sms: ServiceManagementService):
                sms.create_hosted_service('a', 'a', location='b')
                yield sms

            def work(sms: ServiceManagementService):
                with open('x') as file, service(sms) as one:
                    one.list_disks()
            """,
            """
            @contextlib.asynccontextmanager
            async def service(sms: ServiceManagementService):
                await sms.create_hosted_service('a', 'a', location='b')
                yield sms

            async def work(sms: ServiceManagementService):
                with open('x') as file:
                    async with service(sms) as one:
                        await one.list_disks()
            """,
        ),
        (  # a class made of a client
            """
            class Mine(ServiceManagementService):
                def list_disks(self):
                    return super().list_disks()[1:]

                def count(self):
                    return len(self.list_disks()) + len(self.list_locations())

            def work():
                mine = Mine()
                return mine.count()
            """,
            """
            class Mine(ServiceManagementService):
                async def list_disks(self):
                    return (await super().list_disks())[1:]

                async def count(self):
                    return len(await self.list_disks()) + len(await self.list_locations())

            async def work():
                async with Mine() as mine:
                    return await mine.count()
            """,
        ),
        (  # functions of which one is chosen, and a client that is an attribute of something unknown
            """
            def one(args):
                return args.sms.list_disks()

            def other(args):
                return [args]

            COMMANDS = {'one': one, 'other': other}

            def work(args: dict):
                return len(COMMANDS[args.name](args))
            """,
            """
            async def one(args):
                return await args.sms.list_disks()

            async def other(args):
                return [args]

            COMMANDS = {'one': one, 'other': other}

            async def work(args: dict):
                return len(await COMMANDS[args.name](args))
            """,
        ),
        (  # a class that is entered, and methods whose names are texts
            """
            class Service:
                def __init__(self, sms: ServiceManagementService):
                    self.sms = sms

                def __enter__(self):
                    return self.sms

                def __exit__(self, *error):
                    self.sms.delete_hosted_service('a')

            def work(sms: ServiceManagementService):
                with Service(sms) as one:
                    call = getattr(one, 'list_disks')
                    return len(call())
            """,
            """
            class Service:
                def __init__(self, sms: ServiceManagementService):
                    self.sms = sms

                async def __aenter__(self):
                    return self.sms

                async def __aexit__(self, *error):
                    await (await self.sms.delete_hosted_service('a'))

            async def work(sms: ServiceManagementService):
                async with Service(sms) as one:
                    call = getattr(one, 'list_disks')
                    return len(await call())
            """,
        ),
        (  # a client that only others use
            """
            def work(other):
                sms = ServiceManagementService()
                other(sms)

            def run(other):
                return work(other)
            """,
            """
            async def work(other):
                async with ServiceManagementService() as sms:
                    other(sms)

            async def run(other):
                return await work(other)
            """,
        ),
    ],
)
def test_what_functions_and_classes_become(old, new):
    """Nothing of it has to be changed by a person."""
    migration = migrate(f"from contextlib import contextmanager\n{HEAD}{textwrap.dedent(old)}")
    assert migration.code.endswith(textwrap.dedent(new))
    assert all("is taken for a" in note.text for note in migration.notes)


@pytest.mark.parametrize(
    ("imported", "caught", "new"),
    [
        ("from azure.common import AzureHttpError", "AzureHttpError", "ServiceError"),
        ("from azure.common import AzureMissingResourceHttpError as Gone", "Gone", "Gone"),
        ("from azure import WindowsAzureConflictError", "WindowsAzureConflictError", "Conflict"),
        ("from azure import *", "WindowsAzureError", "AsyncsmError"),
        ("import azure.common", "azure.common.AzureException", "asyncsm.AsyncsmError"),
        (
            "from azure.servicemanagement import AzureAsyncOperationHttpError",
            "AzureAsyncOperationHttpError",
            "(OperationFailed, OperationTimeout)",
        ),
        (
            "from azure.common import AzureHttpError\nfrom azure.storage.blob import BlockBlobService",
            "AzureHttpError",
            "(ServiceError, AzureHttpError)",
        ),
    ],
)
def test_errors_have_their_new_names(imported, caught, new):
    """Those that a library for storage raises as well are caught as before, too."""
    code, notes = converted(f"try:\n    sms.list_disks()\nexcept {caught}:\n    pass", f"{HEAD}{imported}\n")
    assert code == f"try:\n    await sms.list_disks()\nexcept {new}:\n    pass"
    assert notes == []


def test_a_client_that_outlives_its_function_is_told_of():
    """Where nothing tells when it is no longer needed, it is marked."""
    migration = migrate(
        f"{HEAD}sms = None\n\ndef connect():\n    global sms\n    sms = ServiceManagementService()\n"
    )
    assert [(note.line, note.text) for note in migration.notes] == [
        (6, "nothing closes this client: await its close() when it is no longer needed")
    ]


def test_a_name_is_taken_for_a_client_by_its_methods():
    """A module of functions that others call has no client of its own; the list says what was assumed."""
    migration = migrate(
        f"{HEAD}\ndef names(connection):\n    return [d.name for d in connection.list_disks()]\n"
    )
    assert "async def names(connection)" in migration.code
    assert "in await connection.list_disks()" in migration.code
    assert [note.text for note in migration.notes] == [
        "connection is taken for a ServiceManagementService, as its methods are called"
    ]


def test_what_a_library_calls_is_marked():
    """A thread does not await its run."""
    migration = migrate(
        f"import threading\n{HEAD}\nclass Work(threading.Thread):\n    def run(self):\n"
        "        with ServiceManagementService() as sms:\n            sms.list_disks()\n"
    )
    told = "Thread does not await what it calls, and run has to be awaited now"
    assert [note.text for note in migration.notes] == [told]
    assert f"# asyncsm: {told}\nclass Work" in migration.code


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        (
            "class Work(Thread):\n    sms = None\n    #",
            {4: "Thread does not await what it calls, and run has to be awaited now"},
        ),
        (
            "class Base(Thread):\n    pass\nclass Work(Base):\n    #",
            {6: "Thread does not await what it calls, and run has to be awaited now"},
        ),
        (
            "class Mixed:\n    #\nclass Work(Mixed, Thread):\n    pass",
            {8: "Thread does not await what it calls, and run has to be awaited now"},
        ),
        (
            "class Outer:\n    class Work(Thread):\n        #\nclass Other:\n    class Work(Thread):\n        pass",
            {5: "Thread does not await what it calls, and run has to be awaited now"},
        ),
        (
            "class Work(with_metaclass(type, Thread)):\n    #",
            {4: "with_metaclass does not await what it calls, and run has to be awaited now"},
        ),
        (
            "class Work(TestCase):\n    #\n    def tearDown(self):\n        self.run()",
            {4: "TestCase does not await what it calls, and run, tearDown have to be awaited now"},
        ),
        ("class Work(Exception):\n    #", {}),
        ("class Outer:\n    class Work(object):\n        #\nOuter.Work().run()", {}),
    ],
)
def test_methods_that_a_library_may_call(classes, told):
    """A class says so whose base is not of the script, wherever it stands, and so do those that are made of it."""
    at = " " * (8 if "    class" in classes else 4)
    run = f"def run(self):\n{at}    with ServiceManagementService() as sms:\n{at}        sms.list_disks()"
    migration = migrate(
        f"from threading import Thread\nfrom unittest import *\n{HEAD}{classes.replace('#', run)}\n"
    )
    assert {note.line: note.text for note in migration.notes} == told
    assert "async def run(self)" in migration.code
    assert ("await Outer.Work().run()" in migration.code) is ("Outer.Work()" in classes)


@pytest.mark.parametrize(
    "body",
    [
        "disks = sms.list_disks()",
        "own = sms\n    names = [disk.name for disk in own.list_disks()]",
        "def load():\n        return sms.list_disks()\n    disks = load()",
        "def method(self, disks=sms.list_disks()):\n        pass",
        "for disk in found():\n        print(disk)",
        "disks = list(found())",
        "one = Read().disks",
        "class Within:\n        disks = sms.list_disks()",
    ],
)
def test_the_body_of_a_class_cannot_await(body):
    """What would have to be awaited in it is marked, by whatever name it is there."""
    head = (
        f"{HEAD}sms = ServiceManagementService()\n\n\ndef found():\n    for disk in sms.list_disks():\n"
        "        yield disk\n\n\nclass Read:\n    @property\n    def disks(self):\n        return sms.list_disks()\n\n\n"
    )
    migration = migrate(f"{head}class Sizes:\n    {body}\n")
    told = "# asyncsm: nothing can be awaited here: do this in a function\n"
    assert migration.code.partition("class Sizes:")[2].count(told) == 1


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("name.register(lambda: sms.list_disks())", ["whoever calls this lambda has to await it"]),
        ("get = lambda: sms.list_disks()\nprint(get())", []),
    ],
)
def test_lambdas_that_are_handed_on(code, told):
    """As with functions that have a name, whoever gets it has to await what it returns."""
    assert converted(code)[1] == told


def test_a_thread_that_runs_a_lambda():
    """The lambda is called, and its result is the task's."""
    code, _ = converted(
        "import threading\nthread = threading.Thread(target=lambda: sms.list_disks())\nthread.start()\nthread.join()"
    )
    assert "thread = asyncio.create_task((lambda: sms.list_disks())())\nawait thread" in code


def test_classes_that_seem_to_be_bases_of_each_other():
    """A class that is defined anew is taken for the later one; that ends, too."""
    code = "class B:\n    pass\nclass A(B):\n    def x(self):\n        sms.list_disks()\nclass B(A):\n    pass\nB().x()\n"
    assert "await B().x()" in migrate(f"{HEAD}sms = ServiceManagementService()\n{code}").code


def test_what_is_no_client_is_left_alone():
    """A method of the same name of something else is not awaited."""
    code, _ = converted("import shelf\nother = shelf.Shelf()\nother.list_disks()\nsms.list_disks()")
    assert "\nother.list_disks()\nawait sms.list_disks()" in code


def test_programs_that_do_not_use_the_old_sdk_stay_what_they_are():
    """Not a character changes, whatever they call."""
    code = "import time\n\n\ndef f(sms):\n    time.sleep(1)   \n    sms.list_disks()\n"
    assert migrate(code).code == code


def test_what_asyncsm_does_not_have_stays_and_is_marked():
    """The import of it stays, with a comment; another conversion adds no second one."""
    once = migrate(
        "from azure.servicemanagement import Nothing, ServiceManagementService\n\nprint(Nothing)\n"
    )
    assert once.code == (
        "from asyncsm import ServiceManagementService\n"
        "# asyncsm: asyncsm has no Nothing\n"
        "from azure.servicemanagement import Nothing\n\nprint(Nothing)\n"
    )
    assert migrate(once.code).code == once.code


def test_no_program_is_broken_in_silence():
    """Where what it becomes is not Python, that is told."""
    (note,) = migrate(
        f"{HEAD}def work(sms: ServiceManagementService):\n    x = yield from sms.list_disks()\n"
    ).notes
    assert note.text == "line 3 of what this becomes is not yet Python: 'yield from' inside async function"


def test_python_2_is_told_of():
    """Which line it is, and what helps."""
    with pytest.raises(InvalidArgument, match=r"^script: line 2 is not Python 3; 2to3, "):
        migrate(f"{HEAD}print 'hello'\n")


@pytest.mark.parametrize(
    "code", ["x = " + "(" * 300 + ")" * 300, "x = " + "-" * 100_000 + "1"], ids=["brackets", "signs"]
)
def test_what_is_nested_without_end_is_told(code):
    """Reading it would end the process."""
    with pytest.raises(InvalidArgument, match="script: its expressions are too deeply nested"):
        migrate(code)

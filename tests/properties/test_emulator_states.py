"""Any sequence of operations leaves the emulator consistent, and the client sees the same state."""

import asyncio
import contextlib

from doubles.kept import kept, lasting
from doubles.loopback import SUBSCRIPTION, Loopback
from doubles.samples import blob, cscfg
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from asyncsm import (
    LanePolicy,
    LinuxConfigurationSet,
    ManagementSession,
    OSVirtualHardDisk,
    ServiceError,
    ServiceManagementService,
)
from asyncsm.emulator.catalogue import platform_images, role_size

SERVICES = st.sampled_from(["alpha", "alpha", "beta"])
DEPLOYMENTS = st.sampled_from(["blue", "blue", "green"])
SLOTS = st.sampled_from(["production", "staging"])
MACHINES = st.sampled_from(["web1", "web2"])
ACCOUNTS = st.sampled_from(["firststore", "secondstore"])
SIZES = st.sampled_from(["Small", "Medium", "Large"])
BLOBS = st.sampled_from(["a.vhd", "b.vhd", "c.vhd", "d.vhd"])
IMAGE = next(image.name for image in platform_images().values() if image.os == "Linux")


class Changes:
    """Counts what a database hears of: a state that has changed without a word would be lost in a crash."""

    def __init__(self, database):
        self.count = 1
        self.seen = 0
        for name in ("changed", "put", "dropped", "scheduled", "happened"):
            setattr(database, name, self._counting(getattr(database, name)))

    def _counting(self, hear):
        def heard(*what):
            self.count += 1
            hear(*what)

        return heard

    def any_since(self):
        """Whether there were any since this was asked for the last time."""
        before, self.seen = self.seen, self.count
        return before != self.count


class Subscription(RuleBasedStateMachine):
    """Calls in any order, some of them senseless; refusals are answers too."""

    @initialize()
    def begin(self):
        self.runner = asyncio.Runner()
        self.world = Loopback(cores=12, hosted_services=2)
        self.stack = contextlib.ExitStack()
        self.kept = self.stack.enter_context(kept(self.world._world))
        self.changes = Changes(self.kept.keeper._database)
        # Lanes would wait for operations that end only when this test lets time pass.
        lanes = LanePolicy(enabled=False, patience=0)
        self.sms = ServiceManagementService(
            session=ManagementSession(SUBSCRIPTION, transport=self.world, lanes=lanes)
        )
        self.handles = []
        # What everything else stands on; left to chance, few sequences would get to the rest.
        for name in ("firststore", "secondstore"):
            self.create_storage_account(name)
        self.do(self.sms.create_hosted_service("alpha", "alpha", location="West US"))
        self.world.clock.advance(100)

    def teardown(self):
        with contextlib.suppress(AttributeError):
            self.runner.run(self.sms.session.close())
            self.runner.close()
            self.stack.close()

    def do(self, coroutine):
        async def attempt():
            with contextlib.suppress(ServiceError):
                self.handles.append(await coroutine)

        self.runner.run(attempt())

    @rule(seconds=st.sampled_from([10, 100, 1000]))
    def time_passes(self, seconds):
        self.world.clock.advance(seconds)

    @rule()
    def more_time_passes(self):
        self.world.clock.advance(200)

    @rule(name=ACCOUNTS)
    def create_storage_account(self, name):
        self.do(self.sms.create_storage_account(name, None, name, location="West US"))

    @rule(name=SERVICES)
    def create_hosted_service(self, name):
        self.do(self.sms.create_hosted_service(name, name, location="West US"))

    @rule(name=SERVICES, account=ACCOUNTS, complete=st.booleans())
    def delete_what_others_stand_on(self, name, account, complete):
        self.do(self.sms.delete_hosted_service(name, complete))
        self.do(self.sms.delete_storage_account(account))

    @rule(
        service=SERVICES,
        name=DEPLOYMENTS,
        slot=SLOTS,
        account=ACCOUNTS,
        web=st.integers(1, 3),
        start=st.booleans(),
    )
    def create_deployment(self, service, name, slot, account, web, start):
        package = blob(account, "packages/shop.cspkg")
        self.do(self.sms.create_deployment(service, slot, name, package, name, cscfg(web=web), start))

    @rule(service=SERVICES, name=DEPLOYMENTS, web=st.integers(1, 4))
    def change_configuration(self, service, name, web):
        self.do(self.sms.change_deployment_configuration(service, name, cscfg(web=web)))

    @rule(service=SERVICES, name=DEPLOYMENTS, status=st.sampled_from(["Running", "Suspended"]))
    def update_status(self, service, name, status):
        self.do(self.sms.update_deployment_status(service, name, status))

    @rule(service=SERVICES, production=st.none() | DEPLOYMENTS, source=DEPLOYMENTS)
    def swap(self, service, production, source):
        self.do(self.sms.swap_deployment(service, production, source))

    @rule(service=SERVICES, name=DEPLOYMENTS, media=st.booleans())
    def delete_deployment(self, service, name, media):
        self.do(self.sms.delete_deployment(service, name, media))

    @rule(service=SERVICES, deployment=DEPLOYMENTS, name=MACHINES, account=ACCOUNTS, vhd=BLOBS, size=SIZES)
    def have_machine(self, service, deployment, name, account, vhd, size):
        self.do(
            self.sms.ensure_virtual_machine(
                service,
                deployment,
                name,
                LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False),
                OSVirtualHardDisk(IMAGE, blob(account, vhd)),
                role_size=size,
            )
        )

    @rule(service=SERVICES, deployment=DEPLOYMENTS, name=MACHINES, cascade=st.booleans())
    def delete_machine(self, service, deployment, name, cascade):
        self.do(self.sms.delete_virtual_machine(service, deployment, name, cascade=cascade))

    @rule(
        service=SERVICES,
        deployment=DEPLOYMENTS,
        name=MACHINES,
        action=st.sampled_from(["start", "restart", "Stopped", "StoppedDeallocated"]),
    )
    def switch_machine(self, service, deployment, name, action):
        if action == "start":
            self.do(self.sms.start_role(service, deployment, name))
        elif action == "restart":
            self.do(self.sms.restart_role(service, deployment, name))
        else:
            self.do(self.sms.shutdown_role(service, deployment, name, action))

    @rule(
        service=SERVICES,
        deployment=DEPLOYMENTS,
        name=MACHINES,
        lun=st.integers(0, 2),
        account=ACCOUNTS,
        vhd=BLOBS,
    )
    def add_data_disk(self, service, deployment, name, lun, account, vhd):
        self.do(
            self.sms.add_data_disk(
                service, deployment, name, lun, media_link=blob(account, vhd), logical_disk_size_in_gb=5
            )
        )

    @rule(service=SERVICES, deployment=DEPLOYMENTS, name=MACHINES, lun=st.integers(0, 2), media=st.booleans())
    def delete_data_disk(self, service, deployment, name, lun, media):
        self.do(self.sms.delete_data_disk(service, deployment, name, lun, media))

    @rule(media=st.booleans(), data=st.data())
    def delete_disk(self, media, data):
        names = sorted(self.world.subscription.disks)
        if names:
            self.do(self.sms.delete_disk(data.draw(st.sampled_from(names)), media))

    @invariant()
    def disks_are_attached_once(self):
        if not hasattr(self, "world"):
            return
        held = []
        for service in self.world.subscription.hosted_services.values():
            for deployment in service.deployments.values():
                for role in deployment.roles.values():
                    held += [disk for disk in [role.os_disk, *role.data_disks] if disk is not None]
        assert len({id(disk) for disk in held}) == len(held), "a disk has two machines"
        for disk in held:
            assert self.world.subscription.disks[disk.name] is disk, "a machine has a disk nobody registered"
            assert disk.attached_to is not None
        links = [disk.media_link for disk in self.world.subscription.disks.values()]
        assert len(set(links)) == len(links), "two disks have one blob"

    @invariant()
    def cores_are_counted(self):
        if not hasattr(self, "world"):
            return
        subscription = self.world.subscription
        counted = sum(
            deployment.cores
            for service in subscription.hosted_services.values()
            for deployment in service.deployments.values()
        )
        assert subscription.cores_in_use == counted
        assert 0 <= counted <= subscription.quotas.cores

    @invariant()
    def locks_belong_to_what_is_under_way(self):
        if not hasattr(self, "world"):
            return
        for service in self.world.subscription.hosted_services.values():
            for one in (service, *service.deployments.values()):
                assert one.lock is None or one.lock.completed is None

    @rule(seconds=st.sampled_from([10, 100, 5000]))
    def a_crash_loses_nothing(self, seconds):
        """Once saved, everything is in the file, and nothing else; also what happens after a crash."""
        self.kept.keeper.save()
        with self.kept.after_crash() as restarted:
            assert lasting(restarted.document()) == lasting(self.kept.document())
            restarted.world.clock.advance(seconds)
            restarted.keeper.save()
            with restarted.after_crash() as again:
                assert lasting(again.document()) == lasting(restarted.document())

    @rule(seconds=st.sampled_from([10, 100, 5000]))
    def a_snapshot_has_the_same_future(self, seconds):
        """Told a snapshot, another emulator says the same, now and after some time."""
        other = self.kept.told()
        assert other.document() == self.kept.document()
        self.world.clock.advance(seconds)
        other.world.clock.advance(seconds)
        assert other.document() == self.kept.document()

    @invariant()
    def the_client_sees_the_same(self):
        # Most steps are refused; what the client would see then, it has seen after the step before.
        if not hasattr(self, "world") or not self.changes.any_since():
            return

        async def look():
            counts = await self.sms.get_subscription()
            services = await self.sms.list_hosted_services()
            accounts = await self.sms.list_storage_accounts()
            read = [
                await self.sms.get_hosted_service_properties(each.service_name, True) for each in services
            ]
            return counts, services, accounts, read

        counts, services, accounts, read = self.runner.run(look())
        assert counts.current_hosted_services == len(services) == len(self.world.subscription.hosted_services)
        assert counts.current_storage_accounts == len(accounts)
        assert counts.current_core_count == self.world.subscription.cores_in_use
        for service in read:
            kept = self.world.subscription.hosted_services[service.service_name]
            assert [each.name for each in service.deployments] == [
                each.name for each in kept.deployments.values()
            ]
            assert len({each.deployment_slot for each in service.deployments}) == len(service.deployments)
            for deployment in service.deployments:
                inside = kept.deployments[deployment.name]
                assert deployment.status == inside.status
                assert {
                    each.instance_name: each.instance_status for each in deployment.role_instance_list
                } == {each.name: each.status for each in inside.instances.values()}

    @rule()
    def everything_comes_to_an_end(self):
        """After enough time every accepted operation has ended, and nothing is locked."""
        self.world.clock.advance(5000)

        async def ends():
            for handle in self.handles:
                if not handle.done:
                    assert await handle.refresh() != "InProgress", handle
            self.handles.clear()

        self.runner.run(ends())
        for service in self.world.subscription.hosted_services.values():
            assert service.lock is None
            assert all(deployment.lock is None for deployment in service.deployments.values())


assert role_size("Small") is not None
TestSubscription = Subscription.TestCase
TestSubscription.settings = settings(max_examples=50, stateful_step_count=50)

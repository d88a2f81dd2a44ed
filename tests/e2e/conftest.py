"""Fixtures: every test gets servers and carriers of its own, and each of them must stop cleanly."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from godwit import Godwit, Simulator  # noqa: E402 (the path comes first)
from hep import Carrier, ClosedPort, Webhook  # noqa: E402
from robase import Project  # noqa: E402
from robase_peers import Receiver, Upstream  # noqa: E402


@pytest.fixture
def new_server(tmp_path):
    """new_server(hep={"server": "x"}) starts one more server in a folder of its own."""
    servers = []

    def start(**sections):
        folder = tmp_path / f"godwit{len(servers)}"
        folder.mkdir(mode=0o700)
        server = Godwit(folder, **sections)
        servers.append(server)
        return server.start()

    yield start
    stop_all(servers)


@pytest.fixture
def server(new_server):
    """One server with the configuration that tests use."""
    return new_server()


@pytest.fixture
def simulator(tmp_path):
    """simulator(**options) starts a simulated carrier; its .address is HOST:PORT."""
    carriers = []

    def start(**options):
        carrier = Simulator(tmp_path, f"simulate{len(carriers)}", **options)
        carriers.append(carrier)
        return carrier

    yield start
    stop_all(carriers)


def stop_all(processes):
    """Stops every one, also after one that did not stop cleanly, and then says so."""
    failures = []
    for process in reversed(processes):
        try:
            process.stop()
        except AssertionError as failure:
            failures.append(str(failure))
    assert not failures, "\n".join(failures)


@pytest.fixture
def new_carrier(tmp_path):
    """new_carrier(receipt_ms=0) starts a simulated carrier whose log is read."""
    carriers = []

    def start(**options):
        options.setdefault("receipt_ms", 5)
        carrier = Carrier(tmp_path, f"carrier{len(carriers)}", **options)
        carriers.append(carrier)
        return carrier

    yield start
    stop_all(carriers)


@pytest.fixture
def carrier(new_carrier, server):
    """One carrier that takes and delivers everything that the server sends."""
    return new_carrier().serve(server)


@pytest.fixture
def web_server():
    """web_server(Webhook, status=500) starts one, and stops it when the test is over."""
    web_servers = []

    def start(kind, **options):
        web_servers.append(kind(**options))
        return web_servers[-1]

    yield start
    stop_all(web_servers)


@pytest.fixture
def webhook(web_server):
    """webhook(status=500) starts a customer's web server that answers so."""
    return lambda **options: web_server(Webhook, **options)


@pytest.fixture
def receiver(web_server):
    """receiver(status=500) starts a receiver of Robase's webhooks."""
    return lambda **options: web_server(Receiver, **options)


@pytest.fixture
def upstream(web_server):
    """upstream(name="beem", status=502) starts a provider that is reached over HTTP."""
    return lambda **options: web_server(Upstream, **options)


@pytest.fixture
def new_project(new_server, new_carrier):
    """new_project(wallet=300) is a Robase project on a server of its own whose calls are not counted,
    with a carrier that takes and delivers everything, and whose options are `carrier`. Without one
    (carrier=None) the test connects providers itself."""
    def start(carrier=(), sections=(), **settings):
        server = new_server(**{"robase": {"rate": 0}, **dict(sections)})
        project = Project(server, **settings)
        if carrier is not None:
            project.carrier = new_carrier(**dict(carrier)).serve(server)
        return project
    return start


@pytest.fixture
def project(new_project):
    """The project of the contract's checks."""
    return new_project()


@pytest.fixture
def closed_port():
    """HOST:PORT where connections are refused."""
    port = ClosedPort()
    yield port.address
    port.stop()

"""Fixtures: every test gets servers and carriers of its own, and each of them must stop cleanly."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from godwit import Godwit, Simulator  # noqa: E402 (the path comes first)
from hep import Carrier, ClosedPort, Webhook  # noqa: E402


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
def webhook():
    """webhook(status=500) starts a customer's web server that answers so."""
    webhooks = []

    def start(**options):
        webhooks.append(Webhook(**options))
        return webhooks[-1]

    yield start
    stop_all(webhooks)


@pytest.fixture
def closed_port():
    """HOST:PORT where connections are refused."""
    port = ClosedPort()
    yield port.address
    port.stop()

"""The end-to-end harness against a program that only pretends to be Godwit."""
import importlib.util
import pathlib

import pytest

HERE = pathlib.Path(__file__).resolve().parent


def load(name):
    spec = importlib.util.spec_from_file_location(name, HERE.parent / f"e2e/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


harness = load("godwit")
harness.BINARY = HERE / "fake_godwit.py"
harness.START_TIMEOUT_S = 10


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """fake(answer="...") starts a server whose FAKE_ variables say so."""
    started = []

    def start(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(f"FAKE_{name.upper()}", value)
        server = harness.Godwit(tmp_path, hep={"server": "Team Hydra"})
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.kill()


def test_a_server_starts_answers_and_stops(fake):
    server = fake(answer="HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    assert server.http("GET", "/").json() == {}
    server.stop()
    assert server.start().http("POST", "/", body={"a": 1}).status == 200


def test_the_configuration_is_the_one_for_tests(fake):
    server = fake()
    assert server.config.read_text() == (
        "[server]\nlisten = 127.0.0.1:0\n"
        f"control = {server.folder}/control.sock\ntest_clock = on\n"
        f"[store]\nurl = sqlite:{server.folder}/godwit.db\n"
        "[webhook]\nallow_private = on\n"
        "[hep]\nserver = Team Hydra\n")


UNCLEAN = {  # what the program does at its end, what the failure says
    "a bad exit status": ({"status": "3"}, "exit status 3"),
    "an address sanitizer's report": ({"err": "==1==ERROR: AddressSanitizer: x"}, "AddressSanitizer"),
    "a leak": ({"err": "==1==ERROR: LeakSanitizer: detected memory leaks"}, "LeakSanitizer"),
    "undefined behaviour": ({"err": "a.c:1:2: runtime error: x"}, "runtime error"),
}


@pytest.mark.parametrize("what", UNCLEAN)
def test_an_unclean_end_is_a_failure(what, fake):
    variables, said = UNCLEAN[what]
    server = fake(**variables)
    with pytest.raises(AssertionError, match=said):
        server.stop()


def test_a_program_that_ended_by_itself_is_a_failure(fake):
    server = fake()
    server.process.popen.kill()
    with pytest.raises(AssertionError, match="exit status -9"):
        server.stop()


FIRST_LINES = {"another first line": "hello\n", "no first line": ""}


@pytest.mark.parametrize("what", FIRST_LINES)
def test_a_start_without_its_line_is_a_failure(what, fake):
    with pytest.raises(AssertionError, match="expected listening"):
        fake(first=FIRST_LINES[what])


def test_a_command_is_run_with_the_configuration_and_parsed(fake):
    server = fake()
    assert server.cli("credit", "show", 7) == [
        "-c", str(server.config), "credit", "show", "7", "--json"]
    assert "credit" in server.command("credit").stdout


def test_a_refused_command_is_a_failure_unless_expected(fake, monkeypatch):
    server = fake()
    monkeypatch.setenv("FAKE_STATUS", "1")
    monkeypatch.setenv("FAKE_ERR", "no such account")
    with pytest.raises(harness.Refused, match="no such account"):
        server.cli("credit", "show", 7)
    assert server.command("credit", status=1).stderr == "no such account"


def test_a_simulator_takes_options_and_tells_its_address(tmp_path):
    carrier = harness.Simulator(tmp_path, receipt_delay=2, trx=True)
    assert carrier.popen.args[1:] == ["simulate", "--port", "0", "--receipt-delay", "2", "--trx"]
    assert carrier.address.startswith("127.0.0.1:")
    carrier.stop()


ANSWERS = {  # the bytes of a response, its body
    "by length": ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", b"abc"),
    "chunked": ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", b"abc0123456789"),
    "to the end": ("HTTP/1.1 200 OK\r\n\r\nabc", b"abc"),
    "none": ("HTTP/1.1 204 No Content\r\n\r\n", b""),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_body_is_read(kind, fake):
    answer, body = ANSWERS[kind]
    assert fake(answer=answer).http("GET", "/").body == body


def test_pipelined_responses_come_one_by_one(fake):
    one = "HTTP/1.1 {} X\r\nContent-Length: 1\r\n\r\nx"
    server = fake(answer="HTTP/1.1 100 Continue\r\n\r\n" + one.format(200) + one.format(404))
    with server.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\n\r\n")
        assert [connection.response().status for _ in range(3)] == [100, 200, 404]
        assert connection.closed()


def test_a_response_cut_short_is_a_failure(fake):
    server = fake(answer="HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
    with pytest.raises(AssertionError, match="1 of 9"):
        server.http("GET", "/")
    with pytest.raises(AssertionError, match="without an answer"):
        fake(answer="").http("GET", "/")


def test_waiting_gives_the_answer_or_says_what_it_waited_for():
    answers = iter([None, 0, "yes"])
    assert harness.wait_for(lambda: next(answers)) == "yes"
    with pytest.raises(AssertionError, match="in vain for snow"):
        harness.wait_for(lambda: False, 0.05, "snow")

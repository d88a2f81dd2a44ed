"""Check 32 of the Robase contract: how many calls a second a key may make to one endpoint."""
import time

import pytest

from robase import NG, Project, answered, assert_error

BURST = 10


@pytest.fixture
def slow(new_project):
    """Ten calls at once and then one a second: no call of these tests takes so long."""
    return new_project(sections={"robase": {"rate": 1, "burst": BURST}})


def use_up(project, key=None):
    for _ in range(BURST):
        answered(project.get("/sms", key=key), 200)


def assert_limited(answer):
    error = assert_error(answer, "rate_limit_exceeded")
    assert answer.headers["retry-after"] == "1"
    assert error["message"] == "rate limit exceeded"


def test_check_32_the_eleventh_call_is_one_too_many(slow):
    use_up(slow)
    assert_limited(slow.get("/sms"))
    answered(slow.get("/sms-templates"), 200)  # another endpoint still answers
    answered(slow.send(), 202)
    answered(slow.get("/sms", key=slow.test), 200)  # and so does another key


def test_check_32_ten_a_second_is_the_default(new_server):
    project = Project(new_server())
    request = (f"GET /v1/sms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {project.key}\r\n\r\n"
               .encode())
    count = 40
    with project.server.connect() as connection:
        start = time.monotonic()
        connection.send(request * count)
        answers = [connection.response() for _ in range(count)]
        took = time.monotonic() - start
    assert [answer.status for answer in answers[:BURST]] == [200] * BURST
    passed = sum(answer.status == 200 for answer in answers)
    assert passed <= BURST + 10 * took + 1
    if took < 2:
        assert_limited(next(answer for answer in answers if answer.status != 200))


def test_calls_come_back_with_time(slow):
    use_up(slow)
    assert_limited(slow.get("/sms"))
    slow.advance(3600)
    use_up(slow)  # the burst, however long nobody called
    assert_limited(slow.get("/sms"))


def test_a_batch_is_one_call(slow):
    for _ in range(BURST):
        assert slow.batch(*[{"to": NG, "body": "x"}] * 20, key=slow.test).status == 200
    assert_limited(slow.batch({"to": NG, "body": "x"}, key=slow.test))


def test_a_call_that_is_one_too_many_does_nothing_and_is_not_remembered(slow):
    for _ in range(BURST):
        assert_error(slow.send("0803"), "phone_invalid", "to")  # calls that fail count
    assert_limited(slow.send(once="k1"))
    slow.assert_untouched()
    slow.advance(60)
    answer = slow.send(once="k1")
    assert "idempotent-replay" not in answer.headers
    answered(answer, 202)


def test_a_replay_counts(slow):
    first = slow.send(once="k1")
    for _ in range(BURST - 1):
        assert slow.send(once="k1").body == first.body
    assert_limited(slow.send(once="k1"))


def test_the_key_is_looked_at_before_and_its_permission_after(slow):
    for _ in range(BURST):
        assert_error(slow.get("/sms", key=slow.sending), "permission_error")
    assert_limited(slow.get("/sms", key=slow.sending))
    for _ in range(BURST + 1):
        assert_error(slow.get("/sms", key="nope"), "authentication_error")


def test_the_messages_of_one_endpoint_share_a_limit(slow):
    idents = [slow.accepted(key=slow.test)["id"] for _ in range(3)]
    for i in range(BURST):
        answered(slow.get(f"/sms/{idents[i % 3]}", key=slow.test), 200)
    assert_limited(slow.get(f"/sms/{idents[0]}", key=slow.test))


def test_zero_is_no_limit(project):
    for _ in range(3 * BURST):
        answered(project.get("/sms"), 200)

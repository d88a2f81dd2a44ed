"""tools/test: what it counts, and that no way of failing is lost."""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools/test"


def load():
    loader = importlib.machinery.SourceFileLoader("runner", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("runner", loader))
    sys.modules["runner"] = module  # dataclasses look their module up
    loader.exec_module(module)
    return module


RUNNER = load()

TWO_GOOD = """[==========] Running 2 test(s).
[ RUN      ] one_is_one
[       OK ] one_is_one
[ RUN      ] two_is_two
output of the code under test [       OK ] two_is_two
[==========] 2 test(s) run.
"""
ONE_BAD = """[==========] group: Running 3 test(s).
[ RUN      ] one_is_one
[       OK ] one_is_one
[ RUN      ] two_is_three
[  FAILED  ] two_is_three
[ RUN      ] later
[  SKIPPED ] later
[==========] group: 3 test(s) run.
"""
CRASHED = """[==========] Running 3 test(s).
[ RUN      ] one_is_one
[       OK ] one_is_one
[ RUN      ] reads_past_the_end
"""

PROGRAMS = {  # what the program printed, what meson says of it, passed, failed, skipped
    "every case passes": (TWO_GOOD, "OK", 2, 0, 0),
    "a case fails and one is skipped": (ONE_BAD, "FAIL", 1, 1, 1),
    "two groups in one program": (TWO_GOOD + ONE_BAD, "FAIL", 3, 1, 1),
    "a crash in a case": (CRASHED, "FAIL", 1, 1, 0),
    "a crash in the first group's last case": (CRASHED + TWO_GOOD, "FAIL", 3, 1, 0),
    "an exit(0) in a case": (CRASHED, "OK", 1, 1, 0),
    "an exit(0) between the cases": (TWO_GOOD.replace("Running 2", "Running 3"), "OK", 2, 1, 0),
    "a leak found after the last case": (TWO_GOOD, "FAIL", 2, 1, 0),
    "a timeout after the last case": (TWO_GOOD, "TIMEOUT", 2, 1, 0),
    "not cmocka, good": ("hello\n", "OK", 1, 0, 0),
    "not cmocka, bad": ("", "ERROR", 0, 1, 0),
    "not cmocka, timeout": ("", "TIMEOUT", 0, 1, 0),
    "not cmocka, skipped": ("", "SKIP", 0, 0, 1),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_counted_case_by_case(name):
    output, result, passed, failed, skipped = PROGRAMS[name]
    count = RUNNER.count_program({"name": "x", "result": result, "stdout": output})
    assert (count.passed, count.failed, count.skipped) == (passed, failed, skipped)
    assert len(count.failures) == failed


JUNIT = """<testsuites><testsuite tests="4">
<testcase classname="a" name="good"/>
<testcase classname="a" name="bad"><failure message="no"/></testcase>
<testcase classname="a" name="teardown"><error message="left over"/></testcase>
<testcase classname="a" name="later"><skipped/></testcase>
</testsuite></testsuites>"""

REPORTS = {  # pytest's report, its exit status, passed, failed
    "good, bad, broken and skipped": (JUNIT, 1, 1, 2),
    "nothing was collected": ("<testsuites><testsuite/></testsuites>", 5, 0, 1),
    "no report": (None, 2, 0, 1),
    "half a report": ("<testsuites>", 3, 0, 1),
    "a good report and a bad status": (
        '<testsuites><testsuite><testcase name="x"/></testsuite></testsuites>', 3, 1, 1),
}


@pytest.mark.parametrize("name", REPORTS)
def test_pytest_is_counted_by_its_report(name, tmp_path):
    report, status, passed, failed = REPORTS[name]
    path = tmp_path / "report.xml"
    if report is not None:
        path.write_text(report)
    count = RUNNER.count_junit(path, status)
    assert (count.passed, count.failed) == (passed, failed)


def runner(tmp_path, records, python_test="def test_x():\n    assert True\n", meson_status=0,
           ninja_status=0):
    """tools/test with a `make`, a `ninja` and a `meson` that only pretend."""
    commands = tmp_path / "bin"
    (tmp_path / "build/meson-logs").mkdir(parents=True)
    (tmp_path / "py").mkdir()
    commands.mkdir()
    (tmp_path / "log").write_text("".join(
        record if isinstance(record, str) else json.dumps(record) + "\n" for record in records))
    (tmp_path / "py/test_x.py").write_text(python_test)
    for name, body in {
        "make": "exit 0",
        "ninja": f"exit {ninja_status}",
        "meson": f"cp {tmp_path}/log {tmp_path}/build/meson-logs/testlog.json; exit {meson_status}",
    }.items():
        (commands / name).write_text(f"#!/bin/sh\n{body}\n")
        (commands / name).chmod(0o755)
    done = subprocess.run(
        [SCRIPT, "--build", tmp_path / "build", tmp_path / "py"], capture_output=True, text=True,
        env={**os.environ, "PATH": f"{commands}:{os.environ['PATH']}"}, check=False)
    return done.returncode, done.stdout.splitlines()[-1]


GOOD = {"name": "a", "result": "OK", "stdout": TWO_GOOD}
BAD = {"name": "b", "result": "FAIL", "stdout": ONE_BAD}
FAILING_TEST = "def test_x():\n    assert False\n"


def test_the_last_line_is_the_total(tmp_path):
    assert runner(tmp_path, [GOOD]) == (0, "3 passed, 0 failed")


def test_pytest_runs_after_a_failure_of_meson(tmp_path):
    assert runner(tmp_path, [GOOD, BAD], meson_status=1) == (1, "4 passed, 1 failed")


def test_a_failure_of_pytest_is_a_failure(tmp_path):
    assert runner(tmp_path, [GOOD], FAILING_TEST) == (1, "2 passed, 1 failed")


def test_a_broken_build_runs_nothing_and_fails(tmp_path):
    assert runner(tmp_path, [GOOD], ninja_status=1) == (1, "0 passed, 1 failed")


def test_a_meson_that_fails_without_a_word_is_a_failure(tmp_path):
    assert runner(tmp_path, [], meson_status=2) == (1, "1 passed, 1 failed")


def test_a_log_that_breaks_off_is_a_failure(tmp_path):
    assert runner(tmp_path, [GOOD, '{"name": "a", "res'], meson_status=1) == (1, "3 passed, 1 failed")


def test_nothing_at_all_is_a_failure(tmp_path):
    assert runner(tmp_path, [], "# empty\n")[0] == 1

"""tools/deps: what it finds missing, told by commands that only pretend to be dpkg and sudo."""
import os
import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools/deps"
BUILD = ("gcc libc6-dev meson ninja-build pkg-config libuv1-dev libhttp-parser-dev libyajl-dev libssl-dev "
         "libsodium-dev libsqlite3-dev libcurl4-openssl-dev libinih-dev").split()


def deps(tmp_path, installed, *groups):
    """The exit status, what it said, and what it asked root to install."""
    commands = tmp_path / "bin"
    commands.mkdir()
    listing = "".join(f"{state} {name}\\n" for name, state in installed.items())
    for name, body in {
        "dpkg-query": f"printf '{listing}'; exit 1",  # as for names that dpkg never heard of
        "id": "echo 1000",
        "sudo": f'while [ "$1" != --install ]; do shift; done; shift; echo "$@" >{tmp_path}/asked',
    }.items():
        (commands / name).write_text(f"#!/bin/sh\n{body}\n")
        (commands / name).chmod(0o755)
    done = subprocess.run([SCRIPT, *groups], capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": f"{commands}:{os.environ['PATH']}"})
    asked = tmp_path / "asked"
    return done.returncode, done.stdout + done.stderr, asked.read_text().split() if asked.exists() else []


def all_installed(*names):
    return dict.fromkeys(names, "installed")


CASES = {  # what dpkg knows, what is asked for
    "nothing is missing": (all_installed(*BUILD), []),
    "the other one of two alternatives will do":
        (all_installed(*BUILD[:6], "libllhttp-dev", *BUILD[7:]), []),
    "neither alternative is there":
        (all_installed(*BUILD[:6], *BUILD[7:]), ["libllhttp-dev|libhttp-parser-dev"]),
    "one was removed and left its configuration":
        ({**all_installed(*BUILD), "gcc": "config-files", "meson": "unpacked"}, ["gcc", "meson"]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_missing_is_asked_for(name, tmp_path):
    installed, asked = CASES[name]
    assert deps(tmp_path, installed, "build") == (0, "", asked)


def test_groups_add_up(tmp_path):
    asked = deps(tmp_path, all_installed(*BUILD), "build", "start")[2]
    assert asked == ["make", "git"]


@pytest.mark.parametrize("groups", [(), ("nonsense",)])
def test_wrong_usage_is_refused(groups, tmp_path):
    status, said, asked = deps(tmp_path, {}, *groups)
    assert (status, asked) == (2, []) and "build" in said

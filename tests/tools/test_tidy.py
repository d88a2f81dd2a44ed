"""tools/tidy: every rule finds its bad sample, at the right line, and leaves good code alone."""
import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools/tidy"
HEADER = "/* A sample. */\n#pragma once\n"


def tidy(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = subprocess.run([SCRIPT, "--root", root], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == (1 if done.stdout else 0)
    return done.stdout.splitlines()


def function(name, lines):
    return f"int {name}(int a,\n{' ' * 8}int b)\n{{\n" + "    a++;\n" * (lines - 4) + "}\n"


# The folders' headers that the include rules are tried against.
HEADERS = {f"src/{name}": HEADER for name in (
    "base/buf.h", "wire/json.h", "core/ledger.h", "store/store.h", "store/sqlite/page.h",
    "net/loop.h", "edge/reply.h", "edge/hep/hep.h", "edge/robase/robase.h", "cli/cli.h")}

INCLUDES = {  # file: what it may include, what it may not
    "src/base/x.c": ("base/buf.h", "wire/json.h"),
    "src/wire/x.c": ("base/buf.h wire/json.h", "core/ledger.h net/loop.h"),
    "src/core/x.c": ("base/buf.h wire/json.h core/ledger.h store/store.h",
                     "store/sqlite/page.h net/loop.h edge/reply.h"),
    "src/store/sqlite/x.c": ("base/buf.h wire/json.h core/ledger.h store/store.h "
                             "store/sqlite/page.h", "net/loop.h edge/reply.h cli/cli.h"),
    "src/net/x.c": ("base/buf.h net/loop.h", "wire/json.h core/ledger.h"),
    "src/edge/hep/x.c": ("base/buf.h wire/json.h core/ledger.h net/loop.h edge/reply.h store/store.h "
                         "edge/hep/hep.h", "edge/robase/robase.h cli/cli.h"),
    "src/edge/x.c": ("edge/reply.h net/loop.h store/store.h", "edge/hep/hep.h store/sqlite/page.h"),
    "src/cli/x.c": ("store/sqlite/page.h edge/hep/hep.h cli/cli.h", ""),
    "src/main.c": ("store/sqlite/page.h edge/hep/hep.h cli/cli.h", ""),
}


@pytest.mark.parametrize("name", INCLUDES)
def test_a_folder_includes_only_what_lies_below_it(name, tmp_path):
    good, bad = (headers.split() for headers in INCLUDES[name])
    source = "".join(f'#include "{header}"\n' for header in good + bad)
    found = tidy(tmp_path, {**HEADERS, name: source})
    assert [line.split(" may not include ")[0].split(":")[:2] for line in found] == [
        [name, str(len(good) + i)] for i in range(1, len(bad) + 1)]
    assert [line.split('"')[1] for line in found] == bad


SYSTEM_HEADERS = {  # header: the files that may include it, and those that may not
    "uv.h": ("src/net/x.c", "src/edge/hep/x.c"),
    "pthread.h": ("src/base/lock.c", "src/base/x.c"),
    "curl/curl.h": ("src/net/x.c", "src/cli/x.c"),
    "sys/socket.h": ("src/net/x.c", "src/main.c"),
    "sqlite3.h": ("src/store/sqlite/x.c", "src/core/x.c"),
    "yajl/yajl_parse.h": ("src/wire/json_read.c", "src/wire/form.c"),
    "sodium.h": ("src/wire/sign.c", "src/base/x.c"),
    "string.h": ("src/base/x.c", None),
}


@pytest.mark.parametrize("header", SYSTEM_HEADERS)
def test_a_library_belongs_to_one_folder(header, tmp_path):
    good, bad = SYSTEM_HEADERS[header]
    source = f"#include <{header}>\n"
    assert tidy(tmp_path, {good: source}) == []
    if bad:
        found = tidy(tmp_path, {bad: source})
        assert found and all(line.startswith(f"{bad}:1: <{header}>") for line in found)


ONE_FILE = {  # the rule: the file, its text, the finding (None: none)
    "an include that is no file of src":
        ("src/core/x.c", '\n#include "gone.h"\n',
         'src/core/x.c:2: "gone.h" is no file of src/ (includes are relative to src/)'),
    "malloc":
        ("src/core/x.c", "\nvoid *p = malloc (4);\n",
         "src/core/x.c:2: malloc() is banned: use base/mem.h or an arena"),
    "malloc in base": ("src/base/mem.c", "void *p = malloc(4);\n", None),
    "malloc in net":
        ("src/net/x.c", "void *p = malloc(4);\n",
         "src/net/x.c:1: malloc() is banned: use base/mem.h or an arena"),
    "sprintf":
        ("src/edge/hep/x.c", 'sprintf(a, "x");\n',
         "src/edge/hep/x.c:1: sprintf() is banned: use base/buf.h or snprintf"),
    "gmtime":
        ("src/core/x.c", "gmtime(&t);\n", "src/core/x.c:1: gmtime() is banned: use base/clock.h"),
    "time(NULL)":
        ("src/core/x.c", "t = time(NULL);\n",
         "src/core/x.c:1: time() is banned: use the clock that was passed in"),
    "names that only look banned":
        ("src/core/x.c", "snprintf(a); gmtime_r(a); p->time(0); mem_malloc(4); int rand;\n", None),
    "banned names in comments and strings":
        ("src/core/x.c", '/* malloc(4) */ const char *a = "gets(\\")"; // strcpy(a, b)\n', None),
    "a header without pragma":
        ("src/core/x.h", "/* Nothing. */\n", "src/core/x.h:1: no #pragma once"),
    "a header that does not stand alone":
        ("src/core/x.h", HEADER + "size_t x_count(void);\n",
         "src/core/x.h:3: does not compile alone: unknown type name 'size_t'"),
    "a function of 70 lines": ("src/core/x.c", function("x", 70), None),
    "a function of 71 lines":
        ("src/core/x.c", "\n" + function("x", 71), "src/core/x.c:2: x: 71 lines, 70 allowed"),
    "a table of 80 lines":
        ("src/core/x.c", "int a[] = {\n" + "    1,\n" * 78 + "};\n", None),
    "a function around a table of 80 rows":
        ("src/core/x.c", function("x", 69).replace(
            "{\n", "{\n    static const int rows[] = {\n" + "        1,\n" * 79 + "    };\n"), None),
    "a function of 71 lines around a table":
        ("src/core/x.c", function("x", 70).replace(
            "{\n", "{\n    static const int rows[] = {\n" + "        1,\n" * 79 + "    };\n"),
         "src/core/x.c:1: x: 71 lines, 70 allowed"),
    "a file of 500 lines": ("tests/e2e/x.py", "#\n" * 500, None),
    "a file of 501 lines":
        ("tests/e2e/x.py", "#\n" * 501, "tests/e2e/x.py:1: 501 lines, 500 allowed"),
    "a generated table of 600 lines":
        ("src/wire/phone_table.h",
         "/* Written by a program; do not edit. */\n#pragma once\n" + "\n" * 600, None),
    "a table that was written by hand":
        ("src/wire/pdu_table.h", HEADER + "\n" * 600,
         "src/wire/pdu_table.h:1: 602 lines, 500 allowed"),
    "an exception without a reason":
        ("tools/tidy.allow", "src/x.c 600\n",
         "tools/tidy.allow:1: a line is: file[:function] ceiling reason"),
    "an exception that nothing needs":
        ("tools/tidy.allow", "# why\n\nsrc/x.c 600 it is one table\n",
         "tools/tidy.allow:3: src/x.c needs no exception any more"),
    "a link to nowhere":
        ("docs/x.md", "# X\n[a](x.md) [b](gone.md)\n",
         "docs/x.md:2: the link gone.md leads nowhere"),
    "a link to no heading":
        ("docs/x.md", "# One `word`\n[a](#one-word)\n[b](x.md#two)\n",
         "docs/x.md:3: x.md has no heading #two"),
    "links that are code or leave the project":
        ("docs/x.md", "`a[0](b)` [a](https://example.com/#x)\n```\n[b](gone.md)\n```\n", None),
    "a path of one machine":
        ("docs/x.md", "see\n/ho" + "me/somebody/x\n",
         "docs/x.md:2: /ho" + "me/: an absolute path of one machine"),
    "paths that only look like one": ("docs/x.md", "a/home/b, ~/mnt/c and https://x/home/\n", None),
    "the host of a registry":
        ("docs/x.md", "https://registry" + ".npmjs.org/\n",
         "docs/x.md:1: registry" + ".npm: the host of a package registry"),
    "a lock file with hosts":
        ("web/package-lock.json", '{\n"resolved": "https://example.com/a.tgz"\n}\n',
         "web/package-lock.json:2: a lock file names no registry"),
}


@pytest.mark.parametrize("rule", ONE_FILE)
def test_the_rule_on(rule, tmp_path):
    name, text, finding = ONE_FILE[rule]
    assert tidy(tmp_path, {name: text}) == ([finding] if finding else [])


def test_an_exception_raises_the_ceiling_and_no_more(tmp_path):
    allow = "src/core/x.c:x 75 it reads better whole\nsrc/core/y.c 600 one table\n"
    files = {"tools/tidy.allow": allow, "src/core/x.c": function("x", 75),
             "src/core/y.c": "\n" * 600}
    assert tidy(tmp_path, files) == []
    files["src/core/x.c"] = function("x", 76)
    assert tidy(tmp_path, files) == ["src/core/x.c:1: x: 76 lines, 75 allowed"]

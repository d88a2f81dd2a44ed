#!/usr/bin/python3
"""A whole session of our SMPP client with an SMSC of other hands, checked on both sides.

Usage: check.py smpp_session trx|tx+rx COMMAND... (the SMSC, whose first line tells its port)
"""
import json
import subprocess
import sys

LONG = ("one " + "".join(str(i % 10) for i in range(2, 151)) + " two "
        + "".join(str(i % 10) for i in range(2, 146)) + " three "
        + "".join(str(i % 10) for i in range(5, 31)) + ".")
TEXTS = ["Hello @ $ _ £ € [a] é", "Привет", "whale \U0001F433 whale", LONG, "too fast"]
# The GSM default alphabet of the first one (3GPP TS 23.038 6.2.1), by hand.
GSM = bytes.fromhex("48656c6c6f 20 00 20 02 20 11 20 01 20 1b65 20 1b3c 61 1b3e 20 05")


def expected_submits():
    """Each segment as (number, sender, its ton and npi, data_coding, esm_class, user data)."""
    rows = [
        ("447700900001", "Godwit", 5, 0, 0, 0, GSM),
        ("447700900002", "447700900777", 1, 1, 8, 0, TEXTS[1].encode("utf-16-be")),
        ("447700900003", "32323", 0, 1, 8, 0, TEXTS[2].encode("utf-16-be")),
    ]
    parts = [LONG[i:i + 153] for i in range(0, len(LONG), 153)]
    assert len(parts) == 3
    for number, part in enumerate(parts, 1):
        header = bytes([5, 0, 3, 0x43, len(parts), number])
        rows.append(("447700900004", "Godwit", 5, 0, 0, 0x40, header + part.encode("ascii")))
    rows.append(("447700900058", "Godwit", 5, 0, 0, 0, b"too fast"))
    return rows


INBOUND = {
    "node": [
        ("Hello Godwit", 0, 1, 1), ("at @ pound £ euro €", 0, 1, 1), ("café ü", 0, 1, 1),
        ("Привет \U0001F433", 0, 1, 1), ("one ", 0x77, 2, 1), ("two", 0x77, 2, 2),
        ("three", 513, 3, 3),
    ],
    "perl": [("Hello @ £ €", 0, 1, 1), ("Привет \U0001F433", 0, 1, 1), ("two", 0x77, 2, 2)],
}


def check_submits(kind, lines):
    submits = [line for line in lines if line["pdu"] == "submit_sm"]
    rows = expected_submits()
    assert len(submits) == len(rows), submits
    # The segments of one message keep their order; so do messages, on one session.
    for line, (number, sender, ton, npi, coding, esm_class, octets) in zip(submits, rows):
        assert line["destination_addr"] == number, line
        assert (line["dest_addr_ton"], line["dest_addr_npi"]) == (1, 1), line
        assert line["source_addr"] == sender, line
        assert (line["source_addr_ton"], line["source_addr_npi"]) == (ton, npi), line
        assert line["data_coding"] == coding, line
        assert line["esm_class"] == esm_class, line
        assert line["registered_delivery"] == 1, line
        if "data" in line:
            assert bytes.fromhex(line["data"]) == octets, line
    if kind == "node":  # it has read the texts by itself
        assert [line["text"] for line in submits[:3]] == TEXTS[:3], submits
        assert "".join(line["text"] for line in submits[3:6]) == LONG, submits
        for number, line in enumerate(submits[3:6], 1):
            assert any(element.endswith(f"4303{number:02x}") for element in line["udh"]), line


def check_server(kind, bind, lines):
    binds = sorted(line["pdu"] for line in lines if line["pdu"].startswith("bind"))
    wanted = ["bind_transceiver"] if bind == "trx" else ["bind_receiver", "bind_transmitter"]
    assert binds == wanted, binds
    for line in lines:
        if line["pdu"].startswith("bind"):
            assert (line["system_id"], line["password"]) == ("godwit", "secret"), line
            assert line["interface_version"] == 0x34, line
    check_submits(kind, lines)
    names = [line["pdu"] for line in lines]
    responses = [line for line in lines if line["pdu"] in ("deliver_sm_resp", "data_sm_resp")]
    assert len(responses) == 6 + len(INBOUND[kind]), responses
    assert all(line["status"] == 0 and not line.get("message_id") for line in responses)
    assert "enquire_link_resp" in names and "enquire_link" in names, names
    assert names.count("unbind") == len(wanted), names
    assert "error" not in names, lines


def check_client(kind, lines):
    events = {}
    for line in lines:
        events.setdefault(line["event"], []).append(line)
    assert all(line["good"] for line in events["received"] + events["sent"]), events
    assert lines[-1]["event"] == "drained", lines[-1]
    assert [line["sessions"] for line in events["link"]] == [1, 0], events["link"]
    answers = events["answer"]
    assert [line["state"] for line in answers if line["message"] == 5] == ["throttled"], answers
    assert [line["status"] for line in answers if line["message"] == 5] == [0x58], answers
    taken = [line["id"] for line in answers if line["state"] == "taken"]
    assert len(taken) == len(set(taken)) == 6, answers
    receipts = events["receipt"]
    assert sorted(line["id"] for line in receipts) == sorted(taken), receipts
    assert all(line["state"] == "DELIVRD" for line in receipts), receipts
    inbound = [(line["text"], line["reference"], line["total"], line["number"])
               for line in events["inbound"]]
    assert inbound == INBOUND[kind], inbound
    for line in events["inbound"]:
        assert (line["source"], line["destination"]) == ("447700900042", "32323"), line


def main():
    client, bind, *command = sys.argv[1:]
    kind = "node" if command[-1].endswith(".js") else "perl"
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port = json.loads(server.stdout.readline())["port"]
        ours = subprocess.run(
            [client, f"127.0.0.1:{port}", bind, "6", str(len(INBOUND[kind]))],
            stdout=subprocess.PIPE, text=True, timeout=60)
        if ours.returncode != 0:
            server.kill()
        theirs = server.communicate(timeout=30)[0]
    finally:
        server.kill()
        server.wait()
    sys.stdout.write(ours.stdout)
    sys.stdout.write(theirs)
    assert ours.returncode == 0, f"smpp_session: {ours.returncode}"
    assert server.returncode == 0, f"the SMSC: {server.returncode}"
    check_client(kind, [json.loads(line) for line in ours.stdout.splitlines()])
    check_server(kind, bind, [json.loads(line) for line in theirs.splitlines()])


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Shows our PDUs to tshark and compares what it decodes with what we meant.

usage: check.py SAMPLES TEXT2PCAP TSHARK

Octets are compared, not texts: tshark prints a surrogate pair as two replacement characters, and
shows bytes that are no UTF-8 in its own way.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

# One octet of ours that tshark splits; the masks come with its answer.
SPLIT = {
    "esm_class": ["esm.submit.msg_mode", "esm.submit.msg_type", "esm.submit.features"],
    "registered_delivery": ["regdel.receipt", "regdel.acks", "regdel.notif"],
}
# Optional parameters that it shows under another name.
RENAMED = {
    "sc_interface_version": "SC_interface_version",
    "alert_on_message_delivery": "alert_on_message_delivery_null",
}
# Those that it splits into several: their octets are compared as a whole only.
PARTS = {
    "ms_msg_wait_facilities",
    "callback_num_pres_ind",
    "network_error_code",
    "its_session_info",
}


class Sample:
    def __init__(self, label, octets):
        self.label = label
        self.octets = bytes.fromhex(octets)
        self.numbers = {}
        self.texts = {}
        self.tlvs = []


def read_samples(program):
    samples = []
    lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    for line in lines.splitlines():
        kind, *words = line.split("\t")
        if kind == "sample":
            samples.append(Sample(*words))
        elif kind in ("number", "text"):
            name, octets = words
            fields = samples[-1].numbers if kind == "number" else samples[-1].texts
            fields.setdefault(name, []).append(octets)
        elif kind == "tlv":
            tag, name, octets = words
            samples[-1].tlvs.append((tag, name, octets))
        else:
            sys.exit(f"not a line of samples: {line}")
    return samples


def decode(samples, text2pcap, tshark):
    """One packet a PDU; returns tshark's JSON of each as a list of (key, value) pairs."""
    with tempfile.TemporaryDirectory() as folder:
        text, capture = Path(folder, "samples.txt"), Path(folder, "samples.pcap")
        with text.open("w") as out:
            for sample in samples:
                for at in range(0, len(sample.octets), 16):
                    out.write(f"{at:06x} {sample.octets[at:at + 16].hex(' ')}\n")
                out.write(f"{len(sample.octets):06x}\n")
        subprocess.run(
            [text2pcap, "-q", "-T", "40000,2775", text, capture],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        answer = subprocess.run(
            [tshark, "-n", "-r", capture, "-T", "json", "-x"],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ).stdout
    packets = json.loads(answer, object_pairs_hook=lambda pairs: pairs)
    return [list(walk(packet)) for packet in packets]


def walk(pairs):
    """Every (key, value) at any depth, in order. tshark repeats keys, so objects are pairs."""
    for key, value in pairs:
        yield key, value
        if isinstance(value, list) and value and isinstance(value[0], tuple):
            yield from walk(value)


def raw_of(pairs, name):
    """The [octets, position, size, mask, type] of each appearance of a field."""
    return [value for key, value in pairs if key == f"smpp.{name}_raw"]


def under_mask(octet, mask):
    """An octet as a field of `mask` shows it: the masked bits, moved down."""
    if not mask:
        return octet
    return (octet & mask) // (mask & -mask)


def complaints_of_malformed(pairs):
    for key, value in pairs:
        if "malformed" in key.lower():
            yield f"malformed: {value}"
        if key == "_ws.expert.group" and "Malformed" in str(value):
            yield "an expert calls it malformed"


def complaints_of_numbers(name, ours, pairs):
    for shown in SPLIT.get(name, [name]):
        theirs = raw_of(pairs, shown)
        values = [int(octets, 16) for octets, *_ in theirs]
        masks = [mask for *_, mask, _ in theirs]
        if len(theirs) != len(ours):
            yield f"{shown}: {values} instead of {ours}"
        elif values != [under_mask(int(mine, 16), mask) for mine, mask in zip(ours, masks)]:
            yield f"{shown}: {values} instead of {ours}"


def complaints_of_texts(name, ours, pairs):
    """Their texts come with the NUL, and empty ones in some places not at all. A time is shown
    under another name when it is relative."""
    theirs = [octets for octets, *_ in raw_of(pairs, name) + raw_of(pairs, name + "_r")]
    theirs = [octets for octets in theirs if octets not in ("", "00")]
    end = "" if name == "message" else "00"
    ours = [octets + end for octets in ours if octets]
    if theirs != ours:
        yield f"{name}: {theirs} instead of {ours}"


def complaints_of_tlvs(tlvs, pairs):
    theirs = [octets for octets, *_ in raw_of(pairs, "opt_param")]
    ours = [f"{tag}{len(octets) // 2:04x}{octets}" for tag, _, octets in tlvs]
    if theirs != ours:
        yield f"optional parameters: {theirs} instead of {ours}"
    for _, name, octets in tlvs:
        if name == "-" or name in PARTS or not octets:
            continue
        shown = RENAMED.get(name, name)
        if octets not in [theirs for theirs, *_ in raw_of(pairs, shown)]:
            yield f"{shown}: not {octets}"


def complaints(sample, pairs):
    yield from complaints_of_malformed(pairs)
    for name, ours in sample.numbers.items():
        yield from complaints_of_numbers(name, ours, pairs)
    for name, ours in sample.texts.items():
        yield from complaints_of_texts(name, ours, pairs)
    yield from complaints_of_tlvs(sample.tlvs, pairs)


def main():
    program, text2pcap, tshark = sys.argv[1:]
    samples = read_samples(program)
    packets = decode(samples, text2pcap, tshark)
    if len(packets) != len(samples):
        sys.exit(f"{len(packets)} packets from {len(samples)} PDUs")
    bad = 0
    for sample, pairs in zip(samples, packets):
        for complaint in complaints(sample, pairs):
            print(f"{sample.label} ({sample.octets[:64].hex()}): {complaint}")
            bad += 1
    fields = sum(
        len(values)
        for sample in samples
        for values in [*sample.numbers.values(), *sample.texts.values()]
    )
    tlvs = sum(len(sample.tlvs) for sample in samples)
    print(f"{len(samples)} PDUs, {fields} fields, {tlvs} optional parameters: {bad} complaints")
    if len(samples) < 500 or fields < 5000 or tlvs < 300:
        sys.exit("that is too few to tell")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()

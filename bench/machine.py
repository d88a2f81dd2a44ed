"""What a benchmark says about the machine it ran on, and what processes cost there."""
import dataclasses
import os
import pathlib
import platform
import time

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PROC = pathlib.Path("/proc")


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0


def cpu_ticks():
    """Ticks of all CPUs since the machine started: busy (with what a host stole), all."""
    words = [int(word) for word in PROC.joinpath("stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = words[3] + words[4]
    return sum(words) - idle, sum(words)


def process_cpu_s(pid):
    """User and system time of a process, its ended threads included."""
    fields = PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def threads_cpu_s(pid):
    """The same by thread name, to the nanosecond; threads of one name are added up."""
    threads = {}
    for task in PROC.joinpath(str(pid), "task").iterdir():
        try:
            name = task.joinpath("comm").read_text().strip()
            used = int(task.joinpath("schedstat").read_text().split()[0]) / 1e9
        except OSError:
            continue  # it ended in between
        threads[name] = threads.get(name, 0) + used
    return threads


def memory_mb(pid):
    """Resident memory now, and the most it has been."""
    status = dict(line.split(":", 1)
                  for line in PROC.joinpath(str(pid), "status").read_text().splitlines())
    return {"rss_mb": int(status["VmRSS"].split()[0]) / 1024,
            "most_mb": int(status["VmHWM"].split()[0]) / 1024}


@dataclasses.dataclass
class Cost:
    """What happened between a Meter's start and its end."""
    seconds: float
    cpu_s: float  # of the measured process
    threads: dict
    carrier_cpu_s: float
    busy: float  # share of all CPUs that was not idle


class Meter:
    """Begins to measure a process, and perhaps a carrier beside it; end() gives a Cost."""

    def __init__(self, pid, carrier_pid=None):
        self.pid, self.carrier_pid = pid, carrier_pid
        self.before = self._read()

    def _read(self):
        carrier = process_cpu_s(self.carrier_pid) if self.carrier_pid else 0
        return (time.monotonic(), process_cpu_s(self.pid), threads_cpu_s(self.pid), carrier,
                *cpu_ticks())

    def end(self):
        before, now = self.before, self._read()
        threads = {name: used - before[2].get(name, 0) for name, used in now[2].items()}
        return Cost(now[0] - before[0], now[1] - before[1], threads, now[3] - before[3],
                    (now[4] - before[4]) / max(1, now[5] - before[5]))


def file_system(path):
    """Its type and device, by the longest mount point above the path."""
    path, best = str(path.resolve()), ("", "?", "?")
    for line in PROC.joinpath("mounts").read_text().splitlines():
        device, point, kind = line.split()[:3]
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best[0]):
            best = (point, kind, device)
    return best[1], best[2]


def sync_times_ms(folder, times=300):
    """How long this disk takes to append 512 bytes for good."""
    path = folder / "sync"
    taken = []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for _ in range(times):
        begin = time.monotonic()
        os.write(descriptor, b"x" * 512)
        os.fdatasync(descriptor)
        taken.append((time.monotonic() - begin) * 1000)
    os.close(descriptor)
    path.unlink()
    return taken


def hardware():
    model = "unknown"
    for line in PROC.joinpath("cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {model}, {memory_gb:.0f} GB, Linux {platform.release()}"


def quiet_share(seconds=1.0):
    """How busy the machine is while we do nothing."""
    before = cpu_ticks()
    time.sleep(seconds)
    after = cpu_ticks()
    return (after[0] - before[0]) / max(1, after[1] - before[1])

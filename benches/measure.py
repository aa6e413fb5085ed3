"""Runs a program and prints its exit code, wall time, CPU time and peak memory as JSON.

A process of its own, and a small one: Linux counts what a process held before it started a program (the forking parent's
memory) to that program's peak. What this one holds, about 9 MiB, is the least that it can tell."""

import json
import os
import sys
import time

nothing = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
start = time.monotonic()
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=nothing)
_, status, usage = os.wait4(process, 0)
wall = time.monotonic() - start
figures = {
    "code": os.waitstatus_to_exitcode(status),
    "wall": wall,
    "cpu": usage.ru_utime + usage.ru_stime,
    "peak_mib": usage.ru_maxrss / 1024,
}
print(json.dumps(figures))

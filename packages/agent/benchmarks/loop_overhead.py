"""What the loop adds to a request when the model takes no time.

::

    python benchmarks/loop_overhead.py
    python benchmarks/loop_overhead.py --requests 5000 --json

Measured is one whole request, from text to result: routing by a function that answers at once, parsing,
conversion and checks, the dispatch of a mock tool, with and without a log on disk, in the caller's thread and
(as for a model) handed to another one. What it does not know: how long a model takes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from toolsmith_agent import Agent, MockExecutor, Tier
from toolsmith_agent.log_file import EventLog
from toolsmith_agent.report import percentile
from toolsmith_schema import FunctionRouter, Toolbox

NOW = datetime(2026, 11, 23, 9)
ANSWER = '{"tool": "get_weather", "args": {"city": "Oslo", "date": "tomorrow"}}'
IMPORT = """
import time
wall, cpu = time.perf_counter(), time.process_time()
import toolsmith_agent
print((time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3)
"""


class Instant(FunctionRouter):
    """Answers at once, in the caller's thread."""

    keeps_deadline = True


def main() -> int:
    """Measure and print a table, or the same as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    asked = parser.parse_args()

    instant, handed_over = Instant(lambda _: ANSWER), FunctionRouter(lambda _: ANSWER)
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, router, logged, executes in (
            ("route", instant, False, False),
            ("run", instant, False, True),
            ("run, logged", instant, True, True),
            ("run, logged, in another thread", handed_over, True, True),
        ):
            with EventLog(Path(folder) / "run-bench.jsonl") as log:
                agent = Agent(
                    [Tier.of(router)],
                    Toolbox.default(),
                    executor=MockExecutor(),
                    sink=log if logged else None,
                )
                rows[name] = measure(agent.run if executes else agent.route, asked.requests)
    imports = [fresh() for _ in range(7)]
    wall, cpu = (sorted(times) for times in zip(*imports, strict=True))
    result = {
        "requests": asked.requests,
        "milliseconds": rows,
        "import_ms": {"wall": round(wall[0], 1), "processor": round(cpu[0], 1)},
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} threads",
        "load": round(os.getloadavg()[0], 1),
    }
    if asked.json:
        print(json.dumps(result, indent=2))
        return 0
    print(f"{'milliseconds a request':<34}{'min':>9}{'p50':>9}{'p90':>9}{'p99':>9}")
    for name, row in rows.items():
        print(f"{name:<34}" + "".join(f"{row[key]:>9.3f}" for key in ("min", "p50", "p90", "p99")))
    print(f"import of toolsmith_agent: {wall[0]:.0f} ms, of these {cpu[0]:.0f} ms at work (best of 7)")
    print(f"Python {result['python']}, {result['machine']}, load {result['load']}")
    return 0


def measure(ask: Any, requests: int) -> dict[str, float]:
    """Percentiles of the wall time of one request, the first ones aside."""
    times = []
    for number in range(requests + 50):
        started = time.perf_counter()
        ask("weather in Oslo tomorrow", now=NOW)
        if number >= 50:
            times.append((time.perf_counter() - started) * 1e3)
    times.sort()
    shares = {"min": 0.0, "p50": 0.5, "p90": 0.9, "p99": 0.99}
    return {name: round(percentile(times, share), 4) for name, share in shares.items()}


def fresh() -> tuple[float, float]:
    """Milliseconds of wall and processor time that a fresh interpreter takes to import the package."""
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    wall, cpu = map(float, done.stdout.split())
    return wall, cpu


if __name__ == "__main__":
    sys.exit(main())

"""Many clients at once on the MCP server: is every answer right, is the log complete, does memory stay flat?

::

    python packages/mcp-server/benchmarks/load.py                 200 clients for 60 s against the rule router
    python packages/mcp-server/benchmarks/load.py --model tuned   the same against the model tier
    python packages/mcp-server/benchmarks/load.py --clients 20 --seconds 5 --json load.json

All requests are asked one at a time first; under load, where neighbours ask different ones, each has to be
answered with the same tool and arguments. Exit code 1 when an answer is another one, a request fails or a run
is missing in the log. Memory is the server's resident set, read once a second (Linux only).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx2

REVISION = "2026-07-28"
PLACES = ("Oslo", "Lima", "Rome", "Quito", "Tunis", "Hanoi", "Perth", "Sofia", "Turin", "Dakar")
WORDINGS = (
    "What's the weather in {place}?",
    "weather in {place} tomorrow",
    "search the web for hotels in {place}",
    "remind me to call {place} office tomorrow at 9am",
)


@dataclass(kw_only=True)
class Load:
    """What was seen."""

    model: str
    """The server's tier."""
    clients: int
    """How many asked at once."""
    seconds: float
    """How long, in seconds."""
    elapsed: float = 0.0
    """Until the last answer, in seconds."""
    answered: int = 0
    """Answers, the wrong ones too."""
    wrong: int = 0
    """Answers to another request, or other than the one given to a client alone."""
    failed: int = 0
    """Requests without a usable answer."""
    refused: int = 0
    """Requests that the server declined for being busy."""
    latencies: list[float] = field(default_factory=list)
    """Of the answers, in seconds."""
    memory_mb: list[float] = field(default_factory=list)
    """Resident set of the server, in MB, once a second."""
    log: dict[str, int] = field(default_factory=dict)
    """Runs and lines in the log, and answered runs that are not there whole."""
    first_wrong: str = ""
    """The first wrong answer."""

    def report(self) -> dict[str, Any]:
        """The figures."""
        row = {name: value for name, value in asdict(self).items() if name not in ("latencies", "memory_mb")}
        marks = statistics.quantiles(self.latencies, n=100) if len(self.latencies) > 1 else [0.0] * 99
        third = max(1, len(self.memory_mb) // 3)
        return {
            **row,
            "requests_per_second": round(self.answered / self.elapsed, 1),
            "latency_ms": {f"p{p}": round(marks[p - 1] * 1e3, 1) for p in (50, 95, 99)},
            "memory_mb": {
                "first_third": round(statistics.median(self.memory_mb[:third] or [0.0]), 1),
                "last_third": round(statistics.median(self.memory_mb[-third:] or [0.0]), 1),
                "most": round(max(self.memory_mb, default=0.0), 1),
            },
        }

    @property
    def good(self) -> bool:
        """Whether every answer was right and every line is there."""
        return self.answered > 0 and not (self.wrong or self.failed or self.log["missing"])


def main() -> int:
    """Run the command line above and return its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--model", default="rules")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    asked = parser.parse_args()
    load = Load(model=asked.model, clients=asked.clients, seconds=asked.seconds)
    with tempfile.TemporaryDirectory() as logs:
        with server(asked.model, Path(logs)) as (process, url):
            ids = asyncio.run(run(load, url, process.pid))
        load.log = read_logs(Path(logs), ids)
    report = load.report()
    print(json.dumps(report, indent=2))
    print(markdown(report))
    if asked.json:
        asked.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    return 0 if load.good else 1


@contextlib.contextmanager
def server(model: str, logs: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of its own, told to stop afterwards."""
    command = [sys.executable, "-m", "toolsmith_schema.main", "serve", "--transport", "http", "--port", "0"]
    command += ["--model", model, "--preload", "--rate", "0", "--concurrency", "1024", "--logs", str(logs)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stderr
        try:
            yield process, process.stderr.readline().split(" at ")[1].strip()
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        finally:
            process.kill()


async def run(load: Load, url: str, pid: int) -> set[str]:
    """Ask everything alone, then all at once; return the ids of the runs that were answered."""
    ids: set[str] = set()
    requests = [wording.format(place=place) for wording in WORDINGS for place in PLACES]
    limits = httpx2.Limits(max_connections=load.clients + 1, max_keepalive_connections=load.clients + 1)
    async with httpx2.AsyncClient(timeout=120, limits=limits) as client:
        while (await client.get(url.replace("/mcp", "/readyz"))).status_code != 200:
            await asyncio.sleep(0.2)
        right: dict[str, Any] = {}
        for request in requests:
            answer = (await ask(client, url, request)).json()["result"]["structuredContent"]
            right[request] = decision(answer)
            ids.add(answer["run_id"])
        began = time.monotonic()
        end = began + load.seconds
        watching = asyncio.create_task(watch(load, pid))
        await asyncio.gather(
            *(
                one_client(load, client, url, requests[i:] + requests[:i], right, ids, end)
                for i in spread(load.clients)
            )
        )
        load.elapsed = round(time.monotonic() - began, 1)
        watching.cancel()
    return ids


def spread(clients: int) -> list[int]:
    """Where each client starts in the list of requests."""
    return [i % (len(WORDINGS) * len(PLACES)) for i in range(clients)]


async def one_client(
    load: Load,
    client: httpx2.AsyncClient,
    url: str,
    requests: list[str],
    right: dict[str, Any],
    ids: set[str],
    end: float,
) -> None:
    """Ask one request after the other until the end."""
    number = 0
    while time.monotonic() < end:
        request = requests[number % len(requests)]
        number += 1
        began = time.perf_counter()
        try:
            response = await ask(client, url, request)
            if response.status_code in (429, 503):
                load.refused += 1
                await asyncio.sleep(1.0)
                continue
            answer = response.json()["result"]["structuredContent"]
        except (httpx2.HTTPError, ValueError, KeyError):
            load.failed += 1
            continue
        load.latencies.append(time.perf_counter() - began)
        load.answered += 1
        ids.add(answer["run_id"])
        if answer["request"] != request or decision(answer) != right[request]:
            load.wrong += 1
            load.first_wrong = load.first_wrong or f"{request}: {decision(answer)}"


def decision(answer: dict[str, Any]) -> Any:
    """What has to be the same however busy the server is."""
    return [answer["outcome"], answer["tool"], answer["args"], answer["tier"]]


async def ask(client: httpx2.AsyncClient, url: str, request: str) -> httpx2.Response:
    """One call of ``route_to_tool`` in the current revision of the protocol."""
    prefix = "io.modelcontextprotocol/"
    info = {"name": "load", "version": "0"}
    meta = {
        f"{prefix}protocolVersion": REVISION,
        f"{prefix}clientInfo": info,
        f"{prefix}clientCapabilities": {},
    }
    arguments = {"request": request, "now": "2026-11-23T09:00"}
    params = {"name": "route_to_tool", "arguments": arguments, "_meta": meta}
    headers = {
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": REVISION,
        "mcp-method": "tools/call",
        "mcp-name": "route_to_tool",
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return await client.post(url, json=body, headers=headers)


async def watch(load: Load, pid: int) -> None:
    """Read the server's memory once a second."""
    page = os.sysconf("SC_PAGE_SIZE") / 2**20
    while True:
        with contextlib.suppress(OSError):
            load.memory_mb.append(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page)
        await asyncio.sleep(1.0)


def read_logs(folder: Path, ids: set[str]) -> dict[str, int]:
    """How many runs and lines are there, and how many of the answered runs are not there whole."""
    seen: dict[str, list[int]] = {}
    ended: Counter[str] = Counter()
    lines = 0
    for path in folder.glob("run-*"):
        for line in path.read_text("utf-8").splitlines():
            event = json.loads(line)
            lines += 1
            if "run" not in event or "seq" not in event:
                continue
            seen.setdefault(event["run"], []).append(event["seq"])
            ended[event["run"]] += event["event"] == "end"
    whole = {
        run
        for run, numbers in seen.items()
        if sorted(numbers) == list(range(len(numbers))) and ended[run] == 1
    }
    return {"runs": len(seen), "lines": lines, "missing": len(ids - whole)}


def markdown(report: dict[str, Any]) -> str:
    """The figures as a table."""
    latency, memory, log = report["latency_ms"], report["memory_mb"], report["log"]
    titles = (
        "tier",
        "clients",
        "s",
        "answers",
        "per s",
        "wrong",
        "failed",
        "refused",
        "p50 / p95 / p99 ms",
        "memory MB, first third → last",
        "runs missing in the log",
    )
    cells = [
        report["model"],
        report["clients"],
        f"{report['seconds']:g}",
        report["answered"],
        report["requests_per_second"],
        report["wrong"],
        report["failed"],
        report["refused"],
        f"{latency['p50']} / {latency['p95']} / {latency['p99']}",
        f"{memory['first_third']} → {memory['last_third']}",
        log["missing"],
    ]
    rows = (titles, ["---"] * len(titles), map(str, cells))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    sys.exit(main())

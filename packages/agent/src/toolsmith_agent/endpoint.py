"""A tier on a server that speaks OpenAI's chat completions: a frontier model, or one of your own.

::

    EndpointRouter("http://127.0.0.1:8000/v1", "router")                    a model that calls tools
    EndpointRouter("http://127.0.0.1:8000/v1", "router", answers="text")    one tuned on the wire format

An answer that cannot be read is an `EndpointError`; the table of its kinds is at the head of `fetching`.
Every request ends within its timeout and within the deadline of the run around it. Nothing is retried here:
the loop knows what is left to try.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Literal

from toolsmith_agent.deadline import time_left
from toolsmith_agent.fetching import EndpointError, Fetcher
from toolsmith_schema.prompt import Message
from toolsmith_schema.prompt import messages as wire_messages
from toolsmith_schema.router import Routed
from toolsmith_schema.toolbox import Toolbox

RULES = (
    "Turn the user's request into exactly one call of one of your tools. Copy argument values from the "
    "request word for word, also dates, times, numbers and currencies; use only arguments that the user "
    "gave, and leave out what the user left out. If no tool fits, call none and answer with exactly "
    '{"tool": null, "args": {}}.'
)
"""The system message for a model that calls tools."""

MAX_BYTES = 1 << 20
"""Bytes of an answer that are read."""

_MARGIN = 0.02


class EndpointRouter:
    """Asks a model on a server for one tool call; it can be told what was wrong and asked again."""

    keeps_deadline = True

    def __init__(
        self,
        url: str,
        model: str,
        *,
        api_key: str | None = None,
        timeout: float = 30.0,
        name: str = "endpoint",
        answers: Literal["calls", "text"] = "calls",
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """Ask `model` at the base address `url`, such as ``http://127.0.0.1:8000/v1``.

        Args:
            url: the address before ``/chat/completions``. model: the model's name on that server. api_key:
            sent as a bearer token. timeout: seconds for one request, all of it. name: the tier's name in logs
            and reports. answers: "calls" asks for a tool call; "text" for the wire format, which `toolsmith
            train` teaches. max_bytes: what is longer is not read.

        Raises:
            ToolsmithError: `url` is not an address of HTTP.
        """
        self.name, self.model, self.provider = name, model, "openai"
        self._timeout, self._answers = timeout, answers
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        base = url.rstrip("/").removesuffix("/chat/completions")
        self._fetcher = Fetcher(f"{base}/chat/completions", headers=headers, max_bytes=max_bytes)

    def route(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        """Route each request, one after the other.

        Raises:
            EndpointError: the server gave no answer that can be read.
        """
        return [self._ask(self._messages(request), request, toolbox) for request in requests]

    def repair(self, request: str, toolbox: Toolbox, raw: str, sentences: Sequence[str]) -> Routed:
        """Show the model its answer and what is wrong with it.

        Raises:
            EndpointError: the server gave no answer that can be read.
        """
        feedback = " ".join([*sentences, "Answer the request again, with this put right."])
        answered = {"role": "assistant", "content": raw or "(nothing)"}
        messages = [*self._messages(request), answered, {"role": "user", "content": feedback}]
        return self._ask(messages, request, toolbox)

    def close(self) -> None:
        """End the connections."""
        self._fetcher.close()

    def __enter__(self) -> EndpointRouter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _messages(self, request: str) -> list[Message]:
        request = request.encode("utf-8", "replace").decode("utf-8")
        if self._answers == "text":
            return wire_messages(request)
        return [{"role": "system", "content": RULES}, {"role": "user", "content": request}]

    def _ask(self, messages: Sequence[Message], request: str, toolbox: Toolbox) -> Routed:
        payload = {
            "model": self.model,
            "messages": messages,
            "tools": toolbox.to_openai(),
            "tool_choice": "auto" if self._answers == "calls" else "none",
            "temperature": 0,
            "stream": False,
        }
        started = time.perf_counter()
        # A little before the deadline of the run, so that its own reason is told and not the loop's.
        body = self._fetcher.post(payload, max(time_left(self._timeout + _MARGIN) - _MARGIN, 0.001))
        usage = body.get("usage") if isinstance(body, Mapping) else None
        routed = Routed.from_text(
            self._text(body),
            latency_ms=(time.perf_counter() - started) * 1e3,
            prompt_tokens=_count(usage, "prompt_tokens"),
            output_tokens=_count(usage, "completion_tokens"),
            tier=self.name,
        )
        return routed.as_said(request, toolbox) if self._answers == "text" else routed

    def _text(self, body: Any) -> str:
        """The model's answer as text: its one tool call, or else what it said."""
        try:
            message = body["choices"][0]["message"]
            calls, content = message.get("tool_calls") or [], message.get("content")
            written = [
                {"name": call["function"]["name"], "arguments": call["function"]["arguments"]}
                for call in calls
            ]
        except (TypeError, KeyError, IndexError, AttributeError) as error:
            reason = f"{self._fetcher.where} sent no chat completion ({type(error).__name__}: {error})"
            raise EndpointError("wrong_form", reason) from None
        if written:
            return "\n".join(json.dumps(call, ensure_ascii=False) for call in written)
        if content is not None and not isinstance(content, str):
            raise EndpointError("wrong_form", f"{self._fetcher.where} sent an answer that is no text")
        return content or ""


def _count(usage: Any, name: str) -> int | None:
    value = usage.get(name) if isinstance(usage, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None

"""Questions to the person behind the client, as MCP elicitation: for a missing argument, or for a go-ahead.

The two eras of the protocol ask in different ways. In the handshake era the server sends the question while
the call waits (`LiveQuestions`). In the current one a call cannot wait: it ends with the question, and the
client makes it again with the answer (`RetriedQuestions`); earlier answers travel along in the state.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import mcp_types as t
from mcp import MCPError
from mcp.server.session import ServerSession

from toolsmith_schema.decision import ToolCall
from toolsmith_schema.example import parse_clock
from toolsmith_schema.toolbox import Tool, Toolbox

SHOWN = 4000
"""Characters of a call that a question shows."""


class LiveQuestions:
    """Asks over the open connection and waits for the answer."""

    def __init__(
        self, session: ServerSession, request_id: t.RequestId | None, toolbox: Toolbox, seconds: float
    ) -> None:
        """Prepare questions of the request `request_id`; each waits `seconds` at most for its answer."""
        self._session, self._request_id, self._toolbox, self._seconds = session, request_id, toolbox, seconds
        self._loop = anyio.lowlevel.current_token()

    def ask(self, missing: Mapping[str, str], call: ToolCall) -> dict[str, str] | None:
        """Ask with a form that has a field for each missing argument."""
        answer = self._wait(argument_form(missing, call, self._toolbox))
        return given(missing, answer)

    def confirm(self, call: ToolCall, tool: Tool) -> bool:
        """Ask with a form that is accepted or declined."""
        answer = self._wait(confirmation_form(call, tool))
        return answer is not None and answer.action == "accept"

    def _wait(self, form: t.ElicitRequestFormParams) -> t.ElicitResult | None:
        return anyio.from_thread.run(self._elicit, form, token=self._loop)

    async def _elicit(self, form: t.ElicitRequestFormParams) -> t.ElicitResult | None:
        with anyio.move_on_after(self._seconds):
            try:
                return await self._session.elicit_form(
                    form.message, form.requested_schema, related_request_id=self._request_id
                )
            except (MCPError, ValueError):  # the client refused to ask, or its answer is none
                return None
        return None


class RetriedQuestions:
    """Answers out of the retried call; a question that has none ends the call and goes to the client.

    A retried call starts anew and asks the same questions again: each is known by a digest of what it asks.
    """

    def __init__(self, params: t.CallToolRequestParams, toolbox: Toolbox, now: datetime, run_id: str) -> None:
        """Read what the client brings; clock and id of the first attempt stay those of the later ones."""
        self._responses = params.input_responses or {}
        self._toolbox = toolbox
        state = _read_state(params.request_state)
        self.now, self.run_id = state.get("now", now), state.get("run_id", run_id)
        self._answers: dict[str, dict[str, str]] = state.get("answers", {})
        self._open: dict[str, t.ElicitRequestFormParams] = {}

    def ask(self, missing: Mapping[str, str], call: ToolCall) -> dict[str, str] | None:
        """The answer that was given to this question, in this attempt or an earlier one."""
        key = _key("ask", {"missing": dict(missing), **call.to_json()})
        if key not in self._answers:
            answers = given(missing, self._answer(key, argument_form(missing, call, self._toolbox)))
            if answers is None:
                return None
            self._answers[key] = answers
        return self._answers[key]

    def confirm(self, call: ToolCall, tool: Tool) -> bool:
        """Whether the client's answer is yes to exactly this call."""
        answer = self._answer(_key("confirm", call.to_json()), confirmation_form(call, tool))
        return answer is not None and answer.action == "accept"

    def required(self) -> t.InputRequiredResult | None:
        """The open questions as the end of this attempt; None when there are none."""
        if not self._open:
            return None
        now = self.now.isoformat(timespec="minutes")
        state = {"now": now, "run_id": self.run_id, "answers": self._answers}
        return t.InputRequiredResult(
            input_requests={key: t.ElicitRequest(params=form) for key, form in self._open.items()},
            request_state=json.dumps(state),
        )

    def _answer(self, key: str, form: t.ElicitRequestFormParams) -> t.ElicitResult | None:
        answer = self._responses.get(key)
        if isinstance(answer, t.ElicitResult):
            return answer
        self._open[key] = form
        return None


def can_be_asked(capabilities: t.ClientCapabilities | None) -> bool:
    """Whether a client shows forms; one that names no kind of elicitation means forms."""
    offered = capabilities.elicitation if capabilities else None
    return offered is not None and (offered.form is not None or offered.url is None)


def argument_form(missing: Mapping[str, str], call: ToolCall, toolbox: Toolbox) -> t.ElicitRequestFormParams:
    """A form with a text field for each missing argument; what is written there may be in plain words."""
    fields: dict[str, Any] = {}
    for name, description in missing.items():
        schema = toolbox[call.tool].properties.get(name)
        values = schema.get("enum") if isinstance(schema, Mapping) else None
        fields[name] = {"type": "string", "title": name}
        if description:
            fields[name]["description"] = plain(description)
        if values and all(isinstance(value, str) for value in values):
            fields[name]["enum"] = values
    return t.ElicitRequestFormParams(
        message=f"{call.tool} needs to know: {', '.join(missing)}.",
        requested_schema={"type": "object", "properties": fields, "required": list(missing)},
    )


def confirmation_form(call: ToolCall, tool: Tool) -> t.ElicitRequestFormParams:
    """A form without fields, to be accepted or declined, that shows the whole call."""
    shown = plain(json.dumps(dict(call.args), ensure_ascii=False))
    rest = f"… and {len(shown) - SHOWN} more characters" if len(shown) > SHOWN else ""
    return t.ElicitRequestFormParams(
        message=f"Call {tool.name} with {shown[:SHOWN]}{rest}?",
        requested_schema={"type": "object", "properties": {}},
    )


def given(missing: Mapping[str, str], answer: t.ElicitResult | None) -> dict[str, str] | None:
    """The arguments in an accepted form; None when it was not accepted or a field is empty."""
    if answer is None or answer.action != "accept" or not answer.content:
        return None
    texts = {name: str(answer.content[name]).strip() for name in missing if name in answer.content}
    return texts if len(texts) == len(missing) and all(texts.values()) else None


def plain(text: str) -> str:
    """`text` with what cannot be seen, such as marks that change the direction of writing, spelled out."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _key(kind: str, value: Any) -> str:
    digest = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
    return f"{kind}-{digest[:16]}"


def _read_state(text: str | None) -> dict[str, Any]:
    """The state of the attempt before, which the SDK sealed on its way to the client and back."""
    if text is None:
        return {}
    state: dict[str, Any] = json.loads(text)
    return {**state, "now": parse_clock(state["now"])}

# SPDX-License-Identifier: MIT OR Apache-2.0
"""The official `anthropic` package talks to the simulator."""

import base64
import struct
import unittest
import zlib
from typing import Any

import anthropic
import httpx2

from simulator import URLS, control

MODEL = "claude-haiku-5-5"
TOOL: dict[str, Any] = {
    "name": "current_time",
    "description": "The time where the person is.",
    "input_schema": {"type": "object", "properties": {}},
}


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def png(width: int, height: int) -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress((b"\0" + b"\xff" * width) * height))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + head + rows + chunk(b"IEND", b"")).decode()


def fault(kind: str, count: int = 1, **fields: Any) -> None:
    control("anthropic", "POST", "faults", {"fault": {"kind": kind, **fields}, "count": count})


class AnthropicClient(unittest.TestCase):
    def setUp(self) -> None:
        control("anthropic", "POST", "reset", {})
        self.client = anthropic.Anthropic(api_key="sk-ant-simulated", base_url=URLS["anthropic"], max_retries=0, timeout=20)
        self.addCleanup(self.client.close)

    def create(self, *messages: Any, **options: Any) -> Any:
        options.setdefault("model", MODEL)
        options.setdefault("max_tokens", 1000)
        return self.client.messages.create(messages=list(messages), **options)

    def text(self, message: Any) -> str:
        return "".join(block.text for block in message.content if block.type == "text")

    # ---- answers ----

    def test_a_message_is_created(self) -> None:
        message = self.create(user("[sim:say Hello there]"))
        self.assertEqual(self.text(message), "Hello there")
        self.assertEqual((message.type, message.role, message.model, message.stop_reason), ("message", "assistant", MODEL, "end_turn"))
        self.assertGreater(message.usage.input_tokens, 0)
        self.assertTrue(message._request_id.startswith("req_"))

    def test_the_dog_is_named_only_if_its_name_is_in_the_prompt(self) -> None:
        known = self.create(user("My dog's name is Max."), {"role": "assistant", "content": "Nice."}, user("What is my dog's name?"))
        self.assertIn("Max", self.text(known))
        self.assertIn("don't know", self.text(self.create(user("What is my dog's name?"))))

    def test_a_stream_adds_up_to_the_message(self) -> None:
        said = "naïve 日本語 👋 " * 20
        with self.client.messages.stream(model="claude-opus-5-5", max_tokens=1000, messages=[user(f"[sim:say {said}]")]) as stream:
            pieces = list(stream.text_stream)
            message = stream.get_final_message()
        self.assertGreater(len(pieces), 10)
        self.assertEqual("".join(pieces), said)
        self.assertEqual([block.type for block in message.content], ["thinking", "text"])
        self.assertEqual(message.content[0].thinking, "")
        self.assertEqual(self.text(message), said)
        bill = control("anthropic", "GET", "bill")["total"]
        self.assertEqual(message.usage.output_tokens, bill["usage"]["output"])
        self.assertEqual(message.usage.input_tokens, bill["usage"]["input"])

    def test_a_stream_survives_strange_chunks_and_unknown_events(self) -> None:
        control("anthropic", "POST", "wire", {"crlf": True, "chunks": [1, 2, 3, 7, 50], "unknown_events": True})
        said = "Zeile eins\n\nZeile zwei: größer 日本"
        with self.client.messages.stream(model=MODEL, max_tokens=1000, messages=[user(f"[sim:say {said}]")]) as stream:
            self.assertEqual("".join(stream.text_stream), said)
            self.assertEqual(stream.get_final_message().stop_reason, "end_turn")

    def test_thinking_is_shown_when_asked_for(self) -> None:
        message = self.create(user("hi"), model="claude-opus-5-5", thinking={"type": "adaptive", "display": "summarized"})
        self.assertEqual(message.content[0].type, "thinking")
        self.assertTrue(message.content[0].thinking)

    def test_a_tool_loop_ends_with_the_tools_answer(self) -> None:
        for model in (MODEL, "claude-opus-5-5", "claude-haiku-4-5"):
            with self.subTest(model=model):
                messages: list[Any] = [user("What time is it?")]
                first = self.create(*messages, tools=[TOOL], model=model)
                self.assertEqual(first.stop_reason, "tool_use")
                call = next(block for block in first.content if block.type == "tool_use")
                self.assertEqual((call.name, call.input), ("current_time", {}))
                messages.append({"role": "assistant", "content": first.content})
                messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "12:34"}]})
                second = self.create(*messages, tools=[TOOL], model=model)
                self.assertIn("12:34", self.text(second))

    def test_a_streamed_call_gathers_its_arguments(self) -> None:
        order = '[sim:tool current_time {"place": {"city": "São Paulo", "list": [1, 2.5, null]}}]'
        with self.client.messages.stream(model=MODEL, max_tokens=1000, tools=[TOOL], messages=[user(order)]) as stream:
            call = next(block for block in stream.get_final_message().content if block.type == "tool_use")
        self.assertEqual(call.input, {"place": {"city": "São Paulo", "list": [1, 2.5, None]}})

    def test_an_image_is_seen(self) -> None:
        source = {"type": "base64", "media_type": "image/png", "data": png(64, 48)}
        message = self.create({"role": "user", "content": [{"type": "image", "source": source}, {"type": "text", "text": "?"}]})
        self.assertIn("64×48", self.text(message))

    def test_every_ending_has_its_stop_reason(self) -> None:
        self.assertEqual(self.create(user("[sim:refuse]")).stop_reason, "refusal")
        self.assertEqual(self.create(user("[sim:words 50] [sim:max_tokens]")).stop_reason, "max_tokens")
        self.assertEqual(self.create(user("[sim:pause]")).stop_reason, "pause_turn")
        stopped = self.create(user("[sim:say one STOP two]"), stop_sequences=["STOP"])
        self.assertEqual((stopped.stop_reason, stopped.stop_sequence), ("stop_sequence", "STOP"))

    def test_the_cache_is_written_and_read(self) -> None:
        system = [{"type": "text", "text": "word" * 600, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
        first = self.create(user("hi"), system=system).usage
        self.assertEqual((first.cache_creation_input_tokens, first.cache_creation.ephemeral_1h_input_tokens), (600, 600))
        second = self.create(user("hi"), system=system).usage
        self.assertEqual((second.cache_read_input_tokens, second.cache_creation_input_tokens), (600, 0))
        control("anthropic", "POST", "advance", {"seconds": 3601})
        self.assertEqual(self.create(user("hi"), system=system).usage.cache_read_input_tokens, 0)

    def test_tokens_are_counted_and_models_listed(self) -> None:
        counted = self.client.messages.count_tokens(model=MODEL, messages=[user("How many?")])
        self.assertEqual(counted.input_tokens, self.create(user("How many?")).usage.input_tokens)
        self.assertIn(MODEL, [model.id for model in self.client.models.list(limit=3)])
        self.assertEqual(self.client.models.retrieve(MODEL).max_tokens, 128_000)

    # ---- errors ----

    def test_each_error_becomes_its_exception(self) -> None:
        expected = {
            401: anthropic.AuthenticationError,
            403: anthropic.PermissionDeniedError,
            404: anthropic.NotFoundError,
            409: anthropic.ConflictError,
            429: anthropic.RateLimitError,
            500: anthropic.InternalServerError,
            529: anthropic.InternalServerError,
        }
        for status, error in expected.items():
            with self.subTest(status=status):
                fault("status", status=status)
                with self.assertRaises(error) as caught:
                    self.create(user("hi"))
                self.assertEqual(caught.exception.status_code, status)
                self.assertTrue(caught.exception.request_id.startswith("req_"))

    def test_wrong_requests_are_bad_requests(self) -> None:
        wrong: list[tuple[str, dict[str, Any]]] = [
            ("Extra inputs", {"extra_body": {"colour": "blue"}}),
            ("temperature", {"extra_body": {"temperature": 0.2}}),
            ("max_tokens", {"max_tokens": 200_000}),
            ("thinking.type.enabled", {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4000}),
            ("thinking.type.disabled", {"thinking": {"type": "disabled"}, "model": "claude-opus-5-5"}),
            ("forced tool use", {"tools": [TOOL], "tool_choice": {"type": "any"}, "model": "claude-opus-5-5"}),
        ]
        for words, options in wrong:
            with self.subTest(words=words), self.assertRaises(anthropic.BadRequestError) as caught:
                self.create(user("hi"), **options)
            self.assertIn(words, str(caught.exception))
        transcripts = [
            ("prefill", [user("hi"), {"role": "assistant", "content": "So"}]),
            ("non-empty", [user("")]),
            ("tool_result", [user("hi"), {"role": "assistant", "content": [
                {"type": "tool_use", "id": "toolu_1", "name": "current_time", "input": {}}]}, user("and?")]),
        ]
        for words, messages in transcripts:
            with self.subTest(words=words), self.assertRaises(anthropic.BadRequestError) as caught:
                self.create(*messages)
            self.assertIn(words, str(caught.exception))

    def test_the_older_version_of_the_api_still_takes_a_temperature(self) -> None:
        options: dict[str, Any] = {"model": "claude-haiku-4-5", "extra_body": {"temperature": 0.2}}
        with self.assertRaises(anthropic.BadRequestError):
            self.create(user("hi"), **options)
        older = {"anthropic-version": "2023-06-01", "x-api-key": "sk-ant-simulated"}
        self.assertEqual(self.create(user("hi"), extra_headers=older, **options).stop_reason, "end_turn")

    def test_a_wrong_key_and_a_wrong_model_are_refused(self) -> None:
        control("anthropic", "POST", "settings", {"keys": ["the-right-one"]})
        with self.assertRaises(anthropic.AuthenticationError):
            self.create(user("hi"))
        control("anthropic", "POST", "reset", {})
        with self.assertRaises(anthropic.NotFoundError):
            self.create(user("hi"), model="claude-9")

    def test_spend_limits_carry_no_retry_after(self) -> None:
        fault("spend_limit")
        with self.assertRaises(anthropic.RateLimitError) as caught:
            self.create(user("hi"))
        self.assertNotIn("retry-after", caught.exception.response.headers)
        self.assertEqual(caught.exception.error_code, "enforced_spend_limit_reached")
        fault("workspace_spend_limit")
        with self.assertRaises(anthropic.BadRequestError):
            self.create(user("hi"))

    def test_a_connection_that_is_reset_is_a_connection_error(self) -> None:
        fault("reset")
        with self.assertRaises(anthropic.APIConnectionError):
            self.create(user("hi"))

    def test_a_stream_that_is_cut_or_overloaded_raises(self) -> None:
        fault("overloaded_mid_stream", after_events=4)
        with self.assertRaises(anthropic.APIStatusError) as caught, self.client.messages.stream(
            model=MODEL, max_tokens=100, messages=[user("[sim:words 50]")]
        ) as stream:
            stream.until_done()
        self.assertIn("overloaded_error", str(caught.exception))
        fault("cut_in_character")
        with self.assertRaises((anthropic.APIError, httpx2.HTTPError)), self.client.messages.stream(
            model=MODEL, max_tokens=100, messages=[user("[sim:say größer]")]
        ) as stream:
            stream.until_done()

    # ---- retries ----

    def test_the_client_retries_an_overload_until_it_is_over(self) -> None:
        fault("status", 2, status=529)
        message = self.client.with_options(max_retries=2).messages.create(model=MODEL, max_tokens=100, messages=[user("[sim:say ok]")])
        self.assertEqual(self.text(message), "ok")
        calls = control("anthropic", "GET", "requests")
        self.assertEqual([call["status"] for call in calls], [529, 529, 200])
        counts = [dict(call["headers"])["x-stainless-retry-count"] for call in calls]
        self.assertEqual(counts, ["0", "1", "2"])

    def test_the_client_waits_as_long_as_it_is_told(self) -> None:
        fault("rate_limited", retry_after="1")
        self.client.with_options(max_retries=1).messages.create(model=MODEL, max_tokens=100, messages=[user("hi")])
        first, second = control("anthropic", "GET", "requests")
        self.assertEqual((first["status"], second["status"]), (429, 200))
        self.assertGreaterEqual(second["at_seconds"] - first["at_seconds"], 0.9)


if __name__ == "__main__":
    unittest.main()

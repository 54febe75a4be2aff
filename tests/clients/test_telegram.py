# SPDX-License-Identifier: MIT OR Apache-2.0
"""`python-telegram-bot` talks to the simulator."""

import asyncio
import base64
import logging
import unittest
from typing import Any

from telegram import Bot, Message, MessageEntity, Update
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.request import HTTPXRequest

from simulator import URLS, control

# Test cases run in asyncio's debug mode, which reports every slow step of a busy machine.
logging.getLogger("asyncio").setLevel(logging.ERROR)

TOKEN = "7000000001:AAsimulated-bot-token-not-a-secret-"
ADA = 1815


def sim(method: str, path: str, body: Any = None) -> Any:
    return control("telegram", method, path, body)


def bot(token: str = TOKEN) -> Bot:
    return Bot(
        token,
        base_url=f"{URLS['telegram']}/bot",
        base_file_url=f"{URLS['telegram']}/file/bot",
        request=HTTPXRequest(read_timeout=20),
        get_updates_request=HTTPXRequest(read_timeout=20),
    )


class TelegramBot(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        sim("POST", "reset", {})
        sim("POST", "user", {"id": ADA, "name": "Ada"})
        self.bot = bot()
        await self.bot.initialize()

    async def asyncTearDown(self) -> None:
        await self.bot.shutdown()

    async def receive(self) -> tuple[Update, ...]:
        """Takes and confirms what is waiting."""
        updates = await self.bot.get_updates(timeout=5)
        if updates:
            await self.bot.get_updates(offset=updates[-1].update_id + 1, timeout=0)
        return updates

    async def message(self) -> Message:
        (update,) = await self.receive()
        assert update.message is not None
        return update.message

    def shown(self) -> list[dict[str, Any]]:
        return sim("GET", f"messages?chat={ADA}")

    # ---- the bot ----

    async def test_the_bot_knows_itself(self) -> None:
        me = await self.bot.get_me()
        self.assertTrue(me.is_bot)
        self.assertEqual(me.username, sim("GET", "bot")["username"])

    async def test_a_wrong_token_is_refused(self) -> None:
        with self.assertRaises(InvalidToken):
            await bot("123456:" + "A" * 35).initialize()

    # ---- sending ----

    async def test_markup_becomes_entities(self) -> None:
        sent = await self.bot.send_message(ADA, "<b>bold</b> 👋 <code>x &lt; y</code>", parse_mode=ParseMode.HTML)
        self.assertEqual(sent.text, "bold 👋 x < y")
        found = sent.parse_entities()
        self.assertEqual({entity.type: text for entity, text in found.items()}, {"bold": "bold", "code": "x < y"})
        markdown = await self.bot.send_message(ADA, "*bold* _soft_ ||hidden||", parse_mode=ParseMode.MARKDOWN_V2)
        self.assertEqual([entity.type for entity in markdown.entities], ["bold", "italic", "spoiler"])

    async def test_entities_are_taken_as_they_are(self) -> None:
        text = "日本 👩‍👩‍👧 link"
        entities = MessageEntity.adjust_message_entities_to_utf_16(
            text, [MessageEntity(MessageEntity.TEXT_LINK, text.index("link"), 4, url="https://example.org/")]
        )
        sent = await self.bot.send_message(ADA, text, entities=entities)
        (found,) = sent.parse_entities().items()
        self.assertEqual((found[0].type, found[0].url, found[1]), ("text_link", "https://example.org/", "link"))

    async def test_broken_markup_is_a_bad_request(self) -> None:
        wrong = [("<b>open", ParseMode.HTML), ("<a@b.c>", ParseMode.HTML), ("a.b", ParseMode.MARKDOWN_V2), ("*open", ParseMode.MARKDOWN_V2)]
        for text, mode in wrong:
            with self.subTest(text=text), self.assertRaises(BadRequest) as caught:
                await self.bot.send_message(ADA, text, parse_mode=mode)
            self.assertIn("an't parse entities", str(caught.exception))
        self.assertEqual(self.shown(), [])

    async def test_a_text_has_its_limits(self) -> None:
        await self.bot.send_message(ADA, "x" * 4096)
        with self.assertRaises(BadRequest):
            await self.bot.send_message(ADA, "x" * 4097)
        with self.assertRaises(BadRequest):
            await self.bot.send_message(ADA, " ")

    async def test_an_unknown_chat_and_one_that_blocked_the_bot(self) -> None:
        with self.assertRaises(BadRequest) as caught:
            await self.bot.send_message(404, "hi")
        self.assertIn("hat not found", str(caught.exception))
        sim("POST", "block", {"chat": ADA, "blocked": True})
        with self.assertRaises(Forbidden):
            await self.bot.send_message(ADA, "hi")

    async def test_a_message_is_edited_once_and_not_into_itself(self) -> None:
        sent = await self.bot.send_message(ADA, "first")
        edited = await self.bot.edit_message_text("second", chat_id=ADA, message_id=sent.message_id)
        self.assertEqual((edited.text, edited.message_id), ("second", sent.message_id))
        with self.assertRaises(BadRequest) as caught:
            await self.bot.edit_message_text("second", chat_id=ADA, message_id=sent.message_id)
        self.assertIn("not modified", str(caught.exception))

    async def test_typing_is_shown(self) -> None:
        await self.bot.send_chat_action(ADA, ChatAction.TYPING)
        self.assertEqual([action["action"] for action in sim("GET", f"actions?chat={ADA}")], ["typing"])

    async def test_too_fast_means_wait(self) -> None:
        sim("POST", "fault", {"method": "sendMessage", "fault": {"kind": "too_many_requests", "retry_after": 7}})
        with self.assertRaises(RetryAfter) as caught:
            await self.bot.send_message(ADA, "hi")
        self.assertIn("7", str(caught.exception))

    async def test_a_reset_connection_is_a_network_error(self) -> None:
        sim("POST", "fault", {"method": "sendMessage", "fault": {"kind": "reset_after"}})
        with self.assertRaises(NetworkError):
            await self.bot.send_message(ADA, "did it arrive?")
        self.assertEqual([message["text"] for message in self.shown()], ["did it arrive?"])

    # ---- receiving ----

    async def test_a_long_poll_waits_for_the_message(self) -> None:
        waiting = asyncio.create_task(self.bot.get_updates(timeout=10))
        await asyncio.sleep(0.3)
        self.assertFalse(waiting.done())
        await asyncio.to_thread(sim, "POST", "text", {"chat": ADA, "text": "Hello 👋"})
        (update,) = await asyncio.wait_for(waiting, 5)
        message = update.effective_message
        self.assertEqual((message.text, message.from_user.first_name, message.chat.type), ("Hello 👋", "Ada", "private"))

    async def test_updates_stay_until_they_are_confirmed(self) -> None:
        for text in ("one", "two"):
            sim("POST", "text", {"chat": ADA, "text": text})
        first = await self.bot.get_updates()
        self.assertEqual([update.message.text for update in first], ["one", "two"])
        again = await self.bot.get_updates(offset=first[0].update_id + 1)
        self.assertEqual([update.message.text for update in again], ["two"])
        self.assertEqual(await self.bot.get_updates(offset=again[-1].update_id + 1, timeout=0), ())

    async def test_two_polls_are_a_conflict(self) -> None:
        first = asyncio.create_task(self.bot.get_updates(timeout=5))
        await asyncio.sleep(0.2)
        second = asyncio.create_task(self.bot.get_updates(timeout=1))
        outcomes = await asyncio.gather(first, second, return_exceptions=True)
        self.assertEqual(sum(isinstance(outcome, Conflict) for outcome in outcomes), 1)

    async def test_commands_come_with_their_entity(self) -> None:
        sim("POST", "text", {"chat": ADA, "text": "/start now"})
        message = await self.message()
        self.assertEqual(message.parse_entities([MessageEntity.BOT_COMMAND]), {message.entities[0]: "/start"})

    async def test_a_document_is_downloaded(self) -> None:
        content = "größer\n".encode() * 1000
        data = base64.b64encode(content).decode()
        sim("POST", "file", {"chat": ADA, "kind": "document", "data": data, "name": "a.txt", "media_type": "text/plain", "caption": "read"})
        message = await self.message()
        self.assertEqual((message.document.file_name, message.document.file_size, message.caption), ("a.txt", len(content), "read"))
        file = await message.document.get_file()
        self.assertEqual(bytes(await file.download_as_bytearray()), content)

    async def test_a_photo_is_downloaded(self) -> None:
        pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        sim("POST", "file", {"chat": ADA, "kind": "photo", "data": pixel})
        message = await self.message()
        file = await message.photo[-1].get_file()
        self.assertEqual(bytes(await file.download_as_bytearray()), base64.b64decode(pixel))

    async def test_a_file_that_is_too_big_cannot_be_had(self) -> None:
        sim("POST", "file", {"chat": ADA, "kind": "document", "data": "eA==", "name": "big.bin", "size": 21 * 1024 * 1024})
        message = await self.message()
        with self.assertRaises(BadRequest) as caught:
            await message.document.get_file()
        self.assertIn("too big", str(caught.exception))

    async def test_an_album_comes_as_messages_of_one_group(self) -> None:
        files = [{"kind": "document", "data": "eA==", "name": f"{n}.txt"} for n in range(3)]
        sim("POST", "album", {"chat": ADA, "files": files})
        updates = await self.receive()
        self.assertEqual(len({update.message.media_group_id for update in updates}), 1)
        self.assertEqual(len(updates), 3)


if __name__ == "__main__":
    unittest.main()

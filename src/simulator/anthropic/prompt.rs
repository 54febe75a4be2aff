// SPDX-License-Identifier: MIT OR Apache-2.0
//! The prompt as the model reads it: tools, then system, then messages, cut into units that can be cached.
//!
//! A unit's digest covers the bytes as they were sent, in the order in which the keys were sent: a client whose tool
//! schemas come out of a hash map in another order on each call misses the cache here, as it does at the real API. Only
//! `cache_control` is left out, so that a breakpoint may move; and a text is the same whether sent as a string or as a
//! block.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{
    error::ApiError,
    request::{Block, Kind, Request, Role, ToolChoice, Ttl},
    tokens,
};

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// The part of the prompt that a unit belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The tools.
    Tools,
    /// The system prompt.
    System,
    /// The transcript.
    Messages,
}

/// The smallest piece that can end a cached prefix: a tool, or a block.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Digest of this piece alone.
    pub digest: Digest,
    /// Its tokens.
    pub tokens: u64,
    /// Whether there is a breakpoint behind it.
    pub cache: Option<Ttl>,
    /// Where it stands.
    pub level: Level,
}

/// All units in order.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// The units.
    pub units: Vec<Unit>,
    /// For each message, the position of its first unit.
    pub starts: Vec<usize>,
    /// What changes the cache of the messages without being part of them: tool choice, thinking, whether there are images.
    modes: Digest,
}

#[derive(Deserialize)]
struct RawBody<'a> {
    #[serde(borrow, default)]
    tools: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    messages: Vec<RawMessage<'a>>,
}

#[derive(Deserialize)]
struct RawMessage<'a> {
    #[serde(borrow)]
    content: &'a RawValue,
}

impl Prompt {
    /// Cuts a checked request into units; `body` is the request as it was sent.
    ///
    /// # Errors
    /// The body is not the one that was checked.
    pub fn new(request: &Request, body: &[u8]) -> Result<Prompt, ApiError> {
        let unreadable = |_| ApiError::invalid("The request body is not valid JSON");
        let raw: RawBody<'_> = serde_json::from_slice(body).map_err(unreadable)?;
        let mut units = Vec::new();
        let mut add = |digest, tokens, cache, level| units.push(Unit { digest, tokens, cache, level });
        for (tool, raw) in request.tools.iter().zip(raw.tools.iter().flatten()) {
            add(digest_json(raw).map_err(unreadable)?, tokens::tool(tool), tool.cache, Level::Tools);
        }
        for block in &request.system {
            if let Kind::Text(text) = &block.kind {
                add(digest_text("system", text), tokens::block(block), block.cache, Level::System);
            }
        }
        let mut starts = Vec::new();
        let mut count = request.tools.len().saturating_add(request.system.len());
        let mut previous = None;
        for (message, raw) in request.messages.iter().zip(&raw.messages) {
            starts.push(count);
            count = count.saturating_add(message.content.len());
            let raws: Vec<&RawValue> = match message.content.as_slice() {
                [] | [Block { kind: Kind::Text(_), .. }] => Vec::new(),
                _ => serde_json::from_str(raw.content.get()).map_err(unreadable)?,
            };
            for (at, block) in message.content.iter().enumerate() {
                // Messages of the same role in a row are one turn.
                let turn = if previous == Some(message.role) { "" } else { role(message.role) };
                previous = Some(message.role);
                let digest = match (&block.kind, raws.get(at)) {
                    (Kind::Text(text), _) => digest_text(turn, text),
                    (_, Some(raw)) => {
                        let inner = digest_json(raw).map_err(unreadable)?;
                        Sha256::new()
                            .chain_update(turn)
                            .chain_update([0])
                            .chain_update(inner)
                            .finalize()
                            .into()
                    }
                    (_, None) => {
                        return Err(ApiError::invalid("messages: content changed while it was read"));
                    }
                };
                let extra = if at == 0 { tokens::MESSAGE } else { 0 };
                add(digest, tokens::block(block).saturating_add(extra), block.cache, Level::Messages);
            }
        }
        let mut prompt = Prompt { units, starts, modes: modes(request) };
        prompt.break_automatically(request)?;
        prompt.check_breakpoints()?;
        Ok(prompt)
    }

    /// Tokens of the whole prompt.
    pub fn tokens(&self) -> u64 {
        self.units.iter().map(|unit| unit.tokens).fold(0, u64::saturating_add)
    }

    /// Digest of everything before message `message`; of the whole prompt if there are fewer messages. What thinking is
    /// bound to.
    pub fn before_message(&self, message: usize) -> Digest {
        let end = self.starts.get(message).copied().unwrap_or(self.units.len());
        let mut hasher = Sha256::new();
        for unit in self.units.iter().take(end) {
            hasher.update(unit.digest);
        }
        hasher.finalize().into()
    }

    /// For each unit, the digest and the tokens of the prefix that ends with it, as the cache knows them.
    pub fn prefixes(&self, scope: &[&str]) -> Vec<(Digest, u64)> {
        let mut hasher = Sha256::new();
        for part in scope {
            hasher.update(part);
            hasher.update([0]);
        }
        let mut tokens = 0_u64;
        let mut in_messages = false;
        self.units
            .iter()
            .map(|unit| {
                if unit.level == Level::Messages && !in_messages {
                    in_messages = true;
                    hasher.update(self.modes);
                }
                hasher.update(unit.digest);
                tokens = tokens.saturating_add(unit.tokens);
                (hasher.clone().finalize().into(), tokens)
            })
            .collect()
    }

    /// The top-level `cache_control`: a breakpoint behind the last block.
    fn break_automatically(&mut self, request: &Request) -> Result<(), ApiError> {
        let Some(ttl) = request.auto_cache else { return Ok(()) };
        match self.units.last_mut() {
            Some(unit) if unit.cache.is_some_and(|own| own != ttl) => Err(ApiError::invalid(
                "cache_control: the last block has a cache_control of its own with another ttl",
            )),
            Some(unit) => {
                unit.cache = Some(ttl);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn check_breakpoints(&self) -> Result<(), ApiError> {
        let found = self.units.iter().filter(|unit| unit.cache.is_some()).count();
        if found > 4 {
            return Err(ApiError::invalid(format!(
                "A maximum of 4 blocks with cache_control may be provided. Found {found}."
            )));
        }
        let mut short = false;
        for unit in &self.units {
            match unit.cache {
                Some(Ttl::FiveMinutes) => short = true,
                Some(Ttl::OneHour) if short => {
                    return Err(ApiError::invalid(
                        "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that \
                         blocks are processed in the following order: `tools`, `system`, `messages`.",
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn modes(request: &Request) -> Digest {
    let images = request.messages.iter().flat_map(|message| &message.content).any(has_image);
    let choice = match &request.tool_choice {
        ToolChoice::Auto => "auto",
        ToolChoice::Any => "any",
        ToolChoice::None => "none",
        ToolChoice::Tool(name) => name,
    };
    let thinking = request.thinking.as_ref().map(|thinking| (thinking.kind.as_str(), thinking.budget));
    Sha256::digest(format!("{choice}\0{thinking:?}\0{images}")).into()
}

fn has_image(block: &Block) -> bool {
    match &block.kind {
        Kind::Image(_) => true,
        Kind::ToolResult { content, .. } => content.iter().any(has_image),
        _ => false,
    }
}

fn digest_text(place: &str, text: &str) -> Digest {
    Sha256::new().chain_update(place).chain_update([1]).chain_update(text).finalize().into()
}

fn digest_json(raw: &RawValue) -> Result<Digest, serde_json::Error> {
    let mut hasher = Sha256::new();
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    Walk(&mut hasher).deserialize(&mut deserializer)?;
    Ok(hasher.finalize().into())
}

/// Feeds a JSON value to a hasher in the order in which it was written, without `cache_control`.
struct Walk<'h>(&'h mut Sha256);

impl Walk<'_> {
    fn put(&mut self, tag: u8, bytes: &[u8]) {
        self.0.update([tag]);
        self.0.update(bytes.len().to_le_bytes());
        self.0.update(bytes);
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(mut self) -> Result<(), E> {
        self.put(b'n', &[]);
        Ok(())
    }

    fn visit_bool<E>(mut self, value: bool) -> Result<(), E> {
        self.put(b'b', &[u8::from(value)]);
        Ok(())
    }

    fn visit_u64<E>(mut self, value: u64) -> Result<(), E> {
        self.put(b'i', &value.to_le_bytes());
        Ok(())
    }

    fn visit_i64<E>(mut self, value: i64) -> Result<(), E> {
        self.put(b'i', &value.to_le_bytes());
        Ok(())
    }

    fn visit_f64<E>(mut self, value: f64) -> Result<(), E> {
        self.put(b'f', &value.to_le_bytes());
        Ok(())
    }

    fn visit_str<E>(mut self, value: &str) -> Result<(), E> {
        self.put(b's', value.as_bytes());
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        self.put(b'[', &[]);
        while list.next_element_seed(Walk(self.0))?.is_some() {}
        self.put(b']', &[]);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.put(b'{', &[]);
        while let Some(key) = map.next_key::<String>()? {
            if key == "cache_control" {
                map.next_value::<IgnoredAny>().map_err(A::Error::custom)?;
            } else {
                self.put(b'k', key.as_bytes());
                map.next_value_seed(Walk(self.0))?;
            }
        }
        self.put(b'}', &[]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anthropic::schema;

    fn prompt(body: &str) -> Result<Prompt, ApiError> {
        Prompt::new(&schema::create(&serde_json::from_str(body).unwrap())?, body.as_bytes())
    }

    fn body(middle: &str) -> String {
        format!(r#"{{"model":"claude-haiku-5-5","max_tokens":5,{middle}}}"#)
    }

    const QUESTION: &str = r#""messages":[{"role":"user","content":"hi"}]"#;

    #[test]
    fn a_string_and_a_text_block_are_the_same_prompt() {
        let one = prompt(&body(r#""system":"S","messages":[{"role":"user","content":"hi"}]"#)).unwrap();
        let two = prompt(&body(
            r#""system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral"}}],
               "messages":[{"role":"user","content":[{"text":"hi","type":"text"}]}]"#,
        ))
        .unwrap();
        assert_eq!(one.before_message(9), two.before_message(9));
        assert_eq!(one.tokens(), 1 + 1 + tokens::MESSAGE);
    }

    #[test]
    fn another_order_of_keys_in_a_tool_is_another_prompt() {
        let tools = |properties: &str| {
            body(&format!(
                r#""tools":[{{"name":"t","input_schema":{{"type":"object","properties":{properties}}}}}],{QUESTION}"#
            ))
        };
        let one = prompt(&tools(r#"{"a":{},"b":{}}"#)).unwrap();
        let two = prompt(&tools(r#"{"b":{},"a":{}}"#)).unwrap();
        assert_ne!(one.before_message(0), two.before_message(0));
    }

    #[test]
    fn a_breakpoint_may_move_without_changing_the_prompt() {
        let tool = |cache: &str| {
            body(&format!(r#""tools":[{{"name":"t","input_schema":{{"type":"object"}}{cache}}}],{QUESTION}"#))
        };
        let one = prompt(&tool("")).unwrap();
        let two = prompt(&tool(r#","cache_control":{"type":"ephemeral","ttl":"1h"}"#)).unwrap();
        assert_eq!(one.before_message(9), two.before_message(9));
    }

    #[test]
    fn an_empty_prefill_is_a_message_without_units() {
        let messages = r#""messages":[{"role":"user","content":"a"},{"role":"assistant","content":""}]"#;
        assert_eq!(prompt(&body(messages)).unwrap().units.len(), 1);
    }

    #[test]
    fn who_speaks_is_part_of_the_prompt() {
        let one = prompt(&body(r#""messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]"#)).unwrap();
        let two = prompt(&body(r#""messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"user","content":"c"}]"#)).unwrap();
        assert_ne!(one.before_message(9), two.before_message(9));
        assert_eq!(one.before_message(1), two.before_message(1));
    }

    #[test]
    fn five_breakpoints_are_refused_and_so_is_a_long_one_after_a_short_one() {
        let block = |ttl: &str| {
            format!(r#"{{"type":"text","text":"x","cache_control":{{"type":"ephemeral","ttl":"{ttl}"}}}}"#)
        };
        let system = |ttls: &[&str]| {
            let blocks: Vec<String> = ttls.iter().map(|ttl| block(ttl)).collect();
            prompt(&body(&format!(r#""system":[{}],{QUESTION}"#, blocks.join(","))))
        };
        assert!(system(&["1h", "1h", "5m", "5m"]).is_ok());
        assert!(system(&["5m"; 5]).unwrap_err().message.contains("maximum of 4 blocks"));
        assert!(system(&["5m", "1h"]).unwrap_err().message.contains("must not come after"));
    }

    #[test]
    fn the_top_level_breakpoint_stands_behind_the_last_block_and_counts() {
        let auto =
            prompt(&body(&format!(r#""cache_control":{{"type":"ephemeral"}},"system":"S",{QUESTION}"#)))
                .unwrap();
        assert_eq!(auto.units.last().unwrap().cache, Some(Ttl::FiveMinutes));
        let block = r#"{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}"#;
        let full = body(&format!(
            r#""cache_control":{{"type":"ephemeral"}},"system":[{block},{block},{block},{block}],{QUESTION}"#
        ));
        assert!(prompt(&full).unwrap_err().message.contains("Found 5"));
    }

    #[test]
    fn tool_choice_and_thinking_change_the_cache_of_messages_only() {
        let plain = prompt(&body(&format!(r#""system":"S",{QUESTION}"#))).unwrap();
        let other =
            prompt(&body(&format!(r#""system":"S","thinking":{{"type":"adaptive"}},{QUESTION}"#))).unwrap();
        let (plain, other) = (plain.prefixes(&["k"]), other.prefixes(&["k"]));
        assert_eq!(plain[0], other[0]);
        assert_ne!(plain[1], other[1]);
    }
}

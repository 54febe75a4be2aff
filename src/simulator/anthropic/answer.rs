// SPDX-License-Identifier: MIT OR Apache-2.0
//! From what Claude wants to say to the message that the API returns: limits, stop sequences, thinking, usage.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    brain::{Ending, Part, Reply},
    models::Model,
    prices::Usage,
    prompt::Prompt,
    request::Request,
    rules, thinking, tokens,
};

/// A block of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Thinking; the text is empty unless it is shown.
    Thinking {
        /// What is shown of it.
        text: String,
        /// To be given back with it.
        signature: String,
    },
    /// Words.
    Text(String),
    /// A call.
    Tool {
        /// Id of the call.
        id: String,
        /// The tool.
        name: String,
        /// Its arguments.
        input: Value,
    },
}

/// A finished message.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// `msg_…`.
    pub id: String,
    /// Id of the model that answered.
    pub model: &'static str,
    /// The blocks.
    pub content: Vec<Content>,
    /// Why it ends.
    pub stop_reason: &'static str,
    /// The sequence that ended it.
    pub stop_sequence: Option<String>,
    /// Everything that is billed.
    pub usage: Usage,
    /// How much of the output was thinking.
    pub thinking_tokens: u64,
    /// How long the answer takes.
    pub pace: Duration,
    /// Whether `diagnostics` were asked for.
    pub diagnostics: bool,
}

/// Cuts a reply to what the request allows. `prompt_usage` says how the prompt is billed; `name` gives new ids.
pub fn compose(
    request: &Request,
    model: &'static Model,
    prompt: &Prompt,
    prompt_usage: Usage,
    mut reply: Reply,
    mut name: impl FnMut(&str) -> String,
) -> Answer {
    let room = model.context.saturating_sub(prompt.tokens());
    let mut answer = Answer {
        id: name("msg_01"),
        model: model.dated.unwrap_or(model.id),
        content: Vec::new(),
        stop_reason: "end_turn",
        stop_sequence: None,
        usage: prompt_usage,
        thinking_tokens: 0,
        pace: reply.pace,
        diagnostics: request.diagnostics,
    };
    if request.max_tokens == 0 {
        answer.stop_reason = "max_tokens";
        return answer;
    }
    if reply.ending == Some(Ending::Refusal) {
        answer.stop_reason = "refusal";
        answer.usage.output = 1;
        return answer;
    }
    let full = if room < request.max_tokens { "model_context_window_exceeded" } else { "max_tokens" };
    let mut left = request.max_tokens.min(room);
    if rules::thinks(request, model) {
        if model.bound_thinking {
            think_aloud(&mut reply);
        }
        answer.thinking_tokens = tokens::text(&reply.thought).saturating_add(4).min(left);
        left = left.saturating_sub(answer.thinking_tokens);
        let shown =
            request.thinking.as_ref().and_then(|thinking| thinking.shown).unwrap_or(model.shows_thinking);
        let text = if shown { std::mem::take(&mut reply.thought) } else { String::new() };
        let signature = thinking::sign(model, &text, prompt);
        answer.content.push(Content::Thinking { text, signature });
    }
    if reply.ending == Some(Ending::MaxTokens) {
        let wanted: u64 = reply.parts.iter().map(cost).fold(0, u64::saturating_add);
        left = left.min(wanted.checked_div(2).unwrap_or(0).max(1));
    }
    let mut spent = 0_u64;
    for part in reply.parts {
        let price = cost(&part);
        let free = left.saturating_sub(spent);
        match part {
            Part::Text(text) => {
                let (text, sequence) = stop_at(text, &request.stop_sequences);
                let (kept, whole) = cut(&text, free);
                spent = spent.saturating_add(tokens::text(kept));
                if !kept.trim().is_empty() {
                    answer.content.push(Content::Text(kept.to_owned()));
                }
                if !whole {
                    answer.stop_reason = full;
                    break;
                }
                if sequence.is_some() {
                    answer.stop_reason = "stop_sequence";
                    answer.stop_sequence = sequence;
                    break;
                }
            }
            Part::Tool { name: tool, input } => {
                if price > free {
                    answer.stop_reason = full;
                    break;
                }
                spent = spent.saturating_add(price);
                answer.stop_reason = "tool_use";
                answer.content.push(Content::Tool { id: name("toolu_01"), name: tool, input });
            }
        }
    }
    match reply.ending {
        Some(Ending::MaxTokens) => answer.stop_reason = "max_tokens",
        Some(Ending::Pause) => answer.stop_reason = "pause_turn",
        _ => {}
    }
    answer.usage.output = spent.saturating_add(answer.thinking_tokens).max(1);
    answer
}

/// On the newest models words between calls come as thinking.
fn think_aloud(reply: &mut Reply) {
    if !reply.parts.iter().any(|part| matches!(part, Part::Tool { .. })) {
        return;
    }
    reply.parts.retain(|part| match part {
        Part::Text(text) => {
            reply.thought.push('\n');
            reply.thought.push_str(text);
            false
        }
        Part::Tool { .. } => true,
    });
}

fn cost(part: &Part) -> u64 {
    match part {
        Part::Text(text) => tokens::text(text),
        Part::Tool { name, input } => tokens::call(name, input),
    }
}

/// The text before the first stop sequence in it, and that sequence.
fn stop_at(mut text: String, sequences: &[String]) -> (String, Option<String>) {
    let first = sequences.iter().filter_map(|sequence| Some((text.find(sequence.as_str())?, sequence))).min();
    match first.map(|(at, sequence)| (at, sequence.clone())) {
        Some((at, sequence)) => {
            text.truncate(at);
            (text, Some(sequence))
        }
        None => (text, None),
    }
}

/// As much of the text as `left` tokens hold, and whether that is all of it.
fn cut(text: &str, left: u64) -> (&str, bool) {
    if tokens::text(text) <= left {
        return (text, true);
    }
    let mut end = usize::try_from(left.saturating_mul(4)).unwrap_or(usize::MAX).min(text.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    (text.get(..end).unwrap_or_default(), false)
}

impl Answer {
    /// The message as the endpoint returns it without streaming.
    pub fn json(&self) -> Value {
        let content: Vec<Value> = self.content.iter().map(Content::json).collect();
        let mut message = self.head();
        if let Some(object) = message.as_object_mut() {
            object.insert("content".to_owned(), Value::Array(content));
            object.insert("stop_reason".to_owned(), json!(self.stop_reason));
            object.insert("stop_sequence".to_owned(), json!(self.stop_sequence));
            object.insert("stop_details".to_owned(), self.stop_details());
            object.insert("usage".to_owned(), self.usage_json(self.usage.output, Some(self.thinking_tokens)));
        }
        message
    }

    /// The message as `message_start` shows it: empty, with what is known of its usage.
    pub fn head(&self) -> Value {
        let mut head = json!({
            "id": self.id, "type": "message", "role": "assistant", "model": self.model, "content": [],
            "stop_reason": null, "stop_sequence": null, "stop_details": null,
            "usage": self.usage_json(self.usage.output.min(1), None),
        });
        if self.diagnostics
            && let Some(object) = head.as_object_mut()
        {
            // Null inside: the comparison with the earlier request is still pending.
            object.insert("diagnostics".to_owned(), json!({ "cache_miss_reason": null }));
        }
        head
    }

    /// `stop_details`.
    pub fn stop_details(&self) -> Value {
        match self.stop_reason {
            "refusal" => json!({"type": "refusal", "category": null, "explanation": null}),
            _ => Value::Null,
        }
    }

    /// The usage with this many output tokens so far.
    pub fn usage_json(&self, output: u64, thinking_tokens: Option<u64>) -> Value {
        let usage = &self.usage;
        let mut value = json!({
            "input_tokens": usage.input,
            "cache_creation_input_tokens": usage.cache_write_5m.saturating_add(usage.cache_write_1h),
            "cache_read_input_tokens": usage.cache_read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": usage.cache_write_5m,
                "ephemeral_1h_input_tokens": usage.cache_write_1h,
            },
            "output_tokens": output,
            "service_tier": "standard",
            "inference_geo": "not_available",
        });
        if let (Some(tokens), Some(object)) = (thinking_tokens, value.as_object_mut()) {
            object.insert("output_tokens_details".to_owned(), json!({ "thinking_tokens": tokens }));
        }
        value
    }
}

impl Content {
    fn json(&self) -> Value {
        match self {
            Content::Thinking { text, signature } => {
                json!({"type": "thinking", "thinking": text, "signature": signature})
            }
            Content::Text(text) => json!({"type": "text", "text": text}),
            Content::Tool { id, name, input } => {
                json!({"type": "tool_use", "id": id, "name": name, "input": input})
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anthropic::{brain, models, schema};

    fn answer(extra: &Value) -> Answer {
        let mut body = json!({"model": "claude-haiku-4-5", "max_tokens": 100});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let request = schema::create(&body).unwrap();
        let model = models::find(&request.model).unwrap();
        let prompt = Prompt::new(&request, body.to_string().as_bytes()).unwrap();
        let usage = Usage { input: prompt.tokens(), ..Usage::default() };
        let mut serial = 0;
        compose(&request, model, &prompt, usage, brain::answer(&request), |kind| {
            serial += 1;
            format!("{kind}{serial}")
        })
    }

    fn says(text: &str) -> Value {
        json!({"messages": [{"role": "user", "content": text}]})
    }

    fn with(mut one: Value, two: &Value) -> Value {
        one.as_object_mut().unwrap().extend(two.as_object().unwrap().clone());
        one
    }

    #[test]
    fn max_tokens_cuts_between_characters_and_says_so() {
        let answer = answer(&with(says("[sim:say 日本語日本語]"), &json!({"max_tokens": 2})));
        assert_eq!(answer.content, [Content::Text("日本".to_owned())]);
        assert_eq!((answer.stop_reason, answer.usage.output), ("max_tokens", 2));
    }

    #[test]
    fn the_first_stop_sequence_ends_the_answer() {
        let answer =
            answer(&with(says("[sim:say one STOP two END]"), &json!({"stop_sequences": ["END", "STOP"]})));
        assert_eq!(answer.content, [Content::Text("one ".to_owned())]);
        assert_eq!((answer.stop_reason, answer.stop_sequence.as_deref()), ("stop_sequence", Some("STOP")));
    }

    #[test]
    fn a_full_context_window_has_a_stop_reason_of_its_own() {
        let long = "word".repeat(199_990);
        let answer = answer(
            &json!({"system": long, "messages": [{"role": "user", "content": "[sim:words 90]"}], "max_tokens": 1_000}),
        );
        assert_eq!(answer.stop_reason, "model_context_window_exceeded");
    }

    #[test]
    fn thinking_comes_first_hidden_or_shown_and_is_billed() {
        let hidden = answer(&with(says("hi"), &json!({"model": "claude-opus-5-5"})));
        assert!(matches!(hidden.content.first(), Some(Content::Thinking { text, .. }) if text.is_empty()));
        assert!(hidden.thinking_tokens > 0 && hidden.usage.output > hidden.thinking_tokens);
        let shown =
            json!({"model": "claude-opus-5-5", "thinking": {"type": "adaptive", "display": "summarized"}});
        let shown = answer(&with(says("hi"), &shown));
        assert!(matches!(shown.content.first(), Some(Content::Thinking { text, .. }) if !text.is_empty()));
        assert!(matches!(answer(&says("hi")).content.first(), Some(Content::Text(_))));
    }

    #[test]
    fn on_the_newest_models_words_beside_a_call_are_thinking() {
        let says = says("[sim:say Looking.][sim:tool look {}]");
        let newest = answer(&with(says.clone(), &json!({"model": "claude-opus-5-5"})));
        assert!(matches!(newest.content.as_slice(), [Content::Thinking { .. }, Content::Tool { .. }]));
        let older = answer(&says);
        assert!(matches!(older.content.as_slice(), [Content::Text(_), Content::Tool { .. }]));
        assert_eq!(older.stop_reason, "tool_use");
    }

    #[test]
    fn a_refusal_and_a_warm_up_have_no_content() {
        let refusal = answer(&says("[sim:refuse]"));
        assert_eq!((refusal.stop_reason, refusal.content.len()), ("refusal", 0));
        assert_eq!(refusal.json()["stop_details"]["type"], "refusal");
        let warm = answer(&with(says("hi"), &json!({"max_tokens": 0})));
        assert_eq!((warm.usage.output, warm.content.len()), (0, 0));
    }
}

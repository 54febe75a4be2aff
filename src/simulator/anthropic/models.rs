// SPDX-License-Identifier: MIT OR Apache-2.0
//! The models, as data: what each may be asked for, its limits, its prices.

use serde_json::{Value, json};

use super::prices::{self, Price};

/// Whether a model thinks when nobody asks it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinks {
    /// On every answer.
    Always,
    /// By default; the lowest effort and the setting that turns it off stop it.
    ByDefault,
    /// Only when asked.
    WhenAsked,
}

/// A model and its rules.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The id in requests.
    pub id: &'static str,
    /// The dated id, where there is one.
    pub dated: Option<&'static str>,
    /// The name for people.
    pub name: &'static str,
    /// Release date.
    pub released: &'static str,
    /// Prompt and answer together, in tokens.
    pub context: u64,
    /// The largest `max_tokens`.
    pub max_output: u64,
    /// Shorter prefixes are silently not cached.
    pub cache_minimum: u64,
    /// Whether `temperature`, `top_p` and `top_k` may differ from their defaults.
    pub sampling: bool,
    /// Whether the last message may be the assistant's.
    pub prefill: bool,
    /// Whether `tool_choice` may be `any` or `tool`.
    pub forced_tools: bool,
    /// Whether `output_config.effort` is known.
    pub effort: bool,
    /// The accepted values of `thinking.type`.
    pub thinking: &'static [&'static str],
    /// When it thinks.
    pub thinks: Thinks,
    /// Whether thinking comes with its text unless `display` says otherwise.
    pub shows_thinking: bool,
    /// Whether its thinking blocks may only be replayed behind the very same tools, system prompt and messages.
    pub bound_thinking: bool,
    /// Prices, smallest prompt first.
    pub prices: &'static [Price],
}

/// What the newest line shares; rows differ from it by what they name.
const NEWEST: Model = Model {
    id: "",
    dated: None,
    name: "",
    released: "",
    context: 1_000_000,
    max_output: 128_000,
    cache_minimum: 512,
    sampling: false,
    prefill: false,
    forced_tools: false,
    effort: true,
    thinking: &["adaptive"],
    thinks: Thinks::ByDefault,
    shows_thinking: false,
    bound_thinking: true,
    prices: &[],
};

/// What the models before 4.6 share.
const OLD: Model = Model {
    context: 200_000,
    max_output: 64_000,
    cache_minimum: 1_024,
    sampling: true,
    prefill: true,
    forced_tools: true,
    effort: false,
    thinking: &["enabled", "disabled"],
    thinks: Thinks::WhenAsked,
    shows_thinking: true,
    bound_thinking: false,
    ..NEWEST
};

/// What the models from 4.6 to 5 share.
const MIDDLE: Model = Model {
    cache_minimum: 1_024,
    forced_tools: true,
    thinking: &["adaptive", "disabled"],
    thinks: Thinks::WhenAsked,
    bound_thinking: false,
    ..NEWEST
};

/// Every model that can be called. Newest first, as the API lists them.
pub const MODELS: &[Model] = &[
    Model {
        id: "claude-haiku-5-5",
        name: "Claude Haiku 5.5",
        released: "2026-10-07T00:00:00Z",
        forced_tools: true,
        thinking: &["adaptive", "disabled"],
        prices: prices::HAIKU_5_5,
        ..NEWEST
    },
    Model {
        id: "claude-sonnet-5-5",
        name: "Claude Sonnet 5.5",
        released: "2026-09-28T00:00:00Z",
        thinking: &["adaptive", "between_tools"],
        prices: prices::SONNET_5_5,
        ..NEWEST
    },
    Model {
        id: "claude-opus-5-5",
        name: "Claude Opus 5.5",
        released: "2026-09-22T00:00:00Z",
        thinks: Thinks::Always,
        prices: prices::OPUS_5_5,
        ..NEWEST
    },
    Model {
        id: "claude-fable-5-1",
        name: "Claude Fable 5.1",
        released: "2026-08-26T00:00:00Z",
        thinks: Thinks::Always,
        prices: prices::FABLE_5_1,
        ..NEWEST
    },
    Model {
        id: "claude-opus-5",
        name: "Claude Opus 5",
        released: "2026-07-24T00:00:00Z",
        cache_minimum: 512,
        thinks: Thinks::ByDefault,
        prices: prices::OPUS_5,
        ..MIDDLE
    },
    Model {
        id: "claude-sonnet-5",
        name: "Claude Sonnet 5",
        released: "2026-06-30T00:00:00Z",
        thinks: Thinks::ByDefault,
        prices: prices::SONNET_5,
        ..MIDDLE
    },
    Model {
        id: "claude-opus-4-8",
        name: "Claude Opus 4.8",
        released: "2026-05-28T00:00:00Z",
        prices: prices::OPUS_5,
        ..MIDDLE
    },
    Model {
        id: "claude-opus-4-7",
        name: "Claude Opus 4.7",
        released: "2026-04-16T00:00:00Z",
        cache_minimum: 2_048,
        prices: prices::OPUS_5,
        ..MIDDLE
    },
    Model {
        id: "claude-sonnet-4-6",
        name: "Claude Sonnet 4.6",
        released: "2026-02-17T00:00:00Z",
        sampling: true,
        thinking: &["adaptive", "enabled", "disabled"],
        shows_thinking: true,
        prices: prices::SONNET_4,
        ..MIDDLE
    },
    Model {
        id: "claude-opus-4-6",
        name: "Claude Opus 4.6",
        released: "2026-02-05T00:00:00Z",
        cache_minimum: 4_096,
        sampling: true,
        thinking: &["adaptive", "enabled", "disabled"],
        shows_thinking: true,
        prices: prices::OPUS_5,
        ..MIDDLE
    },
    Model {
        id: "claude-opus-4-5",
        dated: Some("claude-opus-4-5-20251101"),
        name: "Claude Opus 4.5",
        released: "2025-11-01T00:00:00Z",
        cache_minimum: 4_096,
        effort: true,
        prices: prices::OPUS_5,
        ..OLD
    },
    Model {
        id: "claude-haiku-4-5",
        dated: Some("claude-haiku-4-5-20251001"),
        name: "Claude Haiku 4.5",
        released: "2025-10-01T00:00:00Z",
        cache_minimum: 4_096,
        prices: prices::HAIKU_4_5,
        ..OLD
    },
    Model {
        id: "claude-sonnet-4-5",
        dated: Some("claude-sonnet-4-5-20250929"),
        name: "Claude Sonnet 4.5",
        released: "2025-09-29T00:00:00Z",
        prices: prices::SONNET_4,
        ..OLD
    },
    Model {
        id: "claude-opus-4-1",
        dated: Some("claude-opus-4-1-20250805"),
        name: "Claude Opus 4.1",
        released: "2025-08-05T00:00:00Z",
        max_output: 32_000,
        prices: prices::OPUS_4,
        ..OLD
    },
];

/// The model of this id, dated or not.
pub fn find(id: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.id == id || model.dated == Some(id))
}

impl Model {
    /// The model as `GET /v1/models` shows it.
    pub fn info(&self) -> Value {
        let yes = |supported: bool| json!({ "supported": supported });
        let thinking = |kind: &str| yes(self.thinking.contains(&kind));
        let line = ["haiku", "sonnet", "opus", "fable"].into_iter().find(|line| self.id.contains(line));
        json!({
            "type": "model",
            "id": self.dated.unwrap_or(self.id),
            "display_name": self.name,
            "created_at": self.released,
            "deprecated_at": null,
            "retires_at": null,
            "lifecycle": "active",
            "line": line,
            "max_input_tokens": self.context,
            "max_tokens": self.max_output,
            "capabilities": {
                "batch": yes(true),
                "citations": yes(true),
                "code_execution": yes(false),
                "context_management": { "supported": false },
                "effort": {
                    "supported": self.effort, "low": yes(self.effort), "medium": yes(self.effort),
                    "high": yes(self.effort), "xhigh": yes(self.effort), "max": yes(self.effort),
                },
                "image_input": yes(true),
                "pdf_input": yes(true),
                "server_tools": { "supported": false },
                "structured_outputs": yes(true),
                "thinking": {
                    "supported": true,
                    "types": {
                        "adaptive": thinking("adaptive"), "between_tools": thinking("between_tools"),
                        "disabled": thinking("disabled"), "enabled": thinking("enabled"),
                    },
                },
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_has_an_id_a_price_and_room_for_its_answer() {
        for model in MODELS {
            assert!(!model.id.is_empty() && !model.name.is_empty() && !model.released.is_empty());
            assert!(model.max_output < model.context, "{}", model.id);
            assert_eq!(model.prices.last().map(|price| price.up_to_prompt), Some(u64::MAX), "{}", model.id);
            assert_eq!(find(model.id).map(|found| found.id), Some(model.id));
        }
    }

    #[test]
    fn a_dated_id_names_the_same_model() {
        assert_eq!(find("claude-haiku-4-5-20251001").map(|model| model.id), Some("claude-haiku-4-5"));
        assert!(find("claude-1").is_none());
    }
}

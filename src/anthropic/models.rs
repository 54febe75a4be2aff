// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of models: what each may be asked for, and what it costs.
//!
//! The table of `models.toml` is compiled in; an operator's table is laid over it. Both are checked in the same way
//! when they are loaded, so that a model without a price, or a parameter that the provider would refuse, is found at
//! the start and not in the middle of a conversation.

use blufio_core::model::{ModelSpec, PriceTier};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Lowest prices that can be meant: $0.02 and $0.08 per million tokens. Whoever writes dollars where nano-dollars per
/// token belong is a thousand times below his bill; no model is that cheap, and no such slip is above these.
const LEAST_INPUT: i64 = 20;
const LEAST_OUTPUT: i64 = 80;

/// Why a table of models cannot be used. A retry does not help; the table has to be corrected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelTableError {
    /// A field is unknown or of the wrong type.
    #[error("model `{model}`: {detail}")]
    Field {
        /// Id of the model.
        model: String,
        /// What is wrong, with the name of the field.
        detail: String,
    },
    /// A model that is not built in lacks something.
    #[error("model `{model}` is not built in, so it needs `{field}`: {why}")]
    Missing {
        /// Id of the model.
        model: String,
        /// Name of the field.
        field: &'static str,
        /// What the field is needed for, and its form.
        why: &'static str,
    },
    /// The prices cannot be right.
    #[error("model `{model}`: {detail} (prices are nano-dollars per token: $3 per million tokens is 3000)")]
    Price {
        /// Id of the model.
        model: String,
        /// What is wrong, with the number of the tier.
        detail: String,
    },
    /// The provider would refuse a parameter for this model.
    #[error("model `{model}` does not take {setting} = {value}; {allowed}")]
    Setting {
        /// Id of the model.
        model: String,
        /// Name of the setting.
        setting: &'static str,
        /// What was asked for.
        value: String,
        /// What it takes instead.
        allowed: String,
    },
    /// The compiled-in table cannot be read: a fault of this build.
    #[error("the built-in table of models cannot be read: {0}")]
    BuiltIn(String),
}

/// Whether the model may choose tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// As it sees fit.
    Auto,
    /// It has to use one in every answer.
    Any,
    /// It may not, although it sees them.
    None,
}

/// What the provider refuses for a model, as data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterRules {
    /// Whether `temperature`, `top_p` and `top_k` may be set.
    pub sampling: bool,
    /// Whether the use of a tool may be forced.
    pub forced_tool_choice: bool,
    /// What `thinking.type` may be. Leaving it out is always possible.
    pub thinking_modes: Vec<String>,
    /// What `output_config.effort` may be. Leaving it out is always possible.
    pub efforts: Vec<String>,
}

/// What is sent with every request to a model. Checked against its [`ParameterRules`]; what is `None` is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    /// Randomness, 0 to 1.
    pub temperature: Option<f64>,
    /// Nucleus, 0 to 1.
    pub top_p: Option<f64>,
    /// Candidates, at least 1.
    pub top_k: Option<u32>,
    /// `thinking.type`.
    pub thinking: Option<String>,
    /// `output_config.effort`.
    pub effort: Option<String>,
    /// `tool_choice.type`; sent only when there are tools.
    pub tool_choice: Option<ToolChoice>,
}

/// One model of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Limits and prices.
    pub spec: ModelSpec,
    /// What the provider refuses.
    pub rules: ParameterRules,
    /// What is sent.
    pub parameters: Parameters,
}

/// The models that can be called, by id.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelTable {
    version: String,
    models: BTreeMap<String, Model>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BuiltIn {
    version: String,
    models: toml::Table,
}

/// A model as written: everything may be missing, since a written model may change a built-in one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    context_window: Option<u64>,
    max_output: Option<u64>,
    cache_minimum: Option<u64>,
    images: Option<bool>,
    prices: Option<Vec<PriceTier>>,
    sampling: Option<bool>,
    forced_tool_choice: Option<bool>,
    thinking_modes: Option<Vec<String>>,
    efforts: Option<Vec<String>>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<u32>,
    thinking: Option<String>,
    effort: Option<String>,
    tool_choice: Option<ToolChoice>,
}

impl ModelTable {
    /// The table that this build carries.
    ///
    /// # Errors
    /// Only when the build is faulty; a test reads the table.
    pub fn builtin() -> Result<Self, ModelTableError> {
        let built_in: BuiltIn = toml::from_str(include_str!("models.toml"))
            .map_err(|error| ModelTableError::BuiltIn(error.message().to_owned()))?;
        Self { version: built_in.version, models: BTreeMap::new() }.with_overrides(&built_in.models)
    }

    /// Lays an operator's models, a table by id, over this one. A known id keeps what is not written; `prices` are
    /// replaced as a whole. A new id needs `context_window`, `max_output` and `prices`; its rules are the strictest
    /// until they are written.
    ///
    /// # Errors
    /// When a field is unknown, a price is missing or cannot be right, or a parameter is one that the model refuses.
    pub fn with_overrides(mut self, overrides: &toml::Table) -> Result<Self, ModelTableError> {
        for (id, written) in overrides {
            let entry: Entry = written.clone().try_into().map_err(|error: toml::de::Error| {
                ModelTableError::Field { model: id.clone(), detail: error.message().to_owned() }
            })?;
            let model = match self.models.remove(id) {
                Some(known) => entry.over(known),
                None => entry.into_new(id)?,
            };
            check(&model)?;
            self.models.insert(id.clone(), model);
        }
        Ok(self)
    }

    /// A model by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Model> {
        self.models.get(id)
    }

    /// All models, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Model> {
        self.models.values()
    }

    /// The date of the built-in table.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

impl Entry {
    fn into_new(self, id: &str) -> Result<Model, ModelTableError> {
        let missing = |field, why| ModelTableError::Missing { model: id.to_owned(), field, why };
        let spec = ModelSpec {
            id: id.to_owned(),
            context_window: self
                .context_window
                .ok_or_else(|| missing("context_window", "tokens of prompt and answer together"))?,
            max_output: self.max_output.ok_or_else(|| missing("max_output", "most tokens of one answer"))?,
            prices: self.prices.clone().ok_or_else(|| {
                missing("prices", "a model without a price cannot be called; a list of tiers, one is enough")
            })?,
            // Asking for a cache that is not kept costs nothing, so the least known minimum is a safe start.
            cache_minimum: self.cache_minimum.unwrap_or(512),
            images: self.images.unwrap_or(false),
        };
        Ok(self.over(Model { spec, rules: ParameterRules::default(), parameters: Parameters::default() }))
    }

    fn over(self, base: Model) -> Model {
        let Model { spec, rules, parameters } = base;
        Model {
            spec: ModelSpec {
                id: spec.id,
                context_window: self.context_window.unwrap_or(spec.context_window),
                max_output: self.max_output.unwrap_or(spec.max_output),
                prices: self.prices.unwrap_or(spec.prices),
                cache_minimum: self.cache_minimum.unwrap_or(spec.cache_minimum),
                images: self.images.unwrap_or(spec.images),
            },
            rules: ParameterRules {
                sampling: self.sampling.unwrap_or(rules.sampling),
                forced_tool_choice: self.forced_tool_choice.unwrap_or(rules.forced_tool_choice),
                thinking_modes: self.thinking_modes.unwrap_or(rules.thinking_modes),
                efforts: self.efforts.unwrap_or(rules.efforts),
            },
            parameters: Parameters {
                temperature: self.temperature.or(parameters.temperature),
                top_p: self.top_p.or(parameters.top_p),
                top_k: self.top_k.or(parameters.top_k),
                thinking: self.thinking.or(parameters.thinking),
                effort: self.effort.or(parameters.effort),
                tool_choice: self.tool_choice.or(parameters.tool_choice),
            },
        }
    }
}

fn check(model: &Model) -> Result<(), ModelTableError> {
    check_limits(&model.spec)?;
    check_prices(&model.spec)?;
    check_parameters(model)
}

fn check_limits(spec: &ModelSpec) -> Result<(), ModelTableError> {
    let wrong =
        |detail: &str| Err(ModelTableError::Field { model: spec.id.clone(), detail: detail.to_owned() });
    if spec.max_output == 0 {
        return wrong("`max_output` has to be at least 1");
    }
    if spec.context_window < spec.max_output {
        return wrong("`context_window` holds prompt and answer, so it cannot be smaller than `max_output`");
    }
    Ok(())
}

fn check_prices(spec: &ModelSpec) -> Result<(), ModelTableError> {
    let wrong = |detail: String| Err(ModelTableError::Price { model: spec.id.clone(), detail });
    if spec.prices.is_empty() {
        return wrong("`prices` is empty, and a model without a price cannot be called".to_owned());
    }
    let last = spec.prices.len();
    let mut bound_before = 0;
    for (number, tier) in (1..).zip(&spec.prices) {
        let price = &tier.price;
        let fields = [
            ("input", price.input, LEAST_INPUT),
            ("output", price.output, LEAST_OUTPUT),
            ("cache_read", price.cache_read, 1),
            ("cache_write_5m", price.cache_write_5m, LEAST_INPUT),
            ("cache_write_1h", price.cache_write_1h, LEAST_INPUT),
        ];
        for (field, value, least) in fields {
            if value <= 0 {
                return wrong(format!("price tier {number} has {field} = {value}; nothing is free"));
            }
            if value < least {
                return wrong(format!(
                    "price tier {number} has {field} = {value}, which is less than any model costs"
                ));
            }
        }
        match (tier.up_to_prompt, number == last) {
            (None, true) => {}
            (Some(_), true) => {
                return wrong(format!("price tier {number} is the last, so it may not have `up_to_prompt`"));
            }
            (None, false) => {
                return wrong(format!("price tier {number} needs `up_to_prompt`: another follows it"));
            }
            (Some(bound), false) if bound <= bound_before => {
                return wrong(format!(
                    "price tier {number} ends at {bound} tokens, where the tier before has ended"
                ));
            }
            (Some(bound), false) => bound_before = bound,
        }
    }
    Ok(())
}

fn check_parameters(model: &Model) -> Result<(), ModelTableError> {
    let Model { spec, rules, parameters } = model;
    let refused = |setting, value: String, allowed: String| {
        Err(ModelTableError::Setting { model: spec.id.clone(), setting, value, allowed })
    };
    let sampling = [
        ("temperature", parameters.temperature),
        ("top_p", parameters.top_p),
        ("top_k", parameters.top_k.map(f64::from)),
    ];
    for (setting, value) in sampling {
        let Some(value) = value else { continue };
        if !rules.sampling {
            return refused(
                setting,
                value.to_string(),
                "the provider refuses sampling parameters for it".to_owned(),
            );
        }
        let (range, allowed) = match setting {
            "top_k" => (1.0..=f64::from(u32::MAX), "it has to be at least 1"),
            _ => (0.0..=1.0, "it has to lie between 0 and 1"),
        };
        if !range.contains(&value) {
            return refused(setting, value.to_string(), allowed.to_owned());
        }
    }
    let named = [
        ("thinking", &parameters.thinking, &rules.thinking_modes),
        ("effort", &parameters.effort, &rules.efforts),
    ];
    for (setting, value, allowed) in named {
        let Some(value) = value else { continue };
        if !allowed.contains(value) {
            let allowed = match allowed.as_slice() {
                [] => "leave it out".to_owned(),
                some => format!("it takes {}, or leave it out", some.join(", ")),
            };
            return refused(setting, format!("{value:?}"), allowed);
        }
    }
    if parameters.tool_choice == Some(ToolChoice::Any) && !rules.forced_tool_choice {
        return refused(
            "tool_choice",
            "\"any\"".to_owned(),
            "the use of a tool cannot be forced on it".to_owned(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;

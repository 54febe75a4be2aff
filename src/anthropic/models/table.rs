// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table itself: the compiled-in models, and an operator's over them.

use super::day::Day;
use super::prices::{self, Origin};
use super::{Model, ModelTableError, ParameterRules, Parameters, ToolChoice, checks};
use blufio_core::model::{ModelSpec, PriceList};
use blufio_core::route::Route;
use serde::Deserialize;
use std::collections::BTreeMap;

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
    route: Option<Route>,
    released: Option<Day>,
    context_window: Option<u64>,
    max_output: Option<u64>,
    cache_minimum: Option<u64>,
    images: Option<bool>,
    prices: Option<toml::Value>,
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
        let built_in: BuiltIn = toml::from_str(include_str!("../models.toml"))
            .map_err(|error| ModelTableError::BuiltIn(error.message().to_owned()))?;
        Self { version: built_in.version, models: BTreeMap::new() }.with(&built_in.models, Origin::BuiltIn)
    }

    /// Lays an operator's models, a table by id, over this one. A known id keeps what is not written; `prices` are
    /// replaced as a whole. A new id needs `context_window`, `max_output` and `prices`; its rules are the strictest
    /// until they are written, and it is nobody's newest until it has `route` and `released`.
    ///
    /// # Errors
    /// When a field is unknown, a price is missing or cannot be right, or a parameter is one that the model refuses.
    pub fn with_overrides(self, overrides: &toml::Table) -> Result<Self, ModelTableError> {
        self.with(overrides, Origin::Operator)
    }

    fn with(mut self, written: &toml::Table, origin: Origin) -> Result<Self, ModelTableError> {
        for (id, written) in written {
            let entry: Entry = written.clone().try_into().map_err(|error: toml::de::Error| {
                ModelTableError::Field { model: id.clone(), detail: error.message().to_owned() }
            })?;
            let prices =
                entry.prices.as_ref().map(|written| prices::read(id, written, origin)).transpose()?;
            let model = match self.models.remove(id) {
                Some(known) => entry.over(known, prices),
                None => entry.into_new(id, prices)?,
            };
            checks::check(&model)?;
            self.models.insert(id.clone(), model);
        }
        Ok(self)
    }

    /// A model by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Model> {
        self.models.get(id)
    }

    /// The newest model of a class.
    #[must_use]
    pub fn newest(&self, route: Route) -> Option<&Model> {
        self.models.values().filter(|model| model.route == Some(route)).max_by_key(|model| model.released)
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
    fn into_new(self, id: &str, prices: Option<Vec<PriceList>>) -> Result<Model, ModelTableError> {
        let missing = |field, why| ModelTableError::Missing { model: id.to_owned(), field, why };
        let spec = ModelSpec {
            id: id.to_owned(),
            context_window: self
                .context_window
                .ok_or_else(|| missing("context_window", "tokens of prompt and answer together"))?,
            max_output: self.max_output.ok_or_else(|| missing("max_output", "most tokens of one answer"))?,
            prices: prices.ok_or_else(|| {
                missing("prices", "a model without a price cannot be called; a list of tiers, one is enough")
            })?,
            // Asking for a cache that is not kept costs nothing, so the least known minimum is a safe start.
            cache_minimum: self.cache_minimum.unwrap_or(512),
            images: self.images.unwrap_or(false),
        };
        let base = Model {
            spec,
            route: None,
            released: None,
            rules: ParameterRules::default(),
            parameters: Parameters::default(),
        };
        Ok(self.over(base, None))
    }

    fn over(self, base: Model, prices: Option<Vec<PriceList>>) -> Model {
        let Model { spec, route, released, rules, parameters } = base;
        Model {
            route: self.route.or(route),
            released: self.released.map(|day| day.begin).or(released),
            spec: ModelSpec {
                id: spec.id,
                context_window: self.context_window.unwrap_or(spec.context_window),
                max_output: self.max_output.unwrap_or(spec.max_output),
                prices: prices.unwrap_or(spec.prices),
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

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is written about prices, and whether it can be right.

use super::ModelTableError;
use super::day::Day;
use blufio_core::model::{PriceList, PriceTier};
use blufio_core::time::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Lowest prices that can be meant: $0.02 and $0.08 per million tokens. Whoever writes dollars where nano-dollars per
/// token belong is a thousand times below his bill; no model is that cheap, and no such slip is above these.
const LEAST_INPUT: i64 = 20;
const LEAST_OUTPUT: i64 = 80;

/// Version of prices that are written without a day.
const CONFIGURED: &str = "configured";

/// Who wrote a price. The ledger keeps the two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// This build.
    BuiltIn,
    /// The operator.
    Operator,
}

impl Origin {
    fn version(self, day: &Day) -> String {
        match self {
            Self::BuiltIn => day.name.clone(),
            Self::Operator => format!("{CONFIGURED}-{}", day.name),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dated {
    since: Day,
    tiers: Vec<toml::Value>,
}

/// Reads the `prices` of a model: price lists with a day each, the oldest first, or only the tiers of a single list,
/// which then holds since ever.
pub(super) fn read(
    model: &str,
    written: &toml::Value,
    origin: Origin,
) -> Result<Vec<PriceList>, ModelTableError> {
    let entries = written.as_array().ok_or_else(|| {
        field(model, "`prices` has to be a list: of tiers, or of price lists with `since` and `tiers`")
    })?;
    let says_since = |entry: &toml::Value| entry.get("since").or(entry.get("tiers")).is_some();
    if !entries.iter().any(says_since) {
        let tiers = tiers(model, "", entries)?;
        return Ok(vec![PriceList { version: CONFIGURED.into(), since: Timestamp(0), tiers }]);
    }
    let mut lists: Vec<PriceList> = Vec::with_capacity(entries.len());
    for (number, entry) in (1..).zip(entries) {
        let dated: Dated = table(model, &format!("price list {number}"), entry)?;
        let since = dated.since.begin;
        if lists.last().is_some_and(|before| before.since >= since) {
            let day = &dated.since.name;
            return Err(field(
                model,
                format!(
                    "price list {number} begins on {day}, and the one before no earlier; write the oldest first"
                ),
            ));
        }
        let tiers = tiers(model, &format!("price list {number} of {}, ", dated.since.name), &dated.tiers)?;
        lists.push(PriceList { version: origin.version(&dated.since), since, tiers });
    }
    Ok(lists)
}

fn field(model: &str, detail: impl Into<String>) -> ModelTableError {
    ModelTableError::Field { model: model.to_owned(), detail: detail.into() }
}

fn table<T: DeserializeOwned>(model: &str, place: &str, written: &toml::Value) -> Result<T, ModelTableError> {
    if !written.is_table() {
        return Err(field(model, format!("{place} is {written}, and has to be a table, in braces")));
    }
    written
        .clone()
        .try_into()
        .map_err(|error: toml::de::Error| field(model, format!("{place}: {}", error.message())))
}

/// The tiers of the list that `place` names.
fn tiers(model: &str, place: &str, written: &[toml::Value]) -> Result<Vec<PriceTier>, ModelTableError> {
    let tier = |(number, tier)| table(model, &format!("{place}price tier {number}"), tier);
    let tiers = (1..).zip(written).map(tier).collect::<Result<Vec<PriceTier>, _>>()?;
    check(model, place, &tiers)?;
    Ok(tiers)
}

fn check(model: &str, place: &str, tiers: &[PriceTier]) -> Result<(), ModelTableError> {
    let wrong = |detail: String| {
        Err(ModelTableError::Price { model: model.to_owned(), detail: format!("{place}{detail}") })
    };
    if tiers.is_empty() {
        return wrong("there is no price, and a model without a price cannot be called".to_owned());
    }
    let last = tiers.len();
    let mut bound_before = 0;
    for (number, tier) in (1..).zip(tiers) {
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

#[cfg(test)]
mod tests;

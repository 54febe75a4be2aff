// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use blufio_core::money::{NanoUsd, Usage};
use proptest::prelude::*;

fn builtin() -> ModelTable {
    ModelTable::builtin().expect("the built-in table is sound")
}

fn with(text: &str) -> Result<ModelTable, ModelTableError> {
    builtin().with_overrides(&toml::from_str(text).expect("test table"))
}

fn refusal(text: &str) -> String {
    with(text).expect_err("should be refused").to_string()
}

const NEW: &str = "[claude-new-1]\ncontext_window = 1000\nmax_output = 100\n";

#[test]
fn the_built_in_table_holds_the_current_family_and_its_date() {
    let table = builtin();
    for id in ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-4-5"] {
        assert!(table.get(id).is_some(), "{id}");
    }
    assert!(table.version().parse::<jiff::civil::Date>().is_ok());
}

#[test]
fn the_whole_call_is_billed_at_the_tier_of_its_prompt() {
    let table = builtin();
    let haiku = &table.get("claude-haiku-5-5").expect("haiku").spec;
    let at_bound = Usage { input: 40_000, cache_read: 60_000, output: 1_000, ..Usage::default() };
    assert_eq!(haiku.cost(&at_bound), NanoUsd(40_000 * 100 + 60_000 * 10 + 1_000 * 500));
    let above = Usage { cache_read: 60_001, ..at_bound };
    assert_eq!(haiku.cost(&above), NanoUsd(40_000 * 500 + 60_001 * 50 + 1_000 * 2_500));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_used_costs_something(tokens in prop::array::uniform5(0_u64..2_000_000)) {
        let [input, output, cache_read, cache_write_5m, cache_write_1h] = tokens;
        let usage = Usage { input, output, cache_read, cache_write_5m, cache_write_1h };
        for model in builtin().iter() {
            prop_assert_eq!(model.spec.cost(&usage) > NanoUsd(0), !usage.is_zero());
        }
    }
}

#[test]
fn a_single_token_of_any_class_costs_something_with_every_model() {
    let one = |set: fn(&mut Usage)| {
        let mut usage = Usage::default();
        set(&mut usage);
        usage
    };
    let classes = [
        one(|u| u.input = 1),
        one(|u| u.output = 1),
        one(|u| u.cache_read = 1),
        one(|u| u.cache_write_5m = 1),
        one(|u| u.cache_write_1h = 1),
    ];
    for model in builtin().iter() {
        for usage in &classes {
            assert!(model.spec.cost(usage) > NanoUsd(0), "{} {usage:?}", model.spec.id);
        }
    }
}

#[test]
fn a_known_model_keeps_what_is_not_written() {
    let table = with("[claude-opus-5-5]\nmax_output = 4096\neffort = \"low\"\n").expect("table");
    let model = table.get("claude-opus-5-5").expect("model");
    assert_eq!(model.spec.max_output, 4096);
    assert_eq!(model.spec.context_window, 1_000_000);
    assert_eq!(model.parameters.effort.as_deref(), Some("low"));
    assert_eq!(table.get("claude-haiku-5-5"), builtin().get("claude-haiku-5-5"));
}

#[test]
fn a_new_model_with_a_price_can_be_added_and_starts_with_the_strictest_rules() {
    let prices = "prices = [{ input = 1000, output = 5000, cache_read = 100, cache_write_5m = 1250, cache_write_1h = 2000 }]";
    let table = with(&format!("{NEW}{prices}")).expect("table");
    let model = table.get("claude-new-1").expect("model");
    assert_eq!(model.rules, ParameterRules::default());
    assert!(refusal(&format!("{NEW}{prices}\ntemperature = 0.5")).contains("temperature = 0.5"));
}

#[test]
fn a_new_model_without_a_price_is_refused() {
    let text = refusal(NEW);
    assert!(text.contains("claude-new-1") && text.contains("`prices`"), "{text}");
    assert!(refusal(&format!("{NEW}prices = []")).contains("cannot be called"));
}

#[test]
fn a_price_of_zero_is_refused_and_named() {
    let text = refusal(&format!(
        "{NEW}prices = [{{ input = 1000, output = 5000, cache_read = 0, cache_write_5m = 1250, cache_write_1h = 2000 }}]"
    ));
    assert!(text.contains("tier 1 has cache_read = 0"), "{text}");
}

#[test]
fn dollars_per_million_tokens_are_not_taken_for_nano_dollars() {
    let text = refusal(&format!(
        "{NEW}prices = [{{ input = 3, output = 15, cache_read = 1, cache_write_5m = 4, cache_write_1h = 6 }}]"
    ));
    assert!(text.contains("input = 3") && text.contains("$3 per million tokens is 3000"), "{text}");
}

#[test]
fn tiers_have_to_ascend_and_the_last_has_no_bound() {
    let tier = |bound: &str| {
        format!(
            "{{ {bound} input = 1000, output = 5000, cache_read = 100, cache_write_5m = 1250, cache_write_1h = 2000 }}"
        )
    };
    let table = |bounds: &[&str]| {
        let tiers: Vec<_> = bounds.iter().map(|bound| tier(bound)).collect();
        format!("{NEW}prices = [{}]", tiers.join(", "))
    };
    assert!(with(&table(&["up_to_prompt = 5,", "up_to_prompt = 9,", ""])).is_ok());
    assert!(refusal(&table(&["up_to_prompt = 5,"])).contains("is the last"));
    assert!(refusal(&table(&["", ""])).contains("needs `up_to_prompt`"));
    assert!(refusal(&table(&["up_to_prompt = 9,", "up_to_prompt = 9,", ""])).contains("tier 2 ends at 9"));
}

#[test]
fn an_unknown_field_is_named_with_its_model() {
    let text = refusal("[claude-opus-5-5]\nmax_tokens = 5\n");
    assert!(text.contains("claude-opus-5-5") && text.contains("max_tokens"), "{text}");
    let text = refusal(&format!(
        "{NEW}prices = [{{ input = 1000, output = 5000, cache_read = 100, cache_write_5m = 1250, cache_write_1h = 2000, extra = 1 }}]"
    ));
    assert!(text.contains("extra"), "{text}");
}

#[test]
fn parameters_that_the_provider_refuses_are_refused_at_the_start() {
    for (text, named) in [
        ("[claude-opus-5-5]\nthinking = \"disabled\"", "it takes adaptive"),
        ("[claude-sonnet-5-5]\nthinking = \"enabled\"", "it takes adaptive, between_tools"),
        ("[claude-sonnet-5-5]\ntool_choice = \"any\"", "cannot be forced"),
        ("[claude-haiku-5-5]\ntop_k = 5", "refuses sampling"),
        ("[claude-haiku-4-5]\neffort = \"low\"", "leave it out"),
        ("[claude-haiku-4-5]\ntemperature = 1.5", "between 0 and 1"),
        ("[claude-haiku-4-5]\ntop_k = 0", "at least 1"),
        ("[claude-haiku-4-5]\nmax_output = 0", "at least 1"),
        ("[claude-haiku-4-5]\ncontext_window = 5", "cannot be smaller"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(named), "{text}: {refusal}");
    }
    for text in [
        "[claude-sonnet-5-5]\nthinking = \"between_tools\"\ntool_choice = \"auto\"",
        "[claude-haiku-5-5]\ntool_choice = \"any\"\nthinking = \"disabled\"",
        "[claude-haiku-4-5]\ntemperature = 0.2\ntop_p = 1\ntop_k = 40",
    ] {
        assert!(with(text).is_ok(), "{text}: {:?}", with(text));
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;

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
fn each_class_has_its_newest_model() {
    let newest = |table: &ModelTable| {
        Route::ALL.map(|route| table.newest(route).map_or(String::new(), |model| model.spec.id.clone()))
    };
    assert_eq!(newest(&builtin()), ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"]);
    assert_eq!(builtin().get("claude-fable-5-1").expect("fable").route, None);

    let prices = "prices = [{ input = 1000, output = 5000, cache_read = 100, cache_write_5m = 1250, cache_write_1h = 2000 }]";
    let later = with(&format!("{NEW}{prices}\nroute = \"fast\"\nreleased = 2027-01-01")).expect("table");
    assert_eq!(newest(&later), ["claude-new-1", "claude-sonnet-5-5", "claude-opus-5-5"]);
    let unnamed = with(&format!("{NEW}{prices}\nreleased = 2027-01-01")).expect("table");
    assert_eq!(newest(&unnamed), newest(&builtin()));
    let text = refusal(&format!("{NEW}{prices}\nroute = \"fast\""));
    assert!(text.contains("claude-new-1") && text.contains("`released`"), "{text}");
    let text = refusal("[claude-opus-5-5]\nroute = \"deepest\"");
    assert!(text.contains("claude-opus-5-5") && text.contains("deepest"), "{text}");
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
fn an_unknown_field_is_named_with_its_model() {
    let text = refusal("[claude-opus-5-5]\nmax_tokens = 5\n");
    assert!(text.contains("claude-opus-5-5") && text.contains("max_tokens"), "{text}");
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

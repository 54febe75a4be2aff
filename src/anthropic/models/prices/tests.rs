// SPDX-License-Identifier: MIT OR Apache-2.0
use super::super::{Model, ModelTable};
use super::*;
use blufio_core::money::{NanoUsd, Usage};
use proptest::prelude::*;

const DAY: i64 = 86_400_000;
const TIER: &str =
    "input = 1000, output = 5000, cache_read = 100, cache_write_5m = 1250, cache_write_1h = 2000";

fn builtin() -> ModelTable {
    ModelTable::builtin().expect("the built-in table is sound")
}

/// A new model with these prices.
fn with(prices: &str) -> Result<Vec<PriceList>, ModelTableError> {
    let text = format!("[claude-new-1]\ncontext_window = 1000\nmax_output = 100\nprices = {prices}");
    let table = builtin().with_overrides(&toml::from_str(&text).expect("test table"))?;
    Ok(table.get("claude-new-1").expect("model").spec.prices.clone())
}

fn refusal(prices: &str) -> String {
    let text = with(prices).expect_err("should be refused").to_string();
    assert!(text.contains("claude-new-1"), "{text}");
    text
}

fn day(name: &str) -> Timestamp {
    Day::try_from(toml::Value::String(name.into())).expect("day").begin
}

fn cost(id: &str, on: &str, usage: &Usage) -> NanoUsd {
    let table = builtin();
    table.get(id).and_then(|model| model.spec.prices_at(day(on))).expect("prices").cost(usage)
}

#[test]
fn a_cached_token_of_sonnet_costs_half_since_the_seventh_of_october() {
    let usage = Usage { cache_read: 1, ..Usage::default() };
    let on = |day| cost("claude-sonnet-5-5", day, &usage);
    assert_eq!(["2026-09-28", "2026-10-06"].map(on), [NanoUsd(200); 2]);
    assert_eq!(["2026-10-07", "2030-01-01"].map(on), [NanoUsd(100); 2]);
    let table = builtin();
    let sonnet = &table.get("claude-sonnet-5-5").expect("sonnet").spec;
    let change = day("2026-10-07");
    let versions = [change.0 - 1, change.0].map(|at| &sonnet.prices_at(Timestamp(at)).expect("list").version);
    assert_eq!(versions, ["2026-09-28", "2026-10-07"]);
}

#[test]
fn the_whole_call_is_billed_at_the_tier_of_its_prompt() {
    let at_bound = Usage { input: 40_000, cache_read: 60_000, output: 1_000, ..Usage::default() };
    let of_haiku = |usage| cost("claude-haiku-5-5", "2026-11-01", &usage);
    assert_eq!(of_haiku(at_bound), NanoUsd(40_000 * 100 + 60_000 * 10 + 1_000 * 500));
    let above = Usage { cache_read: 60_001, ..at_bound };
    assert_eq!(of_haiku(above), NanoUsd(40_000 * 500 + 60_001 * 50 + 1_000 * 2_500));
}

#[test]
fn every_model_has_a_price_from_its_release_on_and_its_day_names_it() {
    for model in builtin().iter() {
        let Model { spec, released, .. } = model;
        assert_eq!(spec.prices.first().map(|list| list.since), *released, "{}", spec.id);
        for list in &spec.prices {
            assert_eq!(day(&list.version), list.since, "{}", spec.id);
        }
    }
}

#[test]
fn a_single_token_of_any_class_costs_something_with_every_model_at_any_time() {
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
        for (list, usage) in model.spec.prices.iter().flat_map(|list| classes.iter().map(move |u| (list, u)))
        {
            assert!(list.cost(usage) > NanoUsd(0), "{} {} {usage:?}", model.spec.id, list.version);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_used_on_whatever_day_costs_something_and_at_most_the_worst_case(
        tokens in prop::array::uniform5(prop_oneof![0_u64..10, 0_u64..150_000, 0_u64..2_000_000]),
        days in 0_i64..3_000,
        hour in 0_i64..DAY,
        more in prop::array::uniform2(0_u64..1_000_000),
    ) {
        let [input, output, cache_read, cache_write_5m, cache_write_1h] = tokens;
        let usage = Usage { input, output, cache_read, cache_write_5m, cache_write_1h };
        for Model { spec, released, .. } in builtin().iter() {
            let at = Timestamp(released.expect("release").0 + days * DAY + hour);
            let prices = spec.prices_at(at).expect("prices");
            let cost = prices.cost(&usage);
            prop_assert_eq!(cost > NanoUsd(0), !usage.is_zero());
            let [prompt, written] = more;
            // The worst case reckons with what is asked for, which is never the hour's cache.
            let usage = Usage { cache_write_1h: 0, ..usage };
            let cost = prices.cost(&usage);
            for (prompt, written) in [(0, 0), (prompt, written)] {
                let worst = prices.worst(usage.prompt() + prompt, usage.output + written);
                prop_assert!(worst >= cost, "{} {at:?}: {worst} < {cost}", spec.id);
            }
        }
    }

    #[test]
    fn a_day_is_read_as_it_is_written_and_begins_at_midnight(days in -30_000_i64..30_000) {
        let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).expect("date");
        let day = Day::try_from(toml::Value::String(date.to_string())).expect("day");
        prop_assert_eq!((day.begin, day.name), (Timestamp(days * DAY), date.to_string()));
    }
}

#[test]
fn prices_without_a_day_hold_since_ever() {
    let lists = with(&format!("[{{ {TIER} }}]")).expect("prices");
    let [list] = lists.as_slice() else { panic!("{lists:?}") };
    assert_eq!((list.version.as_str(), list.since, list.tiers.len()), ("configured", Timestamp(0), 1));
}

#[test]
fn an_operators_lists_may_have_days_and_say_whose_they_are() {
    let lists = with(&format!(
        "[{{ since = \"2026-01-01\", tiers = [{{ {TIER} }}] }}, {{ since = 2026-02-01, tiers = [{{ {TIER} }}] }}]"
    ))
    .expect("prices");
    let found: Vec<_> = lists.iter().map(|list| (list.version.as_str(), list.since)).collect();
    let expected =
        [("configured-2026-01-01", day("2026-01-01")), ("configured-2026-02-01", day("2026-02-01"))];
    assert_eq!(found, expected);
}

#[test]
fn a_model_without_a_price_is_refused() {
    let text = "[claude-new-1]\ncontext_window = 1000\nmax_output = 100\n";
    let error = builtin().with_overrides(&toml::from_str(text).expect("test table")).expect_err("no price");
    assert!(error.to_string().contains("claude-new-1") && error.to_string().contains("`prices`"), "{error}");
    assert!(refusal("[]").contains("cannot be called"));
    let text = refusal("[{ since = \"2026-01-01\", tiers = [] }]");
    assert!(text.contains("price list 1 of 2026-01-01, there is no price"), "{text}");
}

#[test]
fn a_price_of_zero_is_refused_and_named() {
    let free = TIER.replace("cache_read = 100", "cache_read = 0");
    let text = refusal(&format!("[{{ {free} }}]"));
    assert!(text.contains("tier 1 has cache_read = 0"), "{text}");
    let text = refusal(&format!(
        "[{{ since = \"2026-01-01\", tiers = [{{ {TIER} }}] }}, {{ since = \"2026-02-01\", tiers = [{{ {free} }}] }}]"
    ));
    assert!(text.contains("price list 2 of 2026-02-01, price tier 1 has cache_read = 0"), "{text}");
}

#[test]
fn dollars_per_million_tokens_are_not_taken_for_nano_dollars() {
    let text =
        refusal("[{ input = 3, output = 15, cache_read = 1, cache_write_5m = 4, cache_write_1h = 6 }]");
    assert!(text.contains("input = 3") && text.contains("$3 per million tokens is 3000"), "{text}");
}

#[test]
fn tiers_have_to_ascend_and_the_last_has_no_bound() {
    let list = |bounds: &[&str]| {
        let tiers: Vec<_> = bounds.iter().map(|bound| format!("{{ {bound} {TIER} }}")).collect();
        format!("[{}]", tiers.join(", "))
    };
    assert!(with(&list(&["up_to_prompt = 5,", "up_to_prompt = 9,", ""])).is_ok());
    assert!(refusal(&list(&["up_to_prompt = 5,"])).contains("is the last"));
    assert!(refusal(&list(&["", ""])).contains("needs `up_to_prompt`"));
    assert!(refusal(&list(&["up_to_prompt = 9,", "up_to_prompt = 9,", ""])).contains("tier 2 ends at 9"));
}

#[test]
fn lists_that_cannot_be_right_are_refused_with_their_place() {
    let tiers = format!("tiers = [{{ {TIER} }}]");
    let since = "since = \"2026-01-01\"";
    for (prices, named) in [
        ("5".to_owned(), "`prices` has to be a list"),
        ("[5]".to_owned(), "price tier 1 is 5, and has to be a table"),
        (format!("[{{ {TIER}, extra = 1 }}]"), "extra"),
        ("[{ input = 1000 }]".to_owned(), "price tier 1: missing field `output`"),
        (format!("[{{ {tiers} }}]"), "price list 1: missing field `since`"),
        (format!("[{{ {since} }}]"), "price list 1: missing field `tiers`"),
        (format!("[{{ {since}, {TIER} }}]"), "price list 1: unknown field `cache_read`"),
        (format!("[{{ {since}, {tiers} }}, {{ {TIER} }}]"), "price list 2: "),
        (
            format!("[{{ {since}, tiers = [{{ input = 1000 }}] }}]"),
            "price list 1 of 2026-01-01, price tier 1: missing",
        ),
        (format!("[{{ since = \"2026-02-30\", {tiers} }}]"), "price list 1: \"2026-02-30\" is no day"),
        (
            format!("[{{ since = \"2026-02-03T04:00\", {tiers} }}]"),
            "is no day; days are written \"2026-10-07\"",
        ),
        (format!("[{{ since = 2026-02-03T04:00:00Z, {tiers} }}]"), "is no day"),
        (format!("[{{ since = 20260203, {tiers} }}]"), "20260203 is no day"),
        (format!("[{{ {since}, {tiers} }}, {{ {since}, {tiers} }}]"), "price list 2 begins on 2026-01-01"),
    ] {
        let text = refusal(&prices);
        assert!(text.contains(named), "{prices}: {text}");
    }
}

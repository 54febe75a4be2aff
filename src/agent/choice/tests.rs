// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use blufio_core::model::{ModelSpec, Price, PriceList, PriceTier};
use blufio_core::money::NanoUsd;
use blufio_core::provider::{Event, ProviderError, Request};
use blufio_core::storage::{Limit, Scope};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

/// Three models in the proportions of real ones.
struct Table(Vec<ModelSpec>);

impl Table {
    fn new(sighted: &[&str]) -> Self {
        let spec = |id: &str, input: i64, read: i64| ModelSpec {
            id: id.into(),
            context_window: 1_000_000,
            max_output: 8_192,
            prices: vec![PriceList {
                version: "1".into(),
                since: Timestamp(0),
                tiers: vec![PriceTier {
                    up_to_prompt: None,
                    price: Price {
                        input,
                        output: input * 5,
                        cache_read: read,
                        cache_write_5m: input * 5 / 4,
                        cache_write_1h: input * 2,
                    },
                }],
            }],
            cache_minimum: 1_024,
            images: sighted.contains(&id),
        };
        Self(vec![spec("f", 100, 10), spec("s", 2_000, 100), spec("d", 4_000, 200)])
    }
}

impl Provider for Table {
    fn name(&self) -> &str {
        "test"
    }
    fn model(&self, id: &str) -> Option<&ModelSpec> {
        self.0.iter().find(|spec| spec.id == id)
    }
    fn newest(&self, _route: Route) -> Option<&ModelSpec> {
        None
    }
    fn call(&self, _request: Request) -> BoxStream<'_, Result<Event, ProviderError>> {
        futures_util::stream::empty().boxed()
    }
}

fn routing(always: Option<Route>) -> RoutingOptions {
    let slots = Slots { fast: "f".into(), standard: "s".into(), deep: "d".into() };
    RoutingOptions { always, slots, fallback: Vec::new() }
}

fn facts() -> Facts<'static> {
    Facts {
        once: None,
        pin: None,
        signals: Signals {
            text: "Write a letter to my landlord about the heating.",
            attached: &[],
            earlier: &[],
        },
        cached: &[],
        prompt: Prompt { before: 10_000, new: 100 },
        pictures: false,
        standings: &[],
        now: Timestamp(1_000_000),
    }
}

fn all(sighted: &[&str], always: Option<Route>, facts: &Facts<'_>) -> Choice {
    choose(&Table::new(sighted), &routing(always), facts)
}

fn spent(percent: i64) -> Standing {
    Standing {
        limit: Limit {
            name: "daily".into(),
            key: "budget.daily_usd".into(),
            scope: Scope::Agent,
            value: NanoUsd(100),
            from: Timestamp(0),
            until: None,
        },
        raised: NanoUsd(0),
        spent: NanoUsd(percent),
        reserved: NanoUsd(0),
    }
}

fn answered(model: &str, route: Route, ago: i64) -> Vec<(Decision, Timestamp)> {
    vec![(Decision { route, model: model.into(), ..Decision::default() }, Timestamp(1_000_000 - ago))]
}

#[test]
fn the_word_before_the_message_beats_the_pin_and_the_pin_the_configuration() {
    let once = Facts { once: Some(Route::Fast), pin: Some(Route::Deep), ..facts() };
    let choice = all(&[], Some(Route::Standard), &once);
    assert_eq!(
        (choice.decision.model.as_str(), choice.decision.reasons[0].as_str()),
        ("f", "you asked for it with !fast")
    );
    let pin = Facts { pin: Some(Route::Deep), ..facts() };
    assert_eq!(all(&[], Some(Route::Standard), &pin).decision.model, "d");
    let choice = all(&[], Some(Route::Fast), &facts());
    assert_eq!(
        (choice.decision.model.as_str(), choice.decision.reasons[0].as_str()),
        ("f", "routing.mode is fast")
    );
}

#[test]
fn a_warm_cache_of_a_stronger_model_is_kept_while_that_is_cheaper() {
    let warm = answered("d", Route::Deep, 60_000);
    let wanted = all(&[], None, &facts()).decision;
    assert_eq!(wanted.route, Route::Standard, "the words alone: {wanted:?}");
    let stay = all(&[], None, &Facts { cached: &warm, ..facts() }).decision;
    assert_eq!((stay.route, stay.model.as_str()), (Route::Deep, "d"));
    assert!(stay.reasons[0].contains("in its cache"), "{stay:?}");
    let gone = answered("d", Route::Deep, 5 * 60_000);
    assert_eq!(all(&[], None, &Facts { cached: &gone, ..facts() }).decision, wanted);
    // A short prompt is no reason: the dearer answer outweighs it.
    let short = Facts { cached: &warm, prompt: Prompt { before: 1_100, new: 100 }, ..facts() };
    assert_eq!(all(&[], None, &short).decision.route, Route::Standard);
    // Below the shortest prefix nothing was cached.
    let minimum = Facts { cached: &warm, prompt: Prompt { before: 1_000, new: 100_000 }, ..facts() };
    assert_eq!(all(&[], None, &minimum).decision.route, Route::Standard);
}

#[test]
fn a_weaker_model_is_left_however_warm_it_is() {
    let warm = answered("f", Route::Fast, 60_000);
    let huge = Facts { cached: &warm, prompt: Prompt { before: 900_000, new: 1 }, ..facts() };
    assert_eq!(all(&[], None, &huge).decision.route, Route::Standard);
}

#[test]
fn two_warm_caches_are_no_reason_to_stay() {
    let mut warm = answered("s", Route::Standard, 120_000);
    warm.extend(answered("d", Route::Deep, 60_000));
    assert_eq!(all(&[], None, &Facts { cached: &warm, ..facts() }).decision.route, Route::Standard);
}

#[test]
fn thanks_in_the_middle_of_a_long_conversation_stay_where_it_is_cached() {
    let thanks = Signals { text: "thanks!", attached: &[], earlier: &[] };
    let mut warm = answered("d", Route::Deep, 120_000);
    warm.extend(answered("s", Route::Standard, 60_000));
    let said =
        |warm, before| Facts { signals: thanks, cached: warm, prompt: Prompt { before, new: 10 }, ..facts() };
    assert_eq!(all(&[], None, &said(&warm, 5_000)).decision.route, Route::Standard);
    assert_eq!(all(&[], None, &said(&warm, 1_400)).decision.route, Route::Fast, "a short one is moved");
    let gone = answered("s", Route::Standard, 5 * 60_000);
    assert_eq!(
        all(&[], None, &said(&gone, 5_000)).decision.route,
        Route::Fast,
        "so is one that is in no cache"
    );
    let fast = answered("f", Route::Fast, 60_000);
    assert_eq!(all(&[], None, &said(&fast, 5_000)).decision.route, Route::Fast);
}

#[test]
fn the_model_that_answered_in_place_of_another_is_the_warm_one() {
    let mut warm = answered("s", Route::Standard, 60_000);
    warm[0].0.answered_by = Some("d".into());
    assert_eq!(all(&[], None, &Facts { cached: &warm, ..facts() }).decision.route, Route::Deep);
}

#[test]
fn a_budget_that_is_nearly_spent_weakens_what_nobody_has_asked_for() {
    let choice = |percent, always, pin| {
        let standings = [spent(10), spent(percent)];
        all(&[], always, &Facts { pin, standings: &standings, ..facts() })
    };
    let route = |percent, always| choice(percent, always, None).decision.route;
    assert_eq!([route(79, Some(Route::Deep)), route(80, Some(Route::Deep))], [Route::Deep, Route::Standard]);
    assert_eq!([route(94, None), route(95, None)], [Route::Standard, Route::Fast]);
    assert_eq!(choice(99, None, Some(Route::Deep)).decision.route, Route::Deep, "a pin holds");
    let weakened = choice(95, None, None);
    assert!(weakened.downgraded);
    assert_eq!(weakened.decision.reasons[0], "95 % of today's budget is spent");
    let remark = weakened.remark.unwrap();
    assert_eq!(
        remark,
        "(The fast model (f) answered, not the standard one: 95 % of today's budget is spent. /budget shows more.)"
    );
    assert_eq!(choice(99, Some(Route::Fast), None).remark, None, "nothing has changed");
}

#[test]
fn a_picture_goes_to_a_model_that_can_see() {
    let picture = Facts { pictures: true, pin: Some(Route::Fast), ..facts() };
    let seen = all(&["s", "d"], None, &picture).decision;
    assert_eq!(
        (seen.route, seen.reasons[0].as_str()),
        (Route::Standard, "the fast model cannot look at pictures")
    );
    assert_eq!(all(&["f"], None, &picture).decision.route, Route::Fast);
    let deep = Facts { pictures: true, pin: Some(Route::Deep), ..facts() };
    assert_eq!(all(&["f", "s"], None, &deep).decision.route, Route::Standard, "the strongest that can");
    assert_eq!(all(&[], None, &picture).decision.route, Route::Fast, "none can");
}

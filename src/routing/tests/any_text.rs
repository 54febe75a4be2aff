// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever people send.

use blufio_core::content::Role;
use blufio_core::route::Route;
use blufio_routing::{Attachment, Earlier, Signals, decide};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,200}",
        "(prove|why|hi|thanks|what is|\"|「|```|\n|\n\n|A\\) |: |\\?|10:01:22|x²|日本|ß|İ|क्षि|́| ){0,40}",
        "[\\x00-\\x7f]{0,80}",
    ]
}

fn attached() -> impl Strategy<Value = Vec<Attachment>> {
    proptest::collection::vec(
        prop_oneof![Just(Attachment::Photo), Just(Attachment::Document), Just(Attachment::Voice)],
        0..3,
    )
}

fn history() -> impl Strategy<Value = Vec<(bool, String, Option<Route>)>> {
    let route = prop_oneof![Just(None), proptest::sample::select(&Route::ALL[..]).prop_map(Some)];
    proptest::collection::vec((any::<bool>(), text(), route), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_message_gets_the_same_route_and_a_reason_each_time(
        text in text(), attached in attached(), history in history(),
    ) {
        let earlier: Vec<Earlier<'_>> = history
            .iter()
            .map(|(person, text, route)| Earlier {
                role: if *person { Role::User } else { Role::Assistant },
                text,
                route: *route,
            })
            .collect();
        let signals = Signals { text: &text, attached: &attached, earlier: &earlier };
        let verdict = decide(&signals);
        prop_assert!(!verdict.reasons.is_empty());
        prop_assert!(verdict.reasons.iter().all(|reason| !reason.is_empty()));
        prop_assert_eq!(&verdict, &decide(&signals));
    }
}

fn route(text: &str) -> Route {
    decide(&Signals { text, attached: &[], earlier: &[] }).route
}

fn after(text: &str, question: &str, route: Route) -> Route {
    let earlier = [
        Earlier { role: Role::User, text: question, route: None },
        Earlier { role: Role::Assistant, text: "…", route: Some(route) },
    ];
    decide(&Signals { text, attached: &[], earlier: &earlier }).route
}

#[test]
fn length_alone_decides_nothing() {
    assert_eq!(route("prove that every group of prime order is cyclic"), Route::Deep);
    let log = "2024-05-11T02:14:07Z INFO scheduler: picked job 88213\n".repeat(2_000);
    assert_eq!(route(&format!("what's the first timestamp?\n\n{log}")), Route::Fast);
}

#[test]
fn what_nobody_can_read_is_ordinary_work() {
    assert_eq!(route("kas yra geriausia knyga apie medžius"), Route::Standard);
}

#[test]
fn a_conversation_is_inherited_only_by_what_goes_on_with_it() {
    let hard = "why does our cluster deadlock under load?";
    assert_eq!(after("thanks!", hard, Route::Deep), Route::Fast);
    assert_eq!(after("and with two replicas?", hard, Route::Deep), Route::Deep);
    assert_eq!(after("what time is it in Tokyo", hard, Route::Deep), Route::Fast);
    assert_eq!(after("btw write a birthday card for my sister", hard, Route::Deep), Route::Standard);
}

#[test]
fn attachments_need_more_than_the_fast_model() {
    let decided = |text, attached: &[Attachment]| decide(&Signals { text, attached, earlier: &[] });
    let verdict = decided("what is this?", &[Attachment::Document]);
    assert_eq!(verdict.route, Route::Standard);
    assert_eq!(verdict.reasons[0], "a document is attached");
    assert_eq!(decided("remind me tomorrow", &[Attachment::Voice]).route, Route::Fast);
}

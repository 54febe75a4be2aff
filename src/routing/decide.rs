// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides, and says why.

use crate::features::find;
use crate::weights::weigh;
use crate::{Route, Signals, Verdict, words};

/// Reasons that are told.
const TOLD: usize = 3;
/// What weighs less than this many thousandths is not told, unless it is all there is.
const SLIGHT: i32 = 50;

/// Decides how strong a model a message needs.
///
/// Makes no call, reads no more than some kilobytes of the message, and gives the same verdict for the same signals.
/// The route is the cheapest one that is strong enough in all likelihood.
#[must_use]
pub fn decide(signals: &Signals<'_>) -> Verdict {
    let found = find(signals);
    if let Some(reason) = found.small {
        return Verdict { route: Route::Fast, reasons: vec![reason.to_owned()] };
    }
    let weighed = weigh(&found.names);
    let mut reasons: Vec<String> = Vec::new();
    let attached = words::attached(&found.names).filter(|_| weighed.route != Route::Fast);
    let spoke: Vec<&str> =
        weighed.spoke.iter().filter(|(weight, _)| *weight >= SLIGHT).map(|(_, name)| *name).collect();
    // That it asks for a proof says more than that it takes thought.
    let particular = spoke.iter().filter_map(|name| words::says(name));
    let general = spoke.iter().filter_map(|name| words::says_of_many(name));
    for reason in attached.into_iter().chain(particular).chain(general) {
        if reasons.len() < TOLD && !reasons.iter().any(|told| told == reason) {
            reasons.push(reason.to_owned());
        }
    }
    if reasons.is_empty() {
        reasons.push(words::nothing_special(weighed.route).to_owned());
    }
    Verdict { route: weighed.route, reasons }
}

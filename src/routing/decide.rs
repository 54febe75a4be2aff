// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts together what the words, the attachments and the conversation say.

use crate::ask::part;
use crate::fast::{Own, courtesy, errand};
use crate::ideas::Idea;
use crate::judge::{CAREFUL, DEEP, EXACT, Weighed, weigh};
use crate::shape;
use crate::talk::{Talk, goes_on};
use crate::text::clip;
use crate::{Attachment, Route, Signals, Verdict};

/// Points that hard work before adds to a message that may go on with it.
const INHERITED: i32 = 4;
/// Reasons that are told.
const TOLD: usize = 3;

/// Decides how strong a model a message needs.
///
/// Makes no call, reads no more than some kilobytes of the message, and gives the same verdict for the same signals.
/// When unsure, the route is [`Route::Standard`].
#[must_use]
pub fn decide(signals: &Signals<'_>) -> Verdict {
    let text = clip(signals.text);
    let ask = part(&text);
    let own = Own::read(&ask.words, ask.material);
    let talk = Talk::read(signals.earlier);
    let attached = signals.attached.iter().any(|one| *one != Attachment::Voice);
    if !attached && let Some(reason) = courtesy(&own) {
        return verdict(Route::Fast, vec![reason.into()]);
    }
    let goes_on = !signals.earlier.is_empty() && goes_on(&own);
    let inherited = talk.route.filter(|_| goes_on);
    if inherited != Some(Route::Deep)
        && no_choices(&text)
        && let Some(reason) = errand(&ask)
        && (!attached || [Idea::Remind.says(), Idea::Fix.says()].contains(&reason))
    {
        return verdict(Route::Fast, vec![reason.into()]);
    }
    let whole = Own::read(&text, 0);
    let weighed = deepest(weigh(&own.tally, &own.shape), weigh(&whole.tally, &whole.shape));
    let switches = own.tally.any(&[Idea::Switch]) && !own.tally.any(&[Idea::Complaint]);
    let light = switches || own.tally.any(&[Idea::Write, Idea::Rewrite, Idea::Make, Idea::Translate]);
    let mut points = weighed.points;
    if talk.route == Some(Route::Deep) && !light {
        points += INHERITED + if goes_on { DEEP } else { 0 };
    } else if talk.hard && !light {
        points += 2;
    }
    if signals.attached.contains(&Attachment::Document) && own.tally.any(CAREFUL) {
        points += 2;
    }
    if points >= DEEP {
        let mut reasons = Vec::new();
        if goes_on && talk.route == Some(Route::Deep) {
            reasons.push("follows up on hard work".to_owned());
        }
        reasons.extend(told(&weighed));
        if reasons.is_empty() {
            reasons.push("goes on with hard work".into());
        }
        return verdict(Route::Deep, reasons);
    }
    if inherited == Some(Route::Fast)
        && own.words <= 4
        && !own.tally.any(EXACT)
        && !own.tally.any(CAREFUL)
        && !attached
    {
        return verdict(Route::Fast, vec!["follows up on a small question".into()]);
    }
    let mut reasons = Vec::new();
    match signals.attached.iter().find(|one| **one != Attachment::Voice) {
        Some(Attachment::Photo) => reasons.push("a picture is attached".to_owned()),
        Some(_) => reasons.push("a document is attached".to_owned()),
        None => {}
    }
    reasons.extend(work(&own));
    if reasons.is_empty() {
        reasons.push("ordinary work".into());
    }
    verdict(Route::Standard, reasons)
}

/// A multiple-choice question looks like a small fact above a paste.
fn no_choices(text: &str) -> bool {
    shape::of(text).choices < 3
}

fn verdict(route: Route, mut reasons: Vec<String>) -> Verdict {
    reasons.truncate(TOLD);
    Verdict { route, reasons }
}

fn deepest(own: Weighed, whole: Weighed) -> Weighed {
    if own.points >= whole.points { own } else { whole }
}

/// What made a message hard.
fn told(weighed: &Weighed) -> impl Iterator<Item = String> {
    weighed.reasons.iter().filter(|(points, _)| *points > 0).map(|(_, says)| says.clone()).take(TOLD)
}

/// What an ordinary message asks for.
fn work(own: &Own) -> impl Iterator<Item = String> {
    const KINDS: &[Idea] = &[
        Idea::Write,
        Idea::Rewrite,
        Idea::Summarise,
        Idea::Make,
        Idea::Plan,
        Idea::Explain,
        Idea::Advise,
        Idea::Search,
        Idea::Code,
        Idea::Kitchen,
        Idea::Travel,
    ];
    let kinds: Vec<String> = KINDS
        .iter()
        .filter(|idea| own.tally.strong(**idea) > 0)
        .map(|idea| idea.says().to_owned())
        .take(2)
        .collect();
    kinds.into_iter()
}

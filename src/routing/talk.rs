// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the conversation adds to a message: what a short follow-up goes on with.

use crate::fast::Own;
use crate::ideas::Idea;
use crate::judge::{CAREFUL, EXACT, Tally};
use crate::lexicon::look;
use crate::text::{clip, fold};
use crate::{Earlier, Role, Route};

/// What was said before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Talk {
    /// The route of the last answer.
    pub(crate) route: Option<Route>,
    /// The last question of the person was about something in which answers are easily wrong or harmful.
    pub(crate) hard: bool,
}

/// Earlier messages that are looked at.
const BACK: usize = 4;

impl Talk {
    /// Reads the last messages.
    pub(crate) fn read(earlier: &[Earlier<'_>]) -> Self {
        let mut talk = Self::default();
        for one in earlier.iter().rev().take(BACK) {
            match one.role {
                Role::Assistant if talk.route.is_none() => talk.route = one.route,
                Role::User => {
                    let tally = Tally::of(&look(&fold(&clip(one.text))));
                    talk.hard =
                        tally.any(EXACT) || tally.any(CAREFUL) || tally.any(&[Idea::Prove, Idea::Symptom]);
                    break;
                }
                Role::Assistant => {}
            }
        }
        talk
    }
}

/// Ideas with which a message stands on its own feet.
const OWN_WORK: &[Idea] = &[
    Idea::Write,
    Idea::Rewrite,
    Idea::Make,
    Idea::Plan,
    Idea::Translate,
    Idea::Summarise,
    Idea::Explain,
    Idea::Kitchen,
    Idea::Travel,
    Idea::Media,
    Idea::Switch,
    Idea::Clock,
    Idea::Remind,
    Idea::Fix,
];

/// Whether a message only makes sense after what was said before.
pub(crate) fn goes_on(own: &Own) -> bool {
    let complains = own.tally.any(&[Idea::Complaint]);
    if own.tally.any(OWN_WORK) && !complains {
        return false;
    }
    let refers = own.tally.any(&[Idea::Ellipsis, Idea::Proceed, Idea::Complaint]);
    own.words <= 4 || (own.words <= 30 && refers)
}

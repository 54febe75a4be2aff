// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stages of a turn and the transitions between them.
//!
//! ```text
//! Gate ──Admitted──▶ Perceive ──Perceived──▶ Call ──Answered──▶ Settle ──Settled──▶ Done
//!  │                    │                    ▲  │                 ▲
//!  └──Concluded─────────┴──Concluded─────────│──┼─────────────────┤
//!                                            │  └─WantsTools─▶ Act┤ (Concluded: stopped, out of time)
//!                                            └────ToolsRan───────┘
//! ```
//! `Shortened` leads from a call that did not fit to the next one, once; `Rerouted` from a call that was not made or
//! failed to the next one, by another model. `Deferred` leads from every working stage
//! back into the queue.

/// Where a turn stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// May this person talk? Is it a command?
    Gate,
    /// Files are fetched and understood.
    Perceive,
    /// The model is asked.
    Call,
    /// Tools run.
    Act,
    /// The end is written down.
    Settle,
    /// Written down; nothing is left to do.
    Done,
    /// Back in the queue.
    Waiting,
}

/// What happened in a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The person may talk, and it is not a command.
    Admitted,
    /// The message is understood.
    Perceived,
    /// The model asked for tools, or to go on.
    WantsTools,
    /// The tools have answered.
    ToolsRan,
    /// The prompt did not fit, and has been shortened.
    Shortened,
    /// Another model is to be asked.
    Rerouted,
    /// The model has answered.
    Answered,
    /// The turn ends here without a whole answer of the model: a command, a stranger, a stop, a failure.
    Concluded,
    /// It cannot be finished now.
    Deferred,
    /// The end is stored.
    Settled,
}

/// A signal that cannot happen in that stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{signal:?} cannot happen in stage {stage:?}")]
pub struct IllegalTransition {
    /// The stage.
    pub stage: Stage,
    /// The signal.
    pub signal: Signal,
}

impl Stage {
    /// The stage that follows.
    ///
    /// # Errors
    /// When the signal cannot happen here: a bug in the turn.
    pub fn next(self, signal: Signal) -> Result<Self, IllegalTransition> {
        use Signal::{
            Admitted, Answered, Concluded, Deferred, Perceived, Rerouted, Settled, Shortened, ToolsRan,
            WantsTools,
        };
        match (self, signal) {
            (Self::Gate, Admitted) => Ok(Self::Perceive),
            (Self::Perceive, Perceived) | (Self::Act, ToolsRan) | (Self::Call, Shortened | Rerouted) => {
                Ok(Self::Call)
            }
            (Self::Call, WantsTools) => Ok(Self::Act),
            (Self::Call, Answered) | (Self::Gate | Self::Perceive | Self::Call | Self::Act, Concluded) => {
                Ok(Self::Settle)
            }
            (Self::Gate | Self::Perceive | Self::Call | Self::Act, Deferred) => Ok(Self::Waiting),
            (Self::Settle, Settled) => Ok(Self::Done),
            (stage, signal) => Err(IllegalTransition { stage, signal }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Signal::*;
    use super::*;

    const STAGES: [Stage; 7] =
        [Stage::Gate, Stage::Perceive, Stage::Call, Stage::Act, Stage::Settle, Stage::Done, Stage::Waiting];
    const SIGNALS: [Signal; 10] = [
        Admitted, Perceived, WantsTools, ToolsRan, Shortened, Rerouted, Answered, Concluded, Deferred,
        Settled,
    ];

    fn walk(signals: &[Signal]) -> Result<Stage, IllegalTransition> {
        signals.iter().try_fold(Stage::Gate, |stage, signal| stage.next(*signal))
    }

    #[test]
    fn a_message_walks_from_the_gate_to_done() {
        assert_eq!(walk(&[Admitted, Perceived, Answered, Settled]), Ok(Stage::Done));
    }

    #[test]
    fn tools_lead_back_to_the_model() {
        let path = [Admitted, Perceived, WantsTools, ToolsRan, WantsTools, ToolsRan, Answered, Settled];
        assert_eq!(walk(&path), Ok(Stage::Done));
    }

    #[test]
    fn no_call_is_made_before_the_gate_has_opened() {
        for signal in SIGNALS {
            assert_ne!(Stage::Gate.next(signal), Ok(Stage::Call), "{signal:?}");
        }
    }

    #[test]
    fn only_settling_leads_to_done_and_nothing_leads_out() {
        for stage in STAGES {
            for signal in SIGNALS {
                if let Ok(next) = stage.next(signal) {
                    assert_eq!(next == Stage::Done, stage == Stage::Settle && signal == Settled);
                    assert!(!matches!(stage, Stage::Done | Stage::Waiting), "{stage:?} must not be left");
                }
            }
        }
    }

    #[test]
    fn a_turn_that_is_being_settled_cannot_be_put_back() {
        assert_eq!(
            Stage::Settle.next(Deferred),
            Err(IllegalTransition { stage: Stage::Settle, signal: Deferred })
        );
    }
}

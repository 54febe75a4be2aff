// SPDX-License-Identifier: MIT OR Apache-2.0
//! The turn: from a queued message to an answer in the outbox.
//!
//! The agent knows traits only. It is given a storage, a provider, channels and tools, and moves messages between
//! them so that nothing is lost when the process dies at any point: what is not yet settled is still in the queue,
//! what is not yet sent is still in the outbox.
//!
//! | room | holds |
//! |---|---|
//! | [`agent`] | [`Agent`]: its parts, its start, its drain |
//! | [`options`] | what the operator decides |
//! | `inbox` | takes in what channels receive; hears "stop" |
//! | `dispatcher` | one task a conversation, many conversations at once |
//! | [`stage`] | the stages of a turn and the transitions between them |
//! | `turn` | walks one message through the stages: the gate here, `hear` the files, `choose` the model, `prompt` what it is shown, `answer` its part, `failure`, `unpaid` and `shorten` when it has none, `settle` the end |
//! | `gate` | who may talk; pairing codes for strangers |
//! | `command`, `operator` | what a person can ask for in the chat, and who may change the budget |
//! | `perceive` | files become blocks: pictures, documents, transcribed speech |
//! | [`frame`] | the request, in three zones: what is static, what is said, what holds for this turn alone |
//! | [`tokens`] | how many tokens a prompt has, as expected and at most |
//! | `choice` | which model answers, and why |
//! | `call` | follows a provider's stream |
//! | `spend` | the one way to call a model: reserved before, entered after |
//! | [`budget`] | the limits that hold now, and raising them |
//! | `compaction` | summaries of what was said long ago |
//! | `act` | runs tools, with a journal for those that have effects |
//! | `ending` | what the person reads when something did not go as planned |
//! | `memory` | what fits a message is shown; what is said is kept so that it can be found |
//! | `background` | what is done unasked: reminders, and looking around for changes |
//! | `progress` | shows a running turn in its channel |
//! | `sender` | the outbox on its way |
//! | `context`, `running`, `absent` | what loops and turns have in common: the parts, who is being answered, where nobody is there |
//! | `pulse` | proof for the watchdog that the loops move |

pub mod agent;
pub mod budget;
pub mod frame;
pub mod options;
pub mod stage;
pub mod tokens;

mod absent;
mod act;
mod background;
mod call;
mod choice;
mod command;
mod compaction;
mod context;
mod dispatcher;
mod ending;
mod gate;
mod inbox;
mod memory;
mod operator;
mod perceive;
mod progress;
mod pulse;
mod running;
mod sender;
mod spend;
mod turn;

pub use agent::{Agent, Parts};
pub use options::AgentOptions;

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The methods of the API, one file for each family.

mod account;
mod draft;
mod edit;
mod file;
mod message;
mod poll;

use super::{
    Telegram, World,
    entities::{Formatted, ParseMode, given, utf16_len, validate},
    error::ApiError,
    params::Params,
    router::Answer,
};
use serde_json::Value;

/// The longest text that the service reads at all, in bytes and with its markup.
const RAW_LIMIT: usize = 1 << 15;

type Outcome = Result<Answer, ApiError>;

/// A method: its name, its parameters, and what it does. `getUpdates` waits and stands apart.
struct Method {
    name: &'static str,
    params: &'static [&'static str],
    run: fn(&mut World, &Params) -> Outcome,
}

const METHODS: [Method; 16] = [
    Method { name: "getMe", params: &[], run: account::get_me },
    Method {
        name: "setMyCommands",
        params: &["commands", "scope", "language_code"],
        run: account::set_commands,
    },
    Method { name: "getMyCommands", params: &["scope", "language_code"], run: account::get_commands },
    Method { name: "deleteMyCommands", params: &["scope", "language_code"], run: account::delete_commands },
    Method { name: "setWebhook", params: poll::WEBHOOK, run: poll::set_webhook },
    Method { name: "deleteWebhook", params: &["drop_pending_updates"], run: poll::delete_webhook },
    Method { name: "getWebhookInfo", params: &[], run: poll::webhook_info },
    Method { name: "sendMessage", params: message::TEXT, run: message::send_text },
    Method { name: "sendPhoto", params: message::PHOTO, run: message::send_photo },
    Method { name: "sendDocument", params: message::DOCUMENT, run: message::send_document },
    Method { name: "sendMessageDraft", params: draft::PARAMS, run: draft::send },
    Method { name: "sendChatAction", params: draft::ACTION, run: draft::act },
    Method { name: "editMessageText", params: edit::TEXT, run: edit::text },
    Method { name: "deleteMessage", params: &["chat_id", "message_id"], run: edit::delete },
    Method { name: "getFile", params: &["file_id"], run: file::get },
    Method { name: "getChat", params: &["chat_id"], run: account::get_chat },
];

/// Calls a method by its name, of which upper and lower case do not matter.
pub(super) async fn call(telegram: &Telegram, name: &str, params: &Params) -> Outcome {
    if name.eq_ignore_ascii_case("getUpdates") {
        telegram.change(|world| warn_unknown(world, "getUpdates", params, poll::UPDATES));
        let poll = telegram.change(|world| poll::get_updates(world, params))?;
        return telegram.poll(poll).await.map(Answer::from);
    }
    let method = METHODS
        .iter()
        .find(|method| method.name.eq_ignore_ascii_case(name))
        .ok_or_else(|| ApiError::new(404, "Not Found: method not found"))?;
    telegram.change(|world| {
        warn_unknown(world, method.name, params, method.params);
        (method.run)(world, params)
    })
}

fn warn_unknown(world: &mut World, method: &str, params: &Params, known: &[&str]) {
    for name in params.unknown(known) {
        world.warn(method, format!("unknown parameter {name:?}"));
    }
}

/// The text of a message, draft or caption, as the service would store it.
struct TextParams {
    text: &'static str,
    entities: &'static str,
    /// Nothing to show is fine.
    may_be_empty: bool,
    limit: usize,
    too_long: &'static str,
}

/// Reads text, `parse_mode` and entities.
fn formatted(
    world: &mut World,
    method: &str,
    params: &Params,
    what: &TextParams,
) -> Result<Formatted, ApiError> {
    let text = params.text(what.text)?;
    if text.len() > RAW_LIMIT {
        return Err(ApiError::bad("Text is too long"));
    }
    let mode = ParseMode::from_name(params.text("parse_mode")?).map_err(ApiError::bad)?;
    let formatted = match (mode, params.json(what.entities)) {
        (Some(mode), _) if !text.is_empty() => mode.parse(text).map_err(ApiError::bad)?,
        (_, Some(Ok(entities))) => {
            let given = given::parse(&entities).map_err(ApiError::bad)?;
            for dropped in given.dropped {
                world.warn(method, format!("dropped {dropped}"));
            }
            Formatted { text: text.to_owned(), entities: given.entities }
        }
        (_, Some(Err(why))) => {
            world.warn(method, format!("{} ignored: {why}", what.entities));
            Formatted { text: text.to_owned(), entities: Vec::new() }
        }
        (_, None) => Formatted { text: text.to_owned(), entities: Vec::new() },
    };
    let settled = validate::settle(formatted, what.may_be_empty).map_err(ApiError::bad)?;
    for changed in settled.changed {
        world.warn(method, changed);
    }
    if utf16_len(&settled.formatted.text) > what.limit {
        return Err(ApiError::bad(what.too_long));
    }
    Ok(settled.formatted)
}

/// An object that is only kept: it must be one.
fn object(params: &Params, name: &str, not_json: &str, not_object: &str) -> Result<Option<Value>, ApiError> {
    match params.json(name) {
        None => Ok(None),
        Some(Err(_)) => Err(ApiError::bad(not_json)),
        Some(Ok(value)) if value.is_object() => Ok(Some(value)),
        Some(Ok(_)) => Err(ApiError::bad(not_object)),
    }
}

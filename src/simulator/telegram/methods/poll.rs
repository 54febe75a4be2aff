// SPDX-License-Identifier: MIT OR Apache-2.0
//! Receiving updates. Webhooks can be set and deleted, so that their conflict with polling can be seen; nothing is ever
//! sent to one.

use super::Outcome;
use crate::telegram::{World, error::ApiError, params::Params, router::Answer, updates::Poll};
use serde_json::{Value, json};

/// Parameters of `getUpdates`.
pub(super) const UPDATES: &[&str] = &["offset", "limit", "timeout", "allowed_updates"];
/// Parameters of `setWebhook`.
pub(super) const WEBHOOK: &[&str] = &[
    "url",
    "certificate",
    "ip_address",
    "max_connections",
    "allowed_updates",
    "drop_pending_updates",
    "secret_token",
];

pub(super) fn get_updates(world: &mut World, params: &Params) -> Result<Poll, ApiError> {
    if !world.webhook.is_empty() {
        return Err(ApiError::new(
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook \
             first",
        ));
    }
    let poll = Poll::new(params.integer("offset")?, params.integer("limit")?, params.integer("timeout")?);
    allow(world, params);
    Ok(poll)
}

/// What cannot be read is ignored by the service; the bot would wonder.
fn allow(world: &mut World, params: &Params) {
    let names = match params.json("allowed_updates") {
        None => None,
        Some(Ok(Value::Array(names))) => {
            names.iter().map(|name| Some(name.as_str()?.to_ascii_lowercase())).collect::<Option<Vec<_>>>()
        }
        Some(_) => {
            world.warn("getUpdates", "allowed_updates is no array and was ignored");
            None
        }
    };
    world.allow_updates(names);
}

pub(super) fn set_webhook(world: &mut World, params: &Params) -> Outcome {
    let url = params.text("url")?;
    if !url.is_empty() && !url.starts_with("https://") {
        return Err(ApiError::bad("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    allow(world, params);
    change(world, url, params)
}

pub(super) fn delete_webhook(world: &mut World, params: &Params) -> Outcome {
    change(world, "", params)
}

fn change(world: &mut World, url: &str, params: &Params) -> Outcome {
    let drop = params.flag("drop_pending_updates")?;
    if drop {
        world.updates.clear();
    }
    let description = match (world.webhook == url && !drop, url.is_empty()) {
        (true, true) => "Webhook is already deleted",
        (true, false) => "Webhook is already set",
        (false, true) => "Webhook was deleted",
        (false, false) => "Webhook was set",
    };
    world.webhook = url.to_owned();
    Ok(Answer { result: json!(true), description: Some(description) })
}

pub(super) fn webhook_info(world: &mut World, _: &Params) -> Outcome {
    let mut info = json!({ "url": world.webhook, "has_custom_certificate": false,
        "pending_update_count": world.updates.len() });
    if let (Some(allowed), Value::Object(info)) = (world.updates.allowed(), &mut info) {
        info.insert("allowed_updates".into(), allowed.into());
    }
    Ok(info.into())
}

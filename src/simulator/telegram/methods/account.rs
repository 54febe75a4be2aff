// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bot itself: who it is, its commands, and the chats it knows.

use super::Outcome;
use crate::telegram::{World, error::ApiError, params::Params};
use serde_json::{Value, json};

/// Most commands of a bot.
const COMMANDS: usize = 100;

pub(super) fn get_me(world: &mut World, _: &Params) -> Outcome {
    Ok(world.bot.to_full_json().into())
}

pub(super) fn get_chat(world: &mut World, params: &Params) -> Outcome {
    let chat = world.writable_chat(&params.chat_id()?)?.to_json();
    Ok(chat.into())
}

pub(super) fn set_commands(world: &mut World, params: &Params) -> Outcome {
    let place = place(params)?;
    let commands = match params.json("commands") {
        None => return Err(ApiError::bad("Parameter \"commands\" is required")),
        Some(Err(_)) => return Err(ApiError::bad("Can't parse commands JSON object")),
        Some(Ok(Value::Array(commands))) => commands,
        Some(Ok(_)) => return Err(ApiError::bad("Expected an Array of BotCommand")),
    };
    if commands.len() > COMMANDS {
        return Err(ApiError::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    let commands: Vec<Value> = commands.iter().map(command).collect::<Result<_, _>>()?;
    world.commands.insert(place, commands.into());
    Ok(json!(true).into())
}

/// One command, checked.
fn command(value: &Value) -> Result<Value, ApiError> {
    let wrong = |why: &str| ApiError::bad(format!("Can't parse BotCommand: {why}"));
    let object = value.as_object().ok_or_else(|| wrong("expected an Object"))?;
    let field = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Err(wrong(&format!("Can't find field \"{name}\""))),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(wrong(&format!("Field \"{name}\" must be of type String"))),
    };
    let (name, description) = (field("command")?, field("description")?);
    // The service takes a slash in front of a name off.
    let name = name.strip_prefix('/').unwrap_or(name);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !(1..=32).contains(&name.len()) || !name.chars().all(fits) {
        return Err(ApiError::bad("BOT_COMMAND_INVALID"));
    }
    let description = description.trim();
    if description.is_empty() || description.chars().count() > 256 {
        return Err(ApiError::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
    }
    Ok(json!({ "command": name, "description": description }))
}

pub(super) fn get_commands(world: &mut World, params: &Params) -> Outcome {
    let place = place(params)?;
    Ok(world.commands.get(&place).cloned().unwrap_or_else(|| json!([])).into())
}

pub(super) fn delete_commands(world: &mut World, params: &Params) -> Outcome {
    let place = place(params)?;
    world.commands.remove(&place);
    Ok(json!(true).into())
}

/// Scope and language together: each has commands of its own.
fn place(params: &Params) -> Result<String, ApiError> {
    let wrong = |why: &str| ApiError::bad(format!("Can't parse BotCommandScope: {why}"));
    let language = params.text("language_code")?;
    let is_code = language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase());
    if !(language.is_empty() || is_code) {
        return Err(ApiError::bad("LANG_CODE_INVALID"));
    }
    let scope = match params.json("scope") {
        None => json!({ "type": "default" }),
        Some(Err(_)) => return Err(ApiError::bad("Can't parse BotCommandScope JSON object")),
        Some(Ok(scope)) if scope.is_object() => scope,
        Some(Ok(_)) => return Err(wrong("BotCommandScope must be an Object")),
    };
    let kind = scope.get("type").and_then(Value::as_str).ok_or_else(|| wrong("Can't find field \"type\""))?;
    let needed: &[&str] = match kind {
        "default" | "all_private_chats" | "all_group_chats" | "all_chat_administrators" => &[],
        "chat" | "chat_administrators" => &["chat_id"],
        "chat_member" => &["chat_id", "user_id"],
        _ => return Err(wrong("Unsupported type specified")),
    };
    let mut place = format!("{kind} {language}");
    for name in needed {
        let value = scope.get(*name).ok_or_else(|| wrong(&format!("Can't find field \"{name}\"")))?;
        place.push_str(&format!(" {value}"));
    }
    Ok(place)
}

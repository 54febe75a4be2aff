// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a request may ask for once its shape is right: turns, tool pairs, and the bans of each model.

use std::collections::HashSet;

use super::{
    error::ApiError,
    models::{Model, Thinks},
    request::{Block, Kind, Message, Request, Role, ToolChoice},
};

/// Checks everything that does not need the prompt's digests.
///
/// # Errors
/// The first rule that is broken, as a 400.
pub fn check(request: &Request, model: &Model) -> Result<(), ApiError> {
    turns(request, model)?;
    for (at, message) in request.messages.iter().enumerate() {
        for (position, block) in message.content.iter().enumerate() {
            texts(block, &format!("messages.{at}.content.{position}"))?;
        }
    }
    for (position, block) in request.system.iter().enumerate() {
        texts(block, &format!("system.{position}"))?;
    }
    tool_pairs(&request.messages)?;
    tools(request, model)?;
    parameters(request, model)
}

fn turns(request: &Request, model: &Model) -> Result<(), ApiError> {
    let Some(first) = request.messages.first() else {
        return Err(ApiError::at("messages", "at least one message is required"));
    };
    if first.role != Role::User {
        return Err(ApiError::at("messages", "first message must use the \"user\" role"));
    }
    let last = request.messages.len().saturating_sub(1);
    for (at, message) in request.messages.iter().enumerate() {
        if !message.content.is_empty() {
            continue;
        }
        return Err(match message.role {
            Role::User => {
                ApiError::invalid(format!("messages.{at}: user messages must have non-empty content"))
            }
            Role::Assistant if at == last && model.prefill => continue,
            Role::Assistant => ApiError::invalid(format!(
                "messages.{at}: all messages must have non-empty content except for the optional final assistant message"
            )),
        });
    }
    match request.messages.last() {
        Some(message) if message.role == Role::Assistant => {
            if !model.prefill {
                return Err(ApiError::invalid(
                    "This model does not support assistant message prefill. The conversation must end with a user message.",
                ));
            }
            match message.content.last().map(|block| &block.kind) {
                Some(Kind::Text(text)) if text.trim_end() != text => Err(ApiError::at(
                    "messages",
                    "final assistant content cannot end with trailing whitespace",
                )),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn texts(block: &Block, path: &str) -> Result<(), ApiError> {
    match &block.kind {
        Kind::Text(text) if text.is_empty() && block.cache.is_some() => {
            Err(ApiError::at(path, "cache_control cannot be set for empty text blocks"))
        }
        Kind::Text(text) if text.is_empty() => {
            Err(ApiError::at(path, "text content blocks must be non-empty"))
        }
        Kind::Text(text) if text.trim().is_empty() => {
            Err(ApiError::at(path, "text content blocks must contain non-whitespace text"))
        }
        Kind::ToolResult { content, .. } => content
            .iter()
            .enumerate()
            .try_for_each(|(at, block)| texts(block, &format!("{path}.tool_result.content.{at}"))),
        _ => Ok(()),
    }
}

/// Every call is answered by exactly one result, in the next message, before anything else in it; nothing else is.
fn tool_pairs(messages: &[Message]) -> Result<(), ApiError> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let mut results: Vec<&str> = Vec::new();
        let mut others = false;
        for (position, block) in message.content.iter().enumerate() {
            match &block.kind {
                Kind::ToolResult { id, .. } => {
                    if !open.contains(&id.as_str()) {
                        return Err(ApiError::invalid(format!(
                            "messages.{at}.content.{position}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. \
                             Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                        )));
                    }
                    if results.contains(&id.as_str()) {
                        return Err(ApiError::invalid(format!(
                            "messages.{at}.content.{position}: each tool_use must have a single result. Found multiple \
                             `tool_result` blocks with id: {id}"
                        )));
                    }
                    if others {
                        return Err(unanswered(at.saturating_sub(1), &open));
                    }
                    results.push(id);
                }
                _ => others = true,
            }
        }
        let missing: Vec<&str> = open.iter().copied().filter(|id| !results.contains(id)).collect();
        if !missing.is_empty() {
            return Err(unanswered(at.saturating_sub(1), &missing));
        }
        open.clear();
        for block in &message.content {
            if let Kind::ToolUse { id, .. } = &block.kind {
                if !seen.insert(id) {
                    return Err(ApiError::invalid(format!("messages.{at}: `tool_use` ids must be unique")));
                }
                open.push(id);
            }
        }
    }
    if open.is_empty() { Ok(()) } else { Err(unanswered(messages.len().saturating_sub(1), &open)) }
}

fn unanswered(at: usize, ids: &[&str]) -> ApiError {
    ApiError::invalid(format!(
        "messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block \
         must have a corresponding `tool_result` block in the next message.",
        ids.join(", ")
    ))
}

fn tools(request: &Request, model: &Model) -> Result<(), ApiError> {
    let mut names = HashSet::new();
    if request.tools.iter().any(|tool| !names.insert(tool.name.as_str())) {
        return Err(ApiError::at("tools", "Tool names must be unique."));
    }
    let forced = match &request.tool_choice {
        ToolChoice::Auto | ToolChoice::None => return Ok(()),
        ToolChoice::Any => "any",
        ToolChoice::Tool(name) => {
            if !names.contains(name.as_str()) {
                return Err(ApiError::invalid(format!("Tool '{name}' not found in provided tools")));
            }
            "tool"
        }
    };
    if request.tools.is_empty() {
        return Err(ApiError::invalid("tool_choice may only be specified while providing tools"));
    }
    let thinks = request.thinking.as_ref().is_some_and(|thinking| thinking.kind == "enabled");
    if !model.forced_tools || thinks {
        return Err(ApiError::at(
            &format!("tool_choice.{forced}"),
            "forced tool use is not supported for this model or thinking mode; use `auto` or `none`",
        ));
    }
    Ok(())
}

fn parameters(request: &Request, model: &Model) -> Result<(), ApiError> {
    if request.max_tokens > model.max_output {
        return Err(ApiError::invalid(format!(
            "max_tokens: {} > {}, which is the maximum allowed number of output tokens for {}",
            request.max_tokens, model.max_output, request.model
        )));
    }
    if let Some(name) = request.sampling.first()
        && !model.sampling
    {
        return Err(ApiError::invalid(format!(
            "`{name}` is not supported for this model; only its default is accepted"
        )));
    }
    if request.effort.is_some() && !model.effort {
        return Err(ApiError::invalid("This model does not support the effort parameter."));
    }
    let Some(thinking) = &request.thinking else { return Ok(()) };
    if !model.thinking.contains(&thinking.kind.as_str()) {
        let kind = &thinking.kind;
        return Err(ApiError::invalid(match kind.as_str() {
            "disabled" if model.thinking.contains(&"between_tools") => format!(
                "\"thinking.type.{kind}\" is not supported for this model. To turn thinking off on this model, send \
                 \"thinking\": {{\"type\": \"between_tools\"}}."
            ),
            "between_tools" | "adaptive" => {
                format!("\"thinking.type.{kind}\" is not supported for this model.")
            }
            _ => format!(
                "\"thinking.type.{kind}\" is not supported for this model. Use \"thinking.type.adaptive\" and \
                 \"output_config.effort\" to control thinking behavior."
            ),
        }));
    }
    if let Some(budget) = thinking.budget
        && budget >= request.max_tokens
        && request.max_tokens > 0
    {
        return Err(ApiError::invalid("`max_tokens` must be greater than `thinking.budget_tokens`"));
    }
    Ok(())
}

/// Whether the answer begins with thinking.
pub fn thinks(request: &Request, model: &Model) -> bool {
    match (model.thinks, request.thinking.as_ref().map(|thinking| thinking.kind.as_str())) {
        (Thinks::Always, _) | (_, Some("enabled")) => true,
        (_, Some("disabled" | "between_tools")) | (Thinks::WhenAsked, None) => false,
        (_, _) => request.effort.as_deref() != Some("low"),
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;

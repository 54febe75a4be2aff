// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shape of a request: every key known, every type right. Errors name the place as the API does,
//! `messages.0.content.1.text: Field required`.

use base64::Engine as _;
use serde_json::{Map, Value};

use super::{
    error::ApiError,
    media::{self, Document},
    request::{Block, Kind, Message, Request, Role, Thinking, Tool, ToolChoice, Ttl},
};

type Checked<T> = Result<T, ApiError>;

const MISSING: &str = "Field required";
/// The largest image, in bytes.
const IMAGE_BYTES: usize = 5 * 1024 * 1024;
/// The longest side of an image, in pixels.
const IMAGE_SIDE: u32 = 8_000;
/// The most pages of PDF files in one request.
const PDF_PAGES: u64 = 600;
/// The most messages in one request.
const MESSAGES: usize = 100_000;

const CREATE_KEYS: &[&str] = &[
    "cache_control",
    "container",
    "diagnostics",
    "inference_geo",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "output_config",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];
const COUNT_KEYS: &[&str] = &[
    "cache_control",
    "messages",
    "model",
    "output_config",
    "speed",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];

/// Checks the body of `POST /v1/messages`.
///
/// # Errors
/// The first thing that is wrong, as a 400.
pub fn create(body: &Value) -> Checked<Request> {
    let map = object(body, "", CREATE_KEYS)?;
    let mut request = shared(map)?;
    request.max_tokens =
        integer(map, "", "max_tokens")?.ok_or_else(|| ApiError::at("max_tokens", MISSING))?;
    request.stream = boolean(map, "", "stream")?.unwrap_or(false);
    request.sampling = sampling(map)?;
    request.stop_sequences = stop_sequences(map)?;
    one_of(map, "", "service_tier", &["auto", "standard_only"])?;
    one_of(map, "", "speed", &["standard"])?;
    string(map, "", "inference_geo")?;
    if let Some(metadata) = present(map, "metadata") {
        string(object(metadata, "metadata", &["user_id"])?, "metadata", "user_id")?;
    }
    if let Some(diagnostics) = present(map, "diagnostics") {
        request.diagnostics = true;
        string(
            object(diagnostics, "diagnostics", &["previous_message_id"])?,
            "diagnostics",
            "previous_message_id",
        )?;
    }
    if present(map, "container").is_some() {
        return Err(ApiError::at("container", "Input should be null"));
    }
    Ok(request)
}

/// Checks the body of `POST /v1/messages/count_tokens`.
///
/// # Errors
/// The first thing that is wrong, as a 400.
pub fn count(body: &Value) -> Checked<Request> {
    shared(object(body, "", COUNT_KEYS)?)
}

/// Checks for what the API takes up to version 2023-06-01 only: sampling parameters, even at their default, and citations
/// on texts of the user.
///
/// # Errors
/// The first such thing, as a 400.
pub fn removed(body: &Value) -> Checked<()> {
    for key in ["temperature", "top_k", "top_p"] {
        if body.get(key).is_some_and(|value| !value.is_null()) {
            return Err(ApiError::at(key, "Extra inputs are not permitted"));
        }
    }
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    for (at, message) in list(body.get("messages")).iter().enumerate() {
        let user = message.get("role").and_then(Value::as_str) == Some("user");
        for (position, block) in list(message.get("content")).iter().enumerate() {
            if user && !list(block.get("citations")).is_empty() {
                let path = format!("messages.{at}.content.{position}.text.citations");
                return Err(ApiError::at(&path, "citations are not permitted in user messages"));
            }
        }
    }
    Ok(())
}

/// What both endpoints have in common.
fn shared(map: &Map<String, Value>) -> Checked<Request> {
    let model = required_string(map, "", "model")?;
    let listed = array(map, "", "messages")?.ok_or_else(|| ApiError::at("messages", MISSING))?;
    if listed.len() > MESSAGES {
        return Err(ApiError::at("messages", format!("List should have at most {MESSAGES} items")));
    }
    let messages =
        listed.iter().enumerate().map(|(at, value)| message(value, at)).collect::<Checked<Vec<_>>>()?;
    let system = match present(map, "system") {
        None => Vec::new(),
        Some(Value::String(text)) => vec![Block { kind: Kind::Text(text.clone()), cache: None }],
        Some(value) => blocks(value, "system", &["text"])?,
    };
    let tools = match array(map, "", "tools")? {
        None => Vec::new(),
        Some(list) => {
            list.iter().enumerate().map(|(at, value)| tool(value, at)).collect::<Checked<Vec<_>>>()?
        }
    };
    let (effort, format) = output_config(map)?;
    let pages: u64 = messages
        .iter()
        .flat_map(|message| &message.content)
        .map(|block| match &block.kind {
            Kind::Document(document) => document.pages.unwrap_or(0),
            _ => 0,
        })
        .sum();
    if pages > PDF_PAGES {
        return Err(ApiError::invalid(format!("A maximum of {PDF_PAGES} PDF pages may be provided.")));
    }
    Ok(Request {
        model,
        max_tokens: 0,
        stream: false,
        system,
        messages,
        tools,
        tool_choice: tool_choice(map)?,
        thinking: thinking(map)?,
        effort,
        format,
        sampling: Vec::new(),
        stop_sequences: Vec::new(),
        auto_cache: cache_control(map, "")?,
        diagnostics: false,
    })
}

// ---- values -------------------------------------------------------------------------------------------------

fn join(path: &str, key: impl std::fmt::Display) -> String {
    if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }
}

fn object<'a>(value: &'a Value, path: &str, known: &[&str]) -> Checked<&'a Map<String, Value>> {
    let Some(map) = value.as_object() else {
        return Err(ApiError::at(if path.is_empty() { "body" } else { path }, "Input should be an object"));
    };
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(extra) => Err(ApiError::at(&join(path, extra), "Extra inputs are not permitted")),
        None => Ok(map),
    }
}

/// The value of a key, unless it is absent or null.
fn present<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    map.get(key).filter(|value| !value.is_null())
}

fn string(map: &Map<String, Value>, path: &str, key: &str) -> Checked<Option<String>> {
    match present(map, key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(ApiError::at(&join(path, key), "Input should be a valid string")),
    }
}

fn required_string(map: &Map<String, Value>, path: &str, key: &str) -> Checked<String> {
    string(map, path, key)?.ok_or_else(|| ApiError::at(&join(path, key), MISSING))
}

fn boolean(map: &Map<String, Value>, path: &str, key: &str) -> Checked<Option<bool>> {
    match present(map, key) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(ApiError::at(&join(path, key), "Input should be a valid boolean")),
    }
}

fn integer(map: &Map<String, Value>, path: &str, key: &str) -> Checked<Option<u64>> {
    match present(map, key) {
        None => Ok(None),
        Some(value) => match (value.as_u64(), value.as_i64()) {
            (Some(number), _) => Ok(Some(number)),
            (None, Some(_)) => {
                Err(ApiError::at(&join(path, key), "Input should be greater than or equal to 0"))
            }
            (None, None) => Err(ApiError::at(&join(path, key), "Input should be a valid integer")),
        },
    }
}

fn array<'a>(map: &'a Map<String, Value>, path: &str, key: &str) -> Checked<Option<&'a Vec<Value>>> {
    match present(map, key) {
        None => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(_) => Err(ApiError::at(&join(path, key), "Input should be a valid list")),
    }
}

fn one_of(map: &Map<String, Value>, path: &str, key: &str, allowed: &[&str]) -> Checked<Option<String>> {
    match string(map, path, key)? {
        Some(value) if !allowed.contains(&value.as_str()) => {
            let allowed: Vec<String> = allowed.iter().map(|value| format!("'{value}'")).collect();
            Err(ApiError::at(&join(path, key), format!("Input should be {}", allowed.join(" or "))))
        }
        other => Ok(other),
    }
}

// ---- parts --------------------------------------------------------------------------------------------------

fn cache_control(map: &Map<String, Value>, path: &str) -> Checked<Option<Ttl>> {
    let Some(value) = present(map, "cache_control") else { return Ok(None) };
    let path = join(path, "cache_control");
    let map = object(value, &path, &["type", "ttl"])?;
    if one_of(map, &path, "type", &["ephemeral"])?.is_none() {
        return Err(ApiError::at(&join(&path, "type"), MISSING));
    }
    Ok(Some(match one_of(map, &path, "ttl", &["5m", "1h"])?.as_deref() {
        Some("1h") => Ttl::OneHour,
        _ => Ttl::FiveMinutes,
    }))
}

fn sampling(map: &Map<String, Value>) -> Checked<Vec<&'static str>> {
    let mut changed = Vec::new();
    for (key, top) in [("temperature", 1.0), ("top_p", 1.0)] {
        if let Some(value) = present(map, key) {
            let number = value.as_f64().ok_or_else(|| ApiError::at(key, "Input should be a valid number"))?;
            if !(0.0..=top).contains(&number) {
                return Err(ApiError::at(key, format!("range: 0..{top}")));
            }
            if number < top {
                changed.push(key);
            }
        }
    }
    if integer(map, "", "top_k")?.is_some() {
        changed.push("top_k");
    }
    Ok(changed)
}

fn stop_sequences(map: &Map<String, Value>) -> Checked<Vec<String>> {
    let Some(list) = array(map, "", "stop_sequences")? else { return Ok(Vec::new()) };
    list.iter()
        .enumerate()
        .map(|(at, value)| match value.as_str() {
            Some(text) if text.trim().is_empty() => {
                Err(ApiError::invalid("stop_sequences: each stop sequence must contain non-whitespace"))
            }
            Some(text) => Ok(text.to_owned()),
            None => Err(ApiError::at(&format!("stop_sequences.{at}"), "Input should be a valid string")),
        })
        .collect()
}

fn thinking(map: &Map<String, Value>) -> Checked<Option<Thinking>> {
    let Some(value) = present(map, "thinking") else { return Ok(None) };
    let map = object(value, "thinking", &["type", "budget_tokens", "display"])?;
    let kind = one_of(map, "thinking", "type", &["adaptive", "between_tools", "disabled", "enabled"])?
        .ok_or_else(|| ApiError::at("thinking.type", MISSING))?;
    let budget = integer(map, "thinking", "budget_tokens")?;
    let path = format!("thinking.{kind}.budget_tokens");
    match (kind.as_str(), budget) {
        ("enabled", None) => return Err(ApiError::at(&path, MISSING)),
        ("enabled", Some(..1_024)) => {
            return Err(ApiError::at(&path, "Input should be greater than or equal to 1024"));
        }
        ("enabled", _) | (_, None) => {}
        (_, Some(_)) => return Err(ApiError::at(&path, "Extra inputs are not permitted")),
    }
    let shown = one_of(map, "thinking", "display", &["summarized", "omitted"])?;
    if shown.is_some() && matches!(kind.as_str(), "disabled" | "between_tools") {
        return Err(ApiError::at(&format!("thinking.{kind}.display"), "Extra inputs are not permitted"));
    }
    Ok(Some(Thinking { kind, budget, shown: shown.map(|display| display == "summarized") }))
}

fn output_config(map: &Map<String, Value>) -> Checked<(Option<String>, Option<Value>)> {
    let Some(value) = present(map, "output_config") else { return Ok((None, None)) };
    let map = object(value, "output_config", &["effort", "format"])?;
    let effort = one_of(map, "output_config", "effort", &["low", "medium", "high", "xhigh", "max"])?;
    let Some(format) = present(map, "format") else { return Ok((effort, None)) };
    let path = "output_config.format";
    let format = object(format, path, &["type", "schema"])?;
    if one_of(format, path, "type", &["json_schema"])?.is_none() {
        return Err(ApiError::at(&join(path, "type"), MISSING));
    }
    match present(format, "schema") {
        Some(schema @ Value::Object(_)) => Ok((effort, Some(schema.clone()))),
        Some(_) => Err(ApiError::at(&join(path, "schema"), "Input should be an object")),
        None => Err(ApiError::at(&join(path, "schema"), MISSING)),
    }
}

fn tool_choice(map: &Map<String, Value>) -> Checked<ToolChoice> {
    let Some(value) = present(map, "tool_choice") else { return Ok(ToolChoice::Auto) };
    let map = object(value, "tool_choice", &["type", "name", "disable_parallel_tool_use"])?;
    let kind = one_of(map, "tool_choice", "type", &["auto", "any", "none", "tool"])?
        .ok_or_else(|| ApiError::at("tool_choice.type", MISSING))?;
    let name = string(map, "tool_choice", "name")?;
    boolean(map, "tool_choice", "disable_parallel_tool_use")?;
    match (kind.as_str(), name) {
        ("tool", Some(name)) => Ok(ToolChoice::Tool(name)),
        ("tool", None) => Err(ApiError::at("tool_choice.tool.name", MISSING)),
        (kind, Some(_)) => {
            Err(ApiError::at(&format!("tool_choice.{kind}.name"), "Extra inputs are not permitted"))
        }
        ("any", None) => Ok(ToolChoice::Any),
        ("none", None) => Ok(ToolChoice::None),
        (_, None) => Ok(ToolChoice::Auto),
    }
}

fn tool(value: &Value, at: usize) -> Checked<Tool> {
    let path = format!("tools.{at}");
    let kind = value.get("type").and_then(Value::as_str).unwrap_or("custom");
    if kind != "custom" {
        return Err(ApiError::at(&path, format!("Input tag '{kind}' is not a tool that this stand-in has")));
    }
    let path = join(&path, "custom");
    let known = [
        "type",
        "name",
        "description",
        "input_schema",
        "cache_control",
        "strict",
        "eager_input_streaming",
        "input_examples",
    ];
    let map = object(value, &path, &known)?;
    let name = required_string(map, &path, "name")?;
    let letters = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if name.is_empty() || name.len() > 128 || !letters(&name) {
        return Err(ApiError::at(
            &join(&path, "name"),
            "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
        ));
    }
    let schema =
        present(map, "input_schema").ok_or_else(|| ApiError::at(&join(&path, "input_schema"), MISSING))?;
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Err(ApiError::at(&join(&path, "input_schema.type"), "Input should be 'object'"));
    }
    boolean(map, &path, "strict")?;
    boolean(map, &path, "eager_input_streaming")?;
    array(map, &path, "input_examples")?;
    Ok(Tool {
        name,
        description: string(map, &path, "description")?.unwrap_or_default(),
        schema: schema.clone(),
        cache: cache_control(map, &path)?,
    })
}

fn message(value: &Value, at: usize) -> Checked<Message> {
    let path = format!("messages.{at}");
    let map = object(value, &path, &["role", "content"])?;
    let role = match one_of(map, &path, "role", &["user", "assistant"])?.as_deref() {
        Some("user") => Role::User,
        Some(_) => Role::Assistant,
        None => return Err(ApiError::at(&join(&path, "role"), MISSING)),
    };
    let path = join(&path, "content");
    let content = match present(map, "content") {
        None => return Err(ApiError::at(&path, MISSING)),
        Some(Value::String(text)) if text.is_empty() => Vec::new(),
        Some(Value::String(text)) => vec![Block { kind: Kind::Text(text.clone()), cache: None }],
        Some(value) => {
            let allowed: &[&str] = match role {
                Role::User => &["text", "image", "document", "tool_result"],
                Role::Assistant => &["text", "tool_use", "thinking", "redacted_thinking"],
            };
            blocks(value, &path, allowed)?
        }
    };
    Ok(Message { role, content })
}

fn blocks(value: &Value, path: &str, allowed: &[&str]) -> Checked<Vec<Block>> {
    let list =
        value.as_array().ok_or_else(|| ApiError::at(path, "Input should be a valid string or list"))?;
    list.iter().enumerate().map(|(at, value)| block(value, &join(path, at), allowed)).collect()
}

fn block(value: &Value, path: &str, allowed: &[&str]) -> Checked<Block> {
    let kind = value
        .get("type")
        .ok_or_else(|| ApiError::at(&join(path, "type"), MISSING))?
        .as_str()
        .ok_or_else(|| ApiError::at(&join(path, "type"), "Input should be a valid string"))?;
    if !allowed.contains(&kind) {
        let expected: Vec<String> = allowed.iter().map(|tag| format!("'{tag}'")).collect();
        return Err(ApiError::at(
            path,
            format!(
                "Input tag '{kind}' found using 'type' does not match any of the expected tags: {}",
                expected.join(", ")
            ),
        ));
    }
    let path = join(path, kind);
    let known: &[&str] = match kind {
        "text" => &["type", "text", "cache_control", "citations"],
        "image" => &["type", "source", "cache_control"],
        "document" => &["type", "source", "cache_control", "title", "context", "citations"],
        "tool_use" => &["type", "id", "name", "input", "cache_control"],
        "tool_result" => &["type", "tool_use_id", "content", "is_error", "cache_control"],
        "thinking" => &["type", "thinking", "signature"],
        _ => &["type", "data"],
    };
    let map = object(value, &path, known)?;
    let cache = cache_control(map, &path)?;
    let kind = match kind {
        "text" => Kind::Text(required_string(map, &path, "text")?),
        "image" => image(map, &path)?,
        "document" => document(map, &path)?,
        "tool_use" => {
            let input = present(map, "input").ok_or_else(|| ApiError::at(&join(&path, "input"), MISSING))?;
            Kind::ToolUse {
                id: tool_id(map, &path, "id")?,
                name: required_string(map, &path, "name")?,
                input: input
                    .as_object()
                    .cloned()
                    .ok_or_else(|| ApiError::at(&join(&path, "input"), "Input should be an object"))?,
            }
        }
        "tool_result" => tool_result(map, &path)?,
        "thinking" => Kind::Thinking {
            text: required_string(map, &path, "thinking")?,
            signature: required_string(map, &path, "signature")?,
        },
        _ => {
            required_string(map, &path, "data")?;
            Kind::RedactedThinking
        }
    };
    Ok(Block { kind, cache })
}

fn tool_id(map: &Map<String, Value>, path: &str, key: &str) -> Checked<String> {
    let id = required_string(map, path, key)?;
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err(ApiError::at(&join(path, key), "String should match pattern '^[a-zA-Z0-9_-]+$'"));
    }
    Ok(id)
}

fn tool_result(map: &Map<String, Value>, path: &str) -> Checked<Kind> {
    let id = tool_id(map, path, "tool_use_id")?;
    let is_error = boolean(map, path, "is_error")?.unwrap_or(false);
    let content = match present(map, "content") {
        None => Vec::new(),
        Some(Value::String(text)) if text.is_empty() => Vec::new(),
        Some(Value::String(text)) => vec![Block { kind: Kind::Text(text.clone()), cache: None }],
        Some(value) => blocks(value, &join(path, "content"), &["text", "image", "document"])?,
    };
    if is_error && content.is_empty() {
        return Err(ApiError::at(path, "content cannot be empty if `is_error` is true"));
    }
    Ok(Kind::ToolResult { id, content, is_error })
}

/// The source of an image or document, and the name of its kind.
fn source<'a>(map: &'a Map<String, Value>, path: &str) -> Checked<(&'a Map<String, Value>, String, String)> {
    let value = present(map, "source").ok_or_else(|| ApiError::at(&join(path, "source"), MISSING))?;
    let path = join(path, "source");
    let kind = value
        .get("type")
        .and_then(Value::as_str)
        .ok_or_else(|| ApiError::at(&join(&path, "type"), MISSING))?
        .to_owned();
    let path = join(&path, &kind);
    match kind.as_str() {
        "base64" | "text" => Ok((object(value, &path, &["type", "media_type", "data"])?, kind, path)),
        "url" => {
            Err(ApiError::at(&path, "Unable to download the file. Please verify the URL and try again."))
        }
        _ => Err(ApiError::at(&path, "this kind of source is not supported")),
    }
}

fn decode(map: &Map<String, Value>, path: &str) -> Checked<Vec<u8>> {
    let data = required_string(map, path, "data")?;
    base64::engine::general_purpose::STANDARD.decode(data).map_err(|_| {
        ApiError::at(
            &join(path, "data"),
            "The image was specified as base64, but the data is not valid base64",
        )
    })
}

fn image(map: &Map<String, Value>, path: &str) -> Checked<Kind> {
    let (source, kind, path) = source(map, path)?;
    if kind != "base64" {
        return Err(ApiError::at(&path, "an image needs a base64 source"));
    }
    let media_type =
        one_of(source, &path, "media_type", &["image/jpeg", "image/png", "image/gif", "image/webp"])?
            .ok_or_else(|| ApiError::at(&join(&path, "media_type"), MISSING))?;
    let bytes = decode(source, &path)?;
    if bytes.len() > IMAGE_BYTES {
        return Err(ApiError::at(
            &path,
            format!("image exceeds 5 MB maximum: {} bytes > {IMAGE_BYTES} bytes", bytes.len()),
        ));
    }
    let Some(image) = media::image(&bytes) else {
        return Err(ApiError::at(&join(&path, "data"), "Could not process image"));
    };
    if image.media_type != media_type {
        return Err(ApiError::at(
            &path,
            format!(
                "The image was specified using the {media_type} media type, but the image appears to be a {} image",
                image.media_type
            ),
        ));
    }
    if image.width.max(image.height) > IMAGE_SIDE {
        return Err(ApiError::at(
            &join(&path, "data"),
            format!("At least one of the image dimensions exceed max allowed size: {IMAGE_SIDE} pixels"),
        ));
    }
    Ok(Kind::Image(image))
}

fn document(map: &Map<String, Value>, path: &str) -> Checked<Kind> {
    let title = string(map, path, "title")?;
    string(map, path, "context")?;
    let (source, kind, path) = source(map, path)?;
    if kind == "text" {
        one_of(source, &path, "media_type", &["text/plain"])?
            .ok_or_else(|| ApiError::at(&join(&path, "media_type"), MISSING))?;
        let text = required_string(source, &path, "data")?;
        if text.trim().is_empty() {
            return Err(ApiError::at(&join(&path, "data"), "document text must contain non-whitespace text"));
        }
        return Ok(Kind::Document(Document { title, text, pages: None }));
    }
    one_of(source, &path, "media_type", &["application/pdf"])?
        .ok_or_else(|| ApiError::at(&join(&path, "media_type"), MISSING))?;
    let bytes = decode(source, &path)?;
    let (pages, text) = media::pdf(&bytes)
        .ok_or_else(|| ApiError::at(&join(&path, "data"), "The PDF specified was not valid."))?;
    Ok(Kind::Document(Document { title, text, pages: Some(pages) }))
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;

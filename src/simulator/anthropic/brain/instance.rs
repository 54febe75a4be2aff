// SPDX-License-Identifier: MIT OR Apache-2.0
//! The smallest JSON value that fits a JSON schema: arguments for a forced tool, and structured outputs.

use serde_json::{Map, Value, json};

/// How deep schemas may nest.
const DEPTH: u32 = 16;

/// A value that fits `schema`: required fields only, first choices, empty lists.
pub fn of(schema: &Value) -> Value {
    build(schema, schema, DEPTH, "")
}

fn build(schema: &Value, root: &Value, depth: u32, name: &str) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return target.map_or(Value::Null, |target| build(target, root, depth, name));
    }
    for fixed in ["const", "default"] {
        if let Some(value) = schema.get(fixed) {
            return value.clone();
        }
    }
    for list in ["enum", "examples"] {
        if let Some(value) = schema.get(list).and_then(|values| values.get(0)) {
            return value.clone();
        }
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema.get(choice).and_then(|choices| choices.get(0)) {
            return build(first, root, depth, name);
        }
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        Some(kind) => kind.as_str(),
        None => schema.get("properties").map(|_| "object"),
    };
    match kind {
        Some("object") => {
            let mut object = Map::new();
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            for key in required.filter_map(Value::as_str) {
                let field = schema.get("properties").and_then(|properties| properties.get(key));
                object.insert(
                    key.to_owned(),
                    field.map_or(Value::Null, |field| build(field, root, depth, key)),
                );
            }
            Value::Object(object)
        }
        Some("array") => {
            let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0).min(16);
            let item = schema.get("items").cloned().unwrap_or(Value::Null);
            Value::Array((0..least).map(|_| build(&item, root, depth, name)).collect())
        }
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(false),
        Some("null") => Value::Null,
        _ => json!(if name.contains("zone") { "UTC" } else { "none" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_fields_are_filled_and_the_others_left_out() {
        let schema = json!({
            "type": "object",
            "required": ["time_zone", "count", "kind", "list", "inner"],
            "properties": {
                "time_zone": {"type": "string"}, "count": {"type": "integer", "minimum": 2},
                "kind": {"enum": ["a", "b"]}, "list": {"type": "array", "items": {"type": "boolean"}, "minItems": 1},
                "inner": {"$ref": "#/$defs/inner"}, "extra": {"type": "string"}
            },
            "$defs": {"inner": {"anyOf": [{"type": "null"}, {"type": "string"}]}}
        });
        let value = of(&schema);
        assert_eq!(
            value,
            json!({"time_zone": "UTC", "count": 2, "kind": "a", "list": [false], "inner": null})
        );
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        let schema = json!({"type": "object", "required": ["me"], "properties": {"me": {"$ref": "#"}}});
        assert!(of(&schema).is_object());
    }
}

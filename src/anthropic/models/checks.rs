// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with a model is found when the table is loaded, not in the middle of a conversation.

use super::{Model, ModelTableError, ToolChoice};
use blufio_core::model::ModelSpec;

/// Whether the model is one that can be called. Its prices have been checked when they were read.
pub(super) fn check(model: &Model) -> Result<(), ModelTableError> {
    check_limits(&model.spec)?;
    check_class(model)?;
    check_parameters(model)
}

fn check_class(model: &Model) -> Result<(), ModelTableError> {
    match (model.route, model.released) {
        (Some(route), None) => Err(ModelTableError::Field {
            model: model.spec.id.clone(),
            detail: format!(
                "it has `route = \"{route}\"`, so it needs `released`, which says whether it is the newest"
            ),
        }),
        _ => Ok(()),
    }
}

fn check_limits(spec: &ModelSpec) -> Result<(), ModelTableError> {
    let wrong =
        |detail: &str| Err(ModelTableError::Field { model: spec.id.clone(), detail: detail.to_owned() });
    if spec.max_output == 0 {
        return wrong("`max_output` has to be at least 1");
    }
    if spec.context_window < spec.max_output {
        return wrong("`context_window` holds prompt and answer, so it cannot be smaller than `max_output`");
    }
    Ok(())
}

fn check_parameters(model: &Model) -> Result<(), ModelTableError> {
    let Model { spec, rules, parameters, .. } = model;
    let refused = |setting, value: String, allowed: String| {
        Err(ModelTableError::Setting { model: spec.id.clone(), setting, value, allowed })
    };
    let sampling = [
        ("temperature", parameters.temperature),
        ("top_p", parameters.top_p),
        ("top_k", parameters.top_k.map(f64::from)),
    ];
    for (setting, value) in sampling {
        let Some(value) = value else { continue };
        if !rules.sampling {
            return refused(
                setting,
                value.to_string(),
                "the provider refuses sampling parameters for it".to_owned(),
            );
        }
        let (range, allowed) = match setting {
            "top_k" => (1.0..=f64::from(u32::MAX), "it has to be at least 1"),
            _ => (0.0..=1.0, "it has to lie between 0 and 1"),
        };
        if !range.contains(&value) {
            return refused(setting, value.to_string(), allowed.to_owned());
        }
    }
    let named = [
        ("thinking", &parameters.thinking, &rules.thinking_modes),
        ("effort", &parameters.effort, &rules.efforts),
    ];
    for (setting, value, allowed) in named {
        let Some(value) = value else { continue };
        if !allowed.contains(value) {
            let allowed = match allowed.as_slice() {
                [] => "leave it out".to_owned(),
                some => format!("it takes {}, or leave it out", some.join(", ")),
            };
            return refused(setting, format!("{value:?}"), allowed);
        }
    }
    if parameters.tool_choice == Some(ToolChoice::Any) && !rules.forced_tool_choice {
        return refused(
            "tool_choice",
            "\"any\"".to_owned(),
            "the use of a tool cannot be forced on it".to_owned(),
        );
    }
    Ok(())
}

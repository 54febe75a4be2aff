// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why a table of models cannot be used.

/// Why a table of models cannot be used. A retry does not help; the table has to be corrected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelTableError {
    /// A field is unknown or of the wrong type.
    #[error("model `{model}`: {detail}")]
    Field {
        /// Id of the model.
        model: String,
        /// What is wrong, with the name of the field.
        detail: String,
    },
    /// A model that is not built in lacks something.
    #[error("model `{model}` is not built in, so it needs `{field}`: {why}")]
    Missing {
        /// Id of the model.
        model: String,
        /// Name of the field.
        field: &'static str,
        /// What the field is needed for, and its form.
        why: &'static str,
    },
    /// The prices cannot be right.
    #[error("model `{model}`: {detail} (prices are nano-dollars per token: $3 per million tokens is 3000)")]
    Price {
        /// Id of the model.
        model: String,
        /// What is wrong, with the number of the tier.
        detail: String,
    },
    /// The provider would refuse a parameter for this model.
    #[error("model `{model}` does not take {setting} = {value}; {allowed}")]
    Setting {
        /// Id of the model.
        model: String,
        /// Name of the setting.
        setting: &'static str,
        /// What was asked for.
        value: String,
        /// What it takes instead.
        allowed: String,
    },
    /// The compiled-in table cannot be read: a fault of this build.
    #[error("the built-in table of models cannot be read: {0}")]
    BuiltIn(String),
}

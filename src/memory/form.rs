// SPDX-License-Identifier: MIT OR Apache-2.0
//! In which form the weights are worked with: the same weights everywhere, the arithmetic that the processor is good at.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A form of the weights. The vectors of all forms can be compared with one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Whole numbers of eight bits on both sides. Fast where the processor multiplies them in one step, and a hundred times
    /// slower where it does not.
    Int8,
    /// Each weight as two numbers of four bits. Good on every processor.
    Nibbles,
    /// The weights written out in full: fast on every processor, and about 30 MB larger in memory than the others.
    Float,
}

impl Form {
    /// All forms.
    pub const ALL: [Self; 3] = [Self::Int8, Self::Nibbles, Self::Float];

    /// The best form for this processor that keeps the memory small.
    #[must_use]
    pub fn of_this_processor() -> Self {
        if multiplies_whole_numbers() { Self::Int8 } else { Self::Nibbles }
    }

    /// The name in files and in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Nibbles => "nibbles",
            Self::Float => "float",
        }
    }

    /// The form with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether one instruction multiplies and adds four pairs of bytes.
#[cfg(target_arch = "x86_64")]
fn multiplies_whole_numbers() -> bool {
    use std::arch::is_x86_feature_detected;
    is_x86_feature_detected!("avx512vnni") || is_x86_feature_detected!("avxvnni")
}

/// Elsewhere nothing was measured; the form that is good everywhere is taken.
#[cfg(not(target_arch = "x86_64"))]
fn multiplies_whole_numbers() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_found_by_its_name() {
        for form in Form::ALL {
            assert_eq!(Form::named(form.name()), Some(form));
            assert_eq!(serde_json::to_string(&form).unwrap(), format!("\"{form}\""));
        }
        assert_eq!(Form::named("fp32"), None);
    }

    #[test]
    fn the_form_of_a_processor_is_never_the_large_one() {
        assert_ne!(Form::of_this_processor(), Form::Float);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! In which form the weights are worked with: the same weights everywhere, the arithmetic that the processor is good at.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A form of the weights. The vectors of all forms can be compared with one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Whole numbers of eight bits on both sides. Fast on most processors, and a hundred times slower on some.
    Int8,
    /// Each weight as two numbers of four bits. Even on all processors that have AVX2.
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
        of_this_processor()
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

/// What decides about the form.
#[cfg(any(test, target_arch = "x86_64"))]
#[derive(Clone, Copy, Debug)]
struct Processor {
    /// One instruction multiplies and adds four pairs of bytes.
    multiplies_bytes: bool,
    /// AVX2 and fused multiplication.
    wide: bool,
    amd: bool,
}

#[cfg(any(test, target_arch = "x86_64"))]
impl Processor {
    /// For wide processors that do not multiply bytes the backend has a routine that stalls on those of Intel, where it takes a
    /// hundred times as long. Those of AMD run it well; and where it cannot run at all, the plain one is the best there is.
    fn form(self) -> Form {
        if self.multiplies_bytes || !self.wide || self.amd { Form::Int8 } else { Form::Nibbles }
    }
}

#[cfg(target_arch = "x86_64")]
fn of_this_processor() -> Form {
    use std::arch::is_x86_feature_detected;
    // Where the kernel does not tell, the careful choice is made.
    let described = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = Processor {
        multiplies_bytes: is_x86_feature_detected!("avx512vnni") || is_x86_feature_detected!("avxvnni"),
        wide: is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
        amd: described.lines().any(|line| line.starts_with("vendor_id") && line.ends_with("AuthenticAMD")),
    };
    processor.form()
}

/// Elsewhere nothing was measured; the form that depends on no special instruction is taken.
#[cfg(not(target_arch = "x86_64"))]
fn of_this_processor() -> Form {
    Form::Nibbles
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
    fn only_wide_processors_of_others_that_do_not_multiply_bytes_take_nibbles() {
        let form = |multiplies_bytes, wide, amd| Processor { multiplies_bytes, wide, amd }.form();
        assert_eq!(form(true, true, false), Form::Int8);
        assert_eq!(form(false, true, true), Form::Int8);
        assert_eq!(form(false, false, false), Form::Int8);
        assert_eq!(form(false, true, false), Form::Nibbles);
    }

    #[test]
    fn the_form_of_a_processor_is_never_the_large_one() {
        assert_ne!(Form::of_this_processor(), Form::Float);
    }
}

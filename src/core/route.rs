// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which model answers a message, and why.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How strong a model a message needs. Ordered from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Small and cheap.
    Fast,
    /// For ordinary work.
    Standard,
    /// For what a weaker model is likely to get wrong.
    Deep,
}

impl Route {
    /// All routes, weakest first.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Standard, Self::Deep];

    /// A bounded name for rows, metrics and people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Standard => "standard",
            Self::Deep => "deep",
        }
    }

    /// The route with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.name() == name)
    }

    /// The order of a route that stands before a message (`!deep why?`), and the message behind it; it may be empty.
    #[must_use]
    pub fn ordered(text: &str) -> Option<(Self, &str)> {
        let marked = text.trim_start().strip_prefix('!')?;
        let (word, rest) = marked.split_once(char::is_whitespace).unwrap_or((marked, ""));
        // Telephones write the first letter large.
        let route = Self::named(&word.to_ascii_lowercase())?;
        Some((route, rest.trim_start()))
    }

    /// The next weaker route; `None` below the weakest.
    #[must_use]
    pub fn weaker(self) -> Option<Self> {
        match self {
            Self::Fast => None,
            Self::Standard => Some(Self::Fast),
            Self::Deep => Some(Self::Standard),
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What was decided for one turn. Stored with it, so that `/why` can tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Decision {
    /// The route that was taken.
    pub route: Route,
    /// Why, in words for people, the weightiest first.
    pub reasons: Vec<String>,
    /// Id of the model that was chosen.
    pub model: String,
    /// Id of the model that answered, where it is another one: the first could not be used.
    pub answered_by: Option<String>,
    /// What was recalled for this turn, in words.
    pub memories: Vec<String>,
}

impl Default for Decision {
    fn default() -> Self {
        Self {
            route: Route::Standard,
            reasons: Vec::new(),
            model: String::new(),
            answered_by: None,
            memories: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_route_before_a_message_is_taken_off() {
        assert_eq!(Route::ordered("!deep why?"), Some((Route::Deep, "why?")));
        assert_eq!(Route::ordered("  !Fast\n\nhi  "), Some((Route::Fast, "hi  ")));
        assert_eq!(Route::ordered("!standard"), Some((Route::Standard, "")));
    }

    #[test]
    fn whatever_else_begins_with_a_mark_is_a_message() {
        for text in
            ["", "!", "! deep", "!deeper", "!!deep", "deep", "what is !deep", "!deep,why", "!Überraschung"]
        {
            assert_eq!(Route::ordered(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_of_the_message_is_lost(text in "\\PC{0,40}") {
            let marked = format!("!fast {text}");
            let (_, rest) = Route::ordered(&marked).unwrap();
            prop_assert_eq!(rest, text.trim_start());
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
use blufio_core::route::Route;

/// What stands before a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix<'a> {
    /// The route that is asked for.
    pub(crate) route: Route,
    /// The message itself. It may be empty.
    pub(crate) rest: &'a str,
}

/// Reads `!fast`, `!standard` or `!deep` before a message.
pub(crate) fn take(text: &str) -> Option<Prefix<'_>> {
    let marked = text.trim_start().strip_prefix('!')?;
    let (word, rest) = marked.split_once(char::is_whitespace).unwrap_or((marked, ""));
    // Telephones write the first letter large.
    let route = Route::named(&word.to_ascii_lowercase())?;
    Some(Prefix { route, rest: rest.trim_start() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_route_before_a_message_is_taken_off() {
        assert_eq!(take("!deep why?"), Some(Prefix { route: Route::Deep, rest: "why?" }));
        assert_eq!(take("  !Fast\n\nhi  "), Some(Prefix { route: Route::Fast, rest: "hi  " }));
        assert_eq!(take("!standard"), Some(Prefix { route: Route::Standard, rest: "" }));
    }

    #[test]
    fn whatever_else_begins_with_a_mark_is_a_message() {
        for text in
            ["", "!", "! deep", "!deeper", "!!deep", "deep", "what is !deep", "!deep,why", "!Überraschung"]
        {
            assert_eq!(take(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_of_the_message_is_lost(text in "\\PC{0,40}") {
            let marked = format!("!fast {text}");
            let taken = take(&marked).unwrap();
            prop_assert_eq!(taken.rest, text.trim_start());
        }
    }
}

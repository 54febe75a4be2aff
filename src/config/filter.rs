// SPDX-License-Identifier: MIT OR Apache-2.0
//! Log filters. A logger's own parser takes a misspelt level for the name of a target, and then logs nothing.

use crate::nearest;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Checks `level` or `target=level`, several separated by commas. The error is what is wrong, and what to do where
/// that is known.
pub(crate) fn check(text: &str) -> Result<(), (String, Option<String>)> {
    if text.contains(char::is_whitespace) {
        return Err(("contains a space, which the logger does not skip".to_owned(), None));
    }
    for directive in text.split(',') {
        let level = match directive.split_once('=') {
            Some((target, level)) if is_target(target) => level,
            Some(_) => return Err(("names a part of the program that cannot exist".to_owned(), None)),
            None => directive,
        };
        if level.is_empty() {
            return Err(("has an empty place where a level should stand".to_owned(), None));
        }
        let lower = level.to_ascii_lowercase();
        if !LEVELS.contains(&lower.as_str()) {
            let help = nearest::among(&lower, LEVELS).map(|near| format!("did you mean \"{near}\"?"));
            return Err(("contains a level that does not exist".to_owned(), help));
        }
    }
    Ok(())
}

fn is_target(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|char| char.is_ascii_alphanumeric() || "_:-".contains(char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_levels_of_targets_are_taken() {
        for text in ["info", "WARN", "off", "info,blufio_telegram=debug", "warn,hyper::proto=trace"] {
            assert!(check(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_misspelt_level_is_refused_and_the_nearest_named() {
        assert_eq!(check("inof").unwrap_err().1.as_deref(), Some("did you mean \"info\"?"));
        for text in
            ["", ",", "info, x=warn", " info", "info,", "blufio=", "=debug", "a b=info", "blufio[turn]=info"]
        {
            assert!(check(text).is_err(), "{text}");
        }
    }
}

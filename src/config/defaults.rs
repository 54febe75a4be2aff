// SPDX-License-Identifier: MIT OR Apache-2.0
//! The configuration file that one starts from: every key with its default, commented out.

use crate::keys::{keys, sections};

/// A `blufio.toml` with every key, its default and what it is for. The keys are commented out, so that a default that
/// changes with a later version reaches whoever has not decided otherwise.
#[must_use]
pub fn defaults_toml() -> String {
    let mut text = String::from(
        "# The configuration of Blufio. Every key is shown with its default; remove the `#` before the ones to change.\n\
         # `blufio config validate` checks the result. Secrets do not belong here: `blufio config set-secret NAME`.\n",
    );
    for section in sections() {
        text.push_str(&format!("\n# {}\n[{}]\n", section.doc, section.name));
        for key in keys() {
            let Some((name, leaf)) = key.path.split_once('.') else { continue };
            if name != section.name {
                continue;
            }
            text.push_str(&format!("# {}\n", key.doc));
            for line in format!("{leaf} = {}", key.default).lines() {
                text.push_str(&format!("#{line}\n"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::defaults;

    #[test]
    fn without_its_comment_signs_it_is_the_table_of_defaults() {
        let text: String = defaults_toml()
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        assert_eq!(text.parse::<toml::Table>().unwrap(), defaults());
    }

    #[test]
    fn as_it_stands_it_changes_nothing() {
        let table = defaults_toml().parse::<toml::Table>().unwrap();
        assert_eq!(table.len(), sections().len());
        assert!(table.values().all(|section| section.as_table().unwrap().is_empty()));
    }
}

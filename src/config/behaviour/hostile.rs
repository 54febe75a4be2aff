// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever a file or a variable holds: an answer, and no panic.

use super::files::OneFile;
use crate::edit::set;
use crate::secrets::{find, remove};
use crate::{Environment, Layers, Problems, keys, validate};
use proptest::prelude::*;
use toml::de::DeTable;

/// Pieces of which interesting files are made.
const PIECES: [&str; 30] = [
    "[agent]",
    "[anthropic.models.\"a.b\"]",
    "[[telegram]]",
    "[",
    "]",
    "{",
    "}",
    "=",
    "\n",
    "\"\"\"",
    "'''",
    "\"",
    "'",
    "#",
    "name",
    "api_key",
    "token",
    "persona_files",
    "max_tool_rounds",
    " = ",
    "1",
    "-9_9",
    "1e999",
    "0xffffffffffffffffff",
    "true",
    "1979-05-27",
    "sk-ant-api03-abcdefgh",
    "ä",
    "\u{feff}",
    "\r\n",
];

fn exercise(text: &str) {
    let file = OneFile::new(text);
    let problems = Problems(file.problems());
    let _ = (problems.to_string(), serde_json::to_string(&problems).unwrap());
    for problem in &problems.0 {
        assert!(!problem.message.is_empty());
        assert!(
            problem.spot.line.is_none_or(|line| line >= 1 && line <= text.split('\n').count()),
            "{problem}"
        );
    }
    let found = find(&file.path).unwrap();
    match remove(&file.path, &found) {
        Ok(left) => {
            assert!(DeTable::parse(text).is_ok());
            DeTable::parse(&file.text()).unwrap();
            assert_eq!(find(&file.path).unwrap().len(), left.len());
        }
        Err(_) => assert_eq!(file.text(), text),
    }
    let before = file.text();
    if let Err(error) = set(&file.layers(), &file.path, "agent.name", "Ada") {
        assert!(!error.to_string().is_empty());
        assert_eq!(file.text(), before);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_text_is_answered(text in "\\PC{0,200}") {
        exercise(&text);
    }

    #[test]
    fn text_made_of_toml_is_answered(pieces in proptest::collection::vec(0..PIECES.len(), 0..40)) {
        exercise(&pieces.into_iter().map(|piece| PIECES[piece]).collect::<String>());
    }

    #[test]
    fn any_value_of_any_key_is_answered(index in 0..keys().len(), text in "\\PC{0,60}", quoted in any::<bool>()) {
        let key = &keys()[index];
        let value = if quoted { toml::Value::String(text.clone()).to_string() } else { text.clone() };
        exercise(&format!("{} = {value}\n", key.path));
        let name = format!("BLUFIO_{}", key.path.to_uppercase().replace('.', "__"));
        let problems = validate(&Layers { files: Vec::new(), environment: Environment::from_iter([(name, text)]) });
        prop_assert!(Problems(problems).0.iter().all(|problem| problem.spot.variable.is_some()));
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{a=".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
        format!("[{}a]", "a.".repeat(100_000)),
    ] {
        assert!(!OneFile::new(&text).problems().is_empty());
    }
}

#[test]
fn a_file_that_is_nothing_but_problems_is_answered_in_bounded_length() {
    let problems = OneFile::new(&"x = [\"\n".repeat(20_000)).problems();
    assert!(problems.len() <= 201, "{}", problems.len());
    let text = format!("{}[telegram]\ntoken = \"hunter2\"\n", "x.y = 1\nx.y = 2\n".repeat(500));
    let problems = Problems(OneFile::new(&text).problems());
    assert!(problems.has_plaintext_secret());
    assert!(problems.0.last().unwrap().message.contains("more problems in this file"));
}

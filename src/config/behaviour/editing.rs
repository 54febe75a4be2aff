// SPDX-License-Identifier: MIT OR Apache-2.0
//! `set` changes one value and nothing else.

use super::files::OneFile;
use crate::edit::{EditError, get, set};
use crate::{Environment, Layers, Origin, ProblemKind};
use proptest::prelude::*;

const COMMENTED: &str = "\
# The house of Ada.

[agent] # who
# She likes this one.
persona = \"old\"   # since May
# name = \"Ada\"

[log]
level = \"warn\"
# the end
";

fn problem_of(error: EditError) -> crate::Problem {
    match error {
        EditError::Problems(mut problems) => problems.0.remove(0),
        other => panic!("{other}"),
    }
}

#[test]
fn a_changed_value_leaves_comments_order_and_spaces_alone() {
    let file = OneFile::new(COMMENTED);
    let change = set(&file.layers(), &file.path, "agent.persona", "new").unwrap();
    assert_eq!(file.text(), COMMENTED.replace("\"old\"", "\"new\""));
    assert_eq!(change.overruled_by, None);
}

#[test]
fn a_new_key_joins_its_section_and_a_new_section_comes_last() {
    let file = OneFile::new(COMMENTED);
    set(&file.layers(), &file.path, "agent.max_concurrent_turns", "7").unwrap();
    set(&file.layers(), &file.path, "telegram.allowed_users", "1,2").unwrap();
    set(&file.layers(), &file.path, "anthropic.models.\"claude-5.5\".max_output", "9").unwrap();
    let text = file.text();
    for line in COMMENTED.lines() {
        assert!(text.contains(line), "{line:?} is gone from\n{text}");
    }
    assert!(text.contains("# since May\nmax_concurrent_turns = 7\n"), "{text}");
    assert!(text.contains("\n[telegram]\nallowed_users = [1, 2]\n"), "{text}");
    assert!(text.contains("\n[anthropic.models.\"claude-5.5\"]\nmax_output = 9\n"), "{text}");
    assert_eq!(get(&file.layers(), "anthropic.models.\"claude-5.5\".max_output").unwrap().value, 9.into());
}

#[test]
fn inline_tables_and_dotted_keys_are_changed_where_they_are() {
    let file = OneFile::new("log = { level = \"warn\" }\nagent.persona = \"old\" # x\nanthropic = {}\n");
    set(&file.layers(), &file.path, "log.level", "debug").unwrap();
    set(&file.layers(), &file.path, "agent.persona", "new").unwrap();
    set(&file.layers(), &file.path, "agent.name", "Ada").unwrap();
    set(&file.layers(), &file.path, "anthropic.models.x.max_output", "9").unwrap();
    let text = file.text();
    assert!(text.starts_with("log = { level = \"debug\" }\nagent.persona = \"new\" # x\n"), "{text}");
    assert_eq!(get(&file.layers(), "agent.name").unwrap().value.as_str(), Some("Ada"));
    assert_eq!(get(&file.layers(), "anthropic.models.x.max_output").unwrap().value, 9.into());
}

#[test]
fn what_would_not_be_valid_is_refused_and_the_file_left_alone() {
    for (key, value, kind) in [
        ("agent.modle", "x", ProblemKind::UnknownKey),
        ("agent", "x", ProblemKind::UnknownKey),
        ("", "x", ProblemKind::UnknownKey),
        ("agent..name", "x", ProblemKind::UnknownKey),
        ("agent.name.first", "x", ProblemKind::UnknownKey),
        ("agent.max_tool_rounds", "many", ProblemKind::WrongType),
        ("agent.turn_timeout", "soon", ProblemKind::Invalid),
        ("gateway.listen", "0.0.0.0:80", ProblemKind::Invalid),
        ("anthropic.base_url", "http://127.0.0.1:9", ProblemKind::Conflict),
        ("anthropic.models.x", "3", ProblemKind::WrongType),
        ("anthropic.api_key", "hunter2", ProblemKind::UnknownKey),
        (
            "agent.name",
            "sk-ant-api03-abcdefgh",
            ProblemKind::PlaintextSecret { name: "anthropic-api-key".into() },
        ),
    ] {
        let file = OneFile::new(COMMENTED);
        let problem = problem_of(set(&file.layers(), &file.path, key, value).unwrap_err());
        assert_eq!(problem.kind, kind, "{key}: {problem}");
        assert!(
            !problem.to_string().contains("abcdefgh") && !problem.to_string().contains("hunter2"),
            "{problem}"
        );
        assert!(problem.help.is_some());
        assert_eq!(file.text(), COMMENTED);
    }
}

#[test]
fn a_file_with_another_problem_can_be_repaired_step_by_step() {
    let file = OneFile::new("[agent]\nmax_tool_rounds = 0\nmodle = \"x\"\n");
    set(&file.layers(), &file.path, "agent.max_tool_rounds", "5").unwrap();
    assert_eq!(file.text(), "[agent]\nmax_tool_rounds = 5\nmodle = \"x\"\n");
    assert!(get(&file.layers(), "agent.max_tool_rounds").is_ok());
}

#[test]
fn a_file_that_is_not_toml_is_not_touched() {
    let file = OneFile::new("[agent\n");
    let problem = problem_of(set(&file.layers(), &file.path, "agent.name", "x").unwrap_err());
    assert_eq!(problem.kind, ProblemKind::Syntax);
    assert_eq!(file.text(), "[agent\n");
    assert_eq!(get(&file.layers(), "agent.name").unwrap_err().0[0].kind, ProblemKind::Syntax);
}

#[test]
fn a_number_that_fits_nowhere_is_named_and_not_lost() {
    for text in ["[anthropic.models.x]\ny = 1e999\n", "[anthropic.models.x]\ny = 0xffffffffffffffffff\n"] {
        let file = OneFile::new(text);
        assert!(file.problems()[0].message.contains("too large"), "{:?}", file.problems());
        let problem = problem_of(set(&file.layers(), &file.path, "agent.name", "x").unwrap_err());
        assert_eq!((problem.kind, problem.spot.line), (ProblemKind::Syntax, Some(2)));
        assert_eq!(file.text(), text);
    }
}

#[test]
fn a_file_that_is_not_there_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blufio/blufio.toml");
    set(&Layers::default(), &path, "agent.name", "Ada").unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "[agent]\nname = \"Ada\"\n");
}

#[test]
fn a_stronger_layer_that_overrules_the_change_is_named() {
    let file = OneFile::new("");
    let layers = file.layers_with(&[("BLUFIO_AGENT__NAME", "Bob")]);
    let change = set(&layers, &file.path, "agent.name", "Ada").unwrap();
    assert_eq!(change.overruled_by, Some(Origin::Variable { name: "BLUFIO_AGENT__NAME".into() }));
}

#[test]
fn a_value_with_a_problem_is_not_given_out() {
    let environment =
        Environment::from_iter([("BLUFIO_AGENT__MAX_TOOL_ROUNDS", "0"), ("BLUFIO_LOG__LEVEL", "warn")]);
    let layers = Layers { files: Vec::new(), environment };
    assert!(get(&layers, "agent.max_tool_rounds").is_err());
    assert_eq!(get(&layers, "log.level").unwrap().value.as_str(), Some("warn"));
    assert_eq!(
        get(&layers, "log.levle").unwrap_err().0[0].help.as_deref(),
        Some("did you mean `log.level`?")
    );
    assert!(get(&layers, "log").unwrap_err().to_string().contains("log.level, log.format, log.file"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_was_set_is_what_one_gets(
        persona in "[^\0]{0,80}", model in "[!-~]{1,30}", cents in 1i64..100_000, rounds in 1i64..=100, millis in 1000u64..=86_400_000,
        users in proptest::collection::vec(1i64..1_000_000, 0..5), streaming in any::<bool>(),
    ) {
        let file = OneFile::new(COMMENTED);
        let listed = users.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        for (key, value) in [
            ("agent.persona", persona.clone()),
            ("routing.deep", model.clone()),
            ("budget.daily_usd", format!("{}.{:02}", cents / 100, cents % 100)),
            ("agent.max_tool_rounds", rounds.to_string()),
            ("agent.turn_timeout", format!("{millis}ms")),
            ("telegram.allowed_users", listed),
            ("telegram.streaming", streaming.to_string()),
        ] {
            set(&file.layers(), &file.path, key, &value).unwrap();
        }
        let config = crate::load(&file.layers()).unwrap().config;
        let agent = config.agent;
        prop_assert_eq!(&agent.persona, &persona);
        prop_assert_eq!(config.routing.deep.as_ref(), Some(&model));
        prop_assert_eq!(config.budget.daily_usd, Some(blufio_core::money::NanoUsd(cents * 10_000_000)));
        prop_assert_eq!(i64::from(agent.max_tool_rounds), rounds);
        prop_assert_eq!(agent.turn_timeout.as_millis(), u128::from(millis));
        let got = get(&file.layers(), "telegram.allowed_users").unwrap().value;
        let want = users.into_iter().map(toml::Value::Integer).collect();
        prop_assert_eq!(got, toml::Value::Array(want));
        prop_assert_eq!(get(&file.layers(), "telegram.streaming").unwrap().value, toml::Value::Boolean(streaming));
        for comment in ["# The house of Ada.", "# who", "# She likes this one.", "# since May", "# name", "# the end"] {
            prop_assert!(file.text().contains(comment));
        }
    }

    #[test]
    fn every_comment_survives_a_change(comments in proptest::collection::vec("[ -!#-~äñ]{0,20}", 6)) {
        let mut lines = comments.iter().filter(|comment| crate::shape::scan(comment).is_empty());
        let mut next = || format!("# {}", lines.next().map_or("", String::as_str));
        let text = format!(
            "{}\n[agent] {}\n{}\nname = \"x\" {}\n{}\n[log]\nlevel = \"warn\"\n{}\n",
            next(), next(), next(), next(), next(), next()
        );
        let file = OneFile::new(&text);
        set(&file.layers(), &file.path, "agent.name", "y").unwrap();
        prop_assert_eq!(file.text(), text.replacen("\"x\"", "\"y\"", 1));
    }
}

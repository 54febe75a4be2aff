// SPDX-License-Identifier: MIT OR Apache-2.0
//! Secrets are found, never shown, and taken out without harm to the rest.

use super::files::OneFile;
use crate::secrets::{find, remove};
use crate::{Environment, Layers, ProblemKind, Problems, load, load_despite_secrets, validate};
use proptest::prelude::*;

const KEY: &str = "sk-ant-api03-Zm9vYmFyYmF6cXV4";
const TOKEN: &str = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw9";

#[test]
fn a_secret_is_a_problem_of_its_own_that_names_the_way_out() {
    let file = OneFile::new(&format!("[anthropic]\napi_key = \"{KEY}\"\n[telegram]\ntoken = \"{TOKEN}\"\n"));
    let problems = Problems(file.problems());
    assert!(problems.has_plaintext_secret());
    let kinds: Vec<_> = problems.0.iter().map(|problem| problem.kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            ProblemKind::PlaintextSecret { name: "anthropic-api-key".into() },
            ProblemKind::PlaintextSecret { name: "telegram-bot-token".into() }
        ]
    );
    let shown = problems.to_string();
    assert!(
        shown.contains("run `blufio config set-secret anthropic-api-key` or `blufio vault import`"),
        "{shown}"
    );
    assert!(!shown.contains(KEY) && !shown.contains(TOKEN), "{shown}");
}

#[test]
fn a_secret_is_known_by_the_name_of_its_key_alone() {
    let file = OneFile::new("[transcription]\napi_key = \"hunter2\"\n[smtp]\npassword = \"hunter3\"\n");
    let found = find(&file.path).unwrap();
    let names: Vec<_> = found.iter().map(|secret| (secret.name.as_str(), secret.value.expose())).collect();
    assert_eq!(names, [("transcription-api-key", "hunter2"), ("smtp-password", "hunter3")]);
    let shown = Problems(file.problems()).to_string();
    assert!(!shown.contains("hunter"), "{shown}");
}

#[test]
fn whoever_comes_to_take_the_secrets_out_gets_past_them_and_past_nothing_else() {
    let text = format!("store.path = \"/x.db\"\n[telegram]\ntoken = \"{TOKEN}\"\n");
    let file = OneFile::new(&text);
    assert!(load(&file.layers()).is_err());
    let config = load_despite_secrets(&file.layers()).unwrap().config;
    assert_eq!(config.store.path, Some("/x.db".into()));
    let problems = load_despite_secrets(&OneFile::new(&format!("{text}colour = 3\n")).layers()).unwrap_err();
    assert_eq!(problems.0.len(), 1);
    assert_eq!(problems.0[0].key.as_deref(), Some("telegram.colour"));
}

#[test]
fn an_empty_secret_is_an_unknown_key_with_good_advice() {
    let problems = OneFile::new("[telegram]\nbot_token = \"\"\n").problems();
    assert_eq!(problems[0].kind, ProblemKind::UnknownKey);
    assert!(problems[0].help.as_deref().unwrap().contains("config set-secret telegram-bot-token"));
}

#[test]
fn the_vault_s_passphrase_is_refused_and_not_offered_for_import() {
    let file = OneFile::new("[vault]\npassphrase = \"correct horse\"\n");
    let problems = file.problems();
    assert!(problems[0].help.as_deref().unwrap().contains("$CREDENTIALS_DIRECTORY/vault-passphrase"));
    assert!(!problems[0].to_string().contains("horse"));
    assert!(find(&file.path).unwrap().is_empty());
}

#[test]
fn secrets_in_comments_in_texts_and_behind_escapes_are_found() {
    let file = OneFile::new(&format!(
        "# old: {TOKEN}\n[agent]\npersona = \"\"\"\nhi\nuse {KEY} please\n\"\"\"\n\
         name = \"\\u0073k-ant-api03-hidden12345\"\n[transcription]\ncommand = [\"w\", \"{KEY}\"]\n"
    ));
    let found = find(&file.path).unwrap();
    let places: Vec<_> =
        found.iter().map(|secret| (secret.line, secret.key.as_deref(), secret.removable)).collect();
    assert_eq!(
        places,
        [
            (1, None, true),
            (5, Some("agent.persona"), false),
            (7, Some("agent.name"), true),
            (9, Some("transcription.command"), false)
        ]
    );
    let shown = Problems(file.problems()).to_string();
    assert!(!shown.contains(KEY) && !shown.contains(TOKEN) && !shown.contains("hidden12345"), "{shown}");
}

#[test]
fn a_broken_line_does_not_give_its_secret_away() {
    for text in [
        "[anthropic]\napi_key = \"hunter2\n",
        "[anthropic]\napi_key = hunter2\n",
        "[anthropic]\napi_key = \"\"\"\nhunter2\nhunter2",
        "[anthropic]\n\"api_key\" : hunter2\n",
        "anthropic = { api_key = \"hunter2\", nmae = 3, }}\n",
        "[telegram]\ntoken = 'hunter2' hunter2\n",
    ] {
        let problems = OneFile::new(text).problems();
        assert!(!problems.is_empty(), "{text}");
        let shown = Problems(problems).to_string();
        assert!(!shown.contains("hunter2"), "{text}\n{shown}");
    }
}

#[test]
fn another_problem_in_the_same_line_does_not_show_the_secret() {
    let file = OneFile::new("telegram = { token = \"hunter2\", colour = 3 }\n");
    let shown = Problems(file.problems()).to_string();
    assert!(shown.contains("telegram.colour") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_secret_in_a_variable_is_refused_without_showing_it() {
    let environment =
        Environment::from_iter([("BLUFIO_ANTHROPIC__API_KEY", "hunter2"), ("BLUFIO_AGENT__NAME", TOKEN)]);
    let problems = Problems(validate(&Layers { files: Vec::new(), environment }));
    assert_eq!(problems.0.len(), 2);
    let shown = problems.to_string();
    assert!(shown.contains("ANTHROPIC_API_KEY and TELEGRAM_BOT_TOKEN"), "{shown}");
    assert!(!shown.contains("hunter2") && !shown.contains(TOKEN), "{shown}");
}

#[test]
fn removal_keeps_comments_order_and_everything_else() {
    let file = OneFile::new(&format!(
        "# mine, was {KEY}\n\n[anthropic]\n# the key of the house\napi_key = \"{KEY}\" # since May\nmax_retries = 4 # few\n\
         \n[telegram]\nstreaming = false\n  token = '''\n{TOKEN}'''\n# the end\n"
    ));
    let found = find(&file.path).unwrap();
    assert_eq!(found.len(), 3);
    assert!(remove(&file.path, &found).unwrap().is_empty());
    assert_eq!(
        file.text(),
        "# mine, was (moved to the vault)\n\n[anthropic]\n# the key of the house\n# since May\nmax_retries = 4 # few\n\n\
         [telegram]\nstreaming = false\n# the end\n"
    );
    assert_eq!(load(&file.layers()).unwrap().config.anthropic.max_retries, 4);
}

#[test]
fn removal_reaches_into_inline_tables_and_dotted_keys() {
    let file = OneFile::new(&format!(
        "telegram = {{ streaming = false, token = \"{TOKEN}\" }}\nanthropic.api_key = \"{KEY}\"\nlog.level = \"warn\"\n"
    ));
    assert!(remove(&file.path, &find(&file.path).unwrap()).unwrap().is_empty());
    assert_eq!(file.text(), "telegram = { streaming = false }\nlog.level = \"warn\"\n");
}

#[test]
fn only_the_secrets_that_were_named_are_removed() {
    let file = OneFile::new(&format!("[anthropic]\napi_key = \"{KEY}\"\n[telegram]\ntoken = \"{TOKEN}\"\n"));
    let mut found = find(&file.path).unwrap();
    found.truncate(1);
    assert!(remove(&file.path, &found).unwrap().is_empty());
    assert_eq!(file.text(), format!("[anthropic]\n[telegram]\ntoken = \"{TOKEN}\"\n"));
}

#[test]
fn a_secret_inside_a_longer_text_is_left_and_said_to_be_left() {
    let text = format!("[agent]\npersona = \"use {KEY}\"\n");
    let file = OneFile::new(&text);
    let left = remove(&file.path, &find(&file.path).unwrap()).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(file.text(), text);
}

#[test]
fn nothing_is_removed_from_a_file_that_is_not_toml() {
    let text = format!("[anthropic\napi_key = \"{KEY}\"\n");
    let file = OneFile::new(&text);
    let error = remove(&file.path, &find(&file.path).unwrap()).unwrap_err();
    assert!(error.to_string().contains("this is not TOML") && !error.to_string().contains(KEY), "{error}");
    assert_eq!(file.text(), text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn wherever_a_secret_stands_no_problem_shows_it(
        before in "[ -~äñ\n\t]{0,60}", after in "[ -~äñ\n\t]{0,60}", bot in any::<bool>(),
    ) {
        let secret = if bot { TOKEN } else { KEY };
        let file = OneFile::new(&format!("{before} {secret}\n{after}"));
        let problems = Problems(file.problems());
        prop_assert!(problems.has_plaintext_secret());
        prop_assert!(!problems.to_string().contains(secret));
        prop_assert!(!serde_json::to_string(&problems).unwrap().contains(secret));
    }
}

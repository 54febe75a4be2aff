// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every problem is found at once, with its place and its remedy.

use super::files::OneFile;
use crate::{Problem, ProblemKind, Problems};

fn only(text: &str) -> Problem {
    let mut problems = OneFile::new(text).problems();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.remove(0)
}

#[test]
fn all_problems_of_a_file_are_reported_in_the_order_of_its_lines() {
    let file = OneFile::new(
        "[agent]\nmodle = \"x\"\nmax_tool_rounds = \"many\"\nturn_timeout = \"soon\"\nmax_output_tokens = 0\n\
         [gateway]\nlisten = \"0.0.0.0:8787\"\n[anthropic]\nbase_url = \"ftp://x\"\n[log]\nlevel = \"inof\"\n\
         [colours]\nsky = \"blue\"\n",
    );
    let problems = file.problems();
    let lines: Vec<_> = problems.iter().map(|problem| problem.spot.line.unwrap()).collect();
    assert_eq!(lines, [2, 3, 4, 5, 7, 9, 11, 12], "{problems:#?}");
    assert!(
        problems
            .iter()
            .all(|problem| problem.help.is_some() && problem.spot.file.as_ref() == Some(&file.path))
    );
}

#[test]
fn an_unknown_key_is_shown_as_a_compiler_would() {
    let file = OneFile::new("[agent]\n  nmae = \"x\" # mine\n");
    let shown = Problems(file.problems()).to_string();
    let expected = format!(
        "error: there is no key `agent.nmae`\n --> {}:2:3\n  |\n2 |   nmae = \"x\" # mine\n  |   ^^^^\n  \
         = help: did you mean `agent.name`?",
        file.path.display()
    );
    assert_eq!(shown, expected);
}

#[test]
fn a_problem_is_one_flat_object_for_programs() {
    let json = serde_json::to_value(only("[telegram]\nallowed_users = [1, \"ada\"]\n")).unwrap();
    assert_eq!(json["kind"], "wrong_type");
    assert_eq!(json["key"], "telegram.allowed_users");
    assert_eq!((json["line"].as_u64(), json["column"].as_u64()), (Some(2), Some(21)));
    assert_eq!(json["snippet"], "allowed_users = [1, \"ada\"]");
}

#[test]
fn each_kind_of_value_says_what_is_wrong_and_what_is_allowed() {
    for (text, message, help) in [
        ("agent.name = ''", "`agent.name` is empty", "a text in quotes"),
        (
            "agent.name = 'a\\nb'\nrouting.deep = 'a b'",
            "`routing.deep` contains a space",
            "the id of a model",
        ),
        ("agent.model = 'x'", "there is no key `agent.model`", "name the model in `routing.standard`"),
        ("agent.history_messages = 9", "there is no key", "`context.soft_limit_tokens`"),
        ("agent.time_zone = 'Mars/Olympus'", "is no known time zone", "such as \"Europe/Lisbon\""),
        ("routing.mode = 'depp'", "none of the words", "did you mean \"deep\"?"),
        ("routing.fallback = 'fast'", "holds a text", "a list of \"fast\", \"standard\" and \"deep\""),
        ("routing.fallback = ['fats']", "none of the words", "did you mean \"fast\"?"),
        ("routing.fallback = ['deep', 'fast', 'deep']", "holds the same twice", "take one of them out"),
        ("context.soft_limit_tokens = 10000", "`context.keep_tokens` is 8000", "must make room"),
        (
            "context.keep_tokens = 30000",
            "less than half of `context.soft_limit_tokens` (30000)",
            "must make room",
        ),
        (
            "budget.daily_usd = 0",
            "`budget.daily_usd` is not above 0",
            "above 0 and below 1000000, or \"none\"",
        ),
        ("budget.daily_usd = -0.5", "is not above 0", "such as 5 or 7.50"),
        ("budget.daily_usd = nan", "is no amount", "such as 5 or 7.50"),
        ("budget.daily_usd = 1000000", "is too large", "below 1000000"),
        ("budget.daily_usd = 99999999999999999999", "is too large", "below 1000000"),
        ("budget.daily_usd = '5'", "is no amount of dollars", "without quotes"),
        ("budget.daily_usd = [5]", "holds a list", "an amount of dollars"),
        ("heartbeat.monthly_usd = 'none'", "is no amount of dollars", "below 1000000"),
        ("heartbeat.hours = '8-22'", "is no part of the day", "\"08:00-22:00\""),
        ("heartbeat.hours = '08:00-08:00'", "is no part of the day", "is the whole day"),
        ("heartbeat.watch = '/a'", "holds a text", "a list of at most 100"),
        (
            "heartbeat.watch = ['todo.md']",
            "neither an absolute path nor a URL",
            "absolute paths and https://",
        ),
        ("heartbeat.watch = ['/a', 'https://b.example', '/a']", "holds the same twice", "take one"),
        (
            "heartbeat.watch = ['http://b.example/x?k=v']",
            "names a page on b.example, which is plain HTTP",
            "https://",
        ),
        (
            "heartbeat.watch = ['http://127.0.0.1:9/x']",
            "is plain HTTP on loopback",
            "allow_loopback_http = true",
        ),
        ("heartbeat.deliver = 'later'", "none of the words", "\"now\", \"next\""),
        ("telegram.operators = ['ada']", "holds a text", "a whole number from 1"),
        (
            "agent.max_retries = 3",
            "there is no key `agent.max_retries`",
            "did you mean `anthropic.max_retries`?",
        ),
        ("agent.turn_timeout = 600", "`agent.turn_timeout` holds a whole number", "\"600s\""),
        ("backup.every = 'never'", "is no span of time", "from 10s to 8760h, or \"none\""),
        ("backup.every = '1s'", "is too short", "from 10s"),
        ("backup.every = 24", "holds a whole number", "\"24s\""),
        ("backup.keep = 0", "too small", "from 1 to 1000"),
        ("agent.turn_timeout = '25h'", "is too long", "from 1s to 24h"),
        ("agent.max_tool_rounds = 99999999999999999999", "is too large", "from 1 to 100"),
        ("agent = 3", "`agent` is a section, and here it holds a whole number", "write [agent]"),
        ("[[agent]]\nname = 'x'", "`agent` is a section, and here it holds a list", "write [agent]"),
        ("telegram.streaming = 'yes'", "holds a text", "true or false, without quotes"),
        ("telegram.enabled = 'maybe'", "is neither true, false nor \"auto\"", "\"auto\""),
        ("telegram.allowed_users = [0]", "is 0, which is too small", "whole number"),
        ("anthropic.base_url = 'nonsense'", "is no URL", "https://"),
        ("anthropic.base_url = 'https://me:pw@api.example'", "user name or a password", "https://"),
        ("anthropic.base_url = 'http://api.example'", "plain HTTP, which anyone", "write an https:// URL"),
        ("telegram.base_url = 'http://127.0.0.1:9'", "plain HTTP on loopback", "allow_loopback_http = true"),
        (
            "telegram.base_url = 'http://localhost:9'\nnet.allow_loopback_http = true",
            "plain HTTP",
            "as a number",
        ),
        ("anthropic.models.x = 3", "holds a whole number", "a section of its own"),
        ("gateway.listen = 'localhost:80'", "is no address", "\"127.0.0.1:80\""),
        ("gateway.listen = '192.168.1.2:80'", "can be reached from outside", "needs TLS"),
        ("store.path = '~/blufio.db'", "starts with `~`", "write the whole path"),
        ("agent.persona_files = ['']", "holds an empty path", "list of paths"),
        ("transcription.command = ['']", "names no program", "the program and its arguments"),
        ("transcription.command = ['./w', '-']", "by a relative path", "absolute path, or a name on PATH"),
        ("transcription.command = 'whisper'", "holds a text", "a list with the program"),
        ("transcription.secret = 'My Secret'", "is no name of a secret", "a-z"),
        ("transcription.secret = 'x'", "there is no `transcription.url`", "set `transcription.url`"),
        (
            "transcription.command = ['w']\ntranscription.url = 'https://w.example'",
            "are both set",
            "keep the one",
        ),
        ("log.format = 'jsn'", "none of the words", "did you mean \"json\"?"),
        ("log.level = 'verbose'", "a level that does not exist", "off, error, warn"),
        ("vault.memory_kib = 1024", "is 1024, which is too small", "from 19456 to 1048576"),
        ("vault.memory_kib = 1048577", "which is too large", "from 19456 to 1048576"),
        ("vault.passes = 33", "is 33, which is too large", "from 2 to 32"),
        ("vault.lanes = 17", "is 17, which is too large", "from 1 to 16"),
        ("\"agent.name\" = 'x'", "there is no key `\"agent.name\"`", "did you mean"),
    ] {
        let problem = only(text);
        assert!(problem.message.contains(message), "{text}: {problem}");
        assert!(problem.help.as_deref().unwrap_or_default().contains(help), "{text}: {problem}");
    }
}

#[test]
fn a_socket_that_the_system_would_refuse_is_refused_before_it_is_made() {
    let path = |length: usize| format!("gateway.socket = '/{}'", "s".repeat(length - 1));
    assert!(OneFile::new(&path(107)).problems().is_empty());
    let problem = only(&path(108));
    assert!(problem.message.contains("a path of 108 bytes") && problem.spot.line == Some(1), "{problem}");
    // One that starts at the file's folder counts with that folder.
    let relative = only(&format!("gateway.socket = '{}'", "s".repeat(107)));
    assert!(relative.message.contains("`gateway.socket` is a path of"), "{relative}");
}

#[test]
fn a_syntax_error_has_its_place_and_hides_no_other_problem() {
    let problems =
        OneFile::new("[agent]\nmodel = claude\nmax_tool_rounds = 0\n[log\nlevel = \"inof\"\n").problems();
    let found: Vec<_> = problems.iter().map(|problem| (&problem.kind, problem.spot.line.unwrap())).collect();
    assert!(found.contains(&(&ProblemKind::Syntax, 2)), "{found:?}");
    assert!(found.contains(&(&ProblemKind::Invalid, 3)), "{found:?}");
    assert!(found.contains(&(&ProblemKind::Syntax, 4)), "{found:?}");
}

#[test]
fn a_key_that_stands_twice_is_a_problem() {
    assert_eq!(only("[log]\nlevel = 'info'\nlevel = 'warn'\n").kind, ProblemKind::Syntax);
}

#[test]
fn a_file_that_is_missing_unreadable_or_no_text_is_named() {
    let file = OneFile::new("");
    std::fs::write(&file.path, b"[agent]\nname = \"\xff\"\n").unwrap();
    assert!(file.problems()[0].message.contains("line 2"), "{}", file.problems()[0]);
    std::fs::write(&file.path, vec![b'#'; 2 * 1024 * 1024]).unwrap();
    assert!(file.problems()[0].message.contains("larger than 1024 KiB"));
    std::fs::remove_file(&file.path).unwrap();
    assert_eq!(file.problems()[0].kind, ProblemKind::Unreadable);
    std::fs::create_dir(&file.path).unwrap();
    assert_eq!(file.problems()[0].kind, ProblemKind::Unreadable);
}

#[test]
fn a_list_of_watched_things_is_bounded() {
    let list = |count: usize| {
        let paths: Vec<String> = (0..count).map(|number| format!("'/{number}'")).collect();
        format!("heartbeat.watch = [{}]", paths.join(","))
    };
    assert!(OneFile::new(&list(100)).problems().is_empty());
    assert!(only(&list(101)).message.contains("is too long"));
}

#[test]
fn a_key_of_an_earlier_version_is_told_its_successor_wherever_it_stands() {
    let file = OneFile::new("[agent]\nname = 'Ada'\n");
    let problems = crate::validate(&file.layers_with(&[("BLUFIO_AGENT__MODEL", "x")]));
    assert!(problems[0].help.as_ref().unwrap().contains("`routing.standard`"), "{}", problems[0]);
    let refused = crate::edit::set(&file.layers(), &file.path, "agent.model", "x").unwrap_err();
    assert!(refused.to_string().contains("`routing.standard`"), "{refused}");
}

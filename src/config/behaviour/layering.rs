// SPDX-License-Identifier: MIT OR Apache-2.0
//! A later layer wins, key by key, and everyone can see which one did.

use super::files::OneFile;
use crate::edit::get;
use crate::{Environment, LayerFile, Layers, Origin, ProblemKind, Switch, load, user_file, validate};
use blufio_core::money::NanoUsd;
use blufio_core::route::Route;
use std::path::{Path, PathBuf};

#[test]
fn defaults_then_files_then_the_environment() {
    let (low, high) = (
        OneFile::new("[agent]\nname = \"low\"\npersona = \"low\"\nmax_concurrent_turns = 5\n"),
        OneFile::new("[agent]\npersona = \"high\"\nmax_concurrent_turns = 6\n"),
    );
    let mut layers = low.layers_with(&[("BLUFIO_AGENT__MAX_CONCURRENT_TURNS", "7")]);
    layers.files.extend(high.layers().files);
    let loaded = load(&layers).unwrap();
    let agent = &loaded.config.agent;
    assert_eq!((agent.name.as_str(), agent.persona.as_str(), agent.max_concurrent_turns), ("low", "high", 7));
    assert_eq!(agent.max_tool_rounds, 16);
    assert_eq!(loaded.files, [low.path.clone(), high.path.clone()]);
    assert_eq!(loaded.origins["agent.name"], Origin::File { path: low.path.clone(), line: 2 });
    assert_eq!(loaded.origins["agent.persona"], Origin::File { path: high.path.clone(), line: 2 });
    let effective = get(&layers, "agent.max_concurrent_turns").unwrap();
    assert_eq!(effective.origin.to_string(), "environment variable BLUFIO_AGENT__MAX_CONCURRENT_TURNS");
    assert_eq!((effective.value, effective.default), (7.into(), Some(64.into())));
    assert_eq!(get(&layers, "log.level").unwrap().origin, Origin::Default);
}

#[test]
fn variables_need_no_quotes_and_lists_may_have_commas() {
    let environment = Environment::from_iter([
        ("BLUFIO_TELEGRAM__ENABLED", "false"),
        ("BLUFIO_TELEGRAM__ALLOWED_USERS", "1, 2"),
        ("BLUFIO_AGENT__PERSONA_FILES", "/a.md,/b.md"),
        ("BLUFIO_TRANSCRIPTION__COMMAND", r#"["whisper", "-"]"#),
        ("BLUFIO_ANTHROPIC__MODELS", r#"{ "claude-x" = { max_output = 5 } }"#),
        ("BLUFIO_AGENT__TURN_TIMEOUT", "5m"),
        ("BLUFIO_AGENT__TIME_ZONE", "Asia/Kathmandu"),
        ("BLUFIO_ROUTING__MODE", "deep"),
        ("BLUFIO_ROUTING__FALLBACK", "fast, deep"),
        ("BLUFIO_BUDGET__DAILY_USD", "7.50"),
        ("BLUFIO_BUDGET__MONTHLY_USD", "none"),
        ("BLUFIO_BUDGET__SESSION_USD", "2"),
        ("BLUFIO_HEARTBEAT__WATCH", "/srv/to do.md, https://example.org/news"),
    ]);
    let config = load(&Layers { files: Vec::new(), environment }).unwrap().config;
    assert_eq!(config.telegram.enabled, Switch::Off);
    assert_eq!(config.telegram.allowed_users, [1, 2]);
    assert_eq!(config.agent.persona_files, [Path::new("/a.md"), Path::new("/b.md")]);
    assert_eq!(config.transcription.command, ["whisper", "-"]);
    assert_eq!(config.anthropic.models["claude-x"]["max_output"].as_integer(), Some(5));
    assert_eq!(config.agent.turn_timeout.as_secs(), 300);
    assert_eq!(config.agent.zone().name(), "Asia/Kathmandu");
    assert_eq!(
        (config.routing.mode, config.routing.fallback),
        (Some(Route::Deep), vec![Route::Fast, Route::Deep])
    );
    let budget = config.budget;
    assert_eq!((budget.daily_usd, budget.monthly_usd), (Some(NanoUsd(7_500_000_000)), None));
    assert_eq!(budget.session_usd, Some(NanoUsd(2_000_000_000)));
    let watched: Vec<String> = config.heartbeat.watch.iter().map(ToString::to_string).collect();
    assert_eq!(watched, ["/srv/to do.md", "https://example.org/news"]);
}

#[test]
fn the_variable_at_fault_is_named() {
    let environment = Environment::from_iter([
        ("BLUFIO_AGENT__MAX_TOOL_ROUNDS", "many"),
        ("BLUFIO_AGENT__NMAE", "x"),
        ("BLUFIO_TELEGRAM__BASE_URL", "http://127.0.0.1:9"),
    ]);
    let problems = validate(&Layers { files: Vec::new(), environment });
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 3, "{shown:#?}");
    assert_eq!(
        shown[0],
        "error: `agent.max_tool_rounds` is no whole number\n--> environment variable BLUFIO_AGENT__MAX_TOOL_ROUNDS\n \
         |\n | BLUFIO_AGENT__MAX_TOOL_ROUNDS=many\n |                               ^^^^\n = help: allowed is a whole \
         number from 1 to 100"
    );
    assert!(shown[1].contains("BLUFIO_AGENT__NMAE") && shown[1].contains("did you mean `agent.name`?"));
    assert_eq!(problems[2].kind, ProblemKind::Conflict);
    assert_eq!(problems[2].spot.variable.as_deref(), Some("BLUFIO_TELEGRAM__BASE_URL"));
}

#[test]
fn a_variable_that_is_no_text_is_a_problem() {
    use std::os::unix::ffi::OsStringExt;
    let value = std::ffi::OsString::from_vec(vec![0xff]);
    let environment = Environment::from_iter([("BLUFIO_AGENT__NAME".to_owned(), value)]);
    let problems = validate(&Layers { files: Vec::new(), environment });
    assert_eq!(problems[0].message, "BLUFIO_AGENT__NAME is not valid UTF-8");
}

#[test]
fn overrides_of_models_stand_side_by_side() {
    let low = OneFile::new("[anthropic.models.\"a.1\"]\nx = 1\ny = 1\n[anthropic.models.b]\nx = 1\n");
    let high = OneFile::new("[anthropic.models.\"a.1\"]\ny = 2\n");
    let mut layers = low.layers();
    layers.files.extend(high.layers().files);
    let models = load(&layers).unwrap().config.anthropic.models;
    assert_eq!(models["a.1"]["x"].as_integer(), Some(1));
    assert_eq!(models["a.1"]["y"].as_integer(), Some(2));
    assert_eq!(models["b"]["x"].as_integer(), Some(1));
    assert_eq!(get(&layers, "anthropic.models.\"a.1\".y").unwrap().value, 2.into());
    assert!(get(&layers, "anthropic.models.c").is_err());
}

#[test]
fn a_relative_path_starts_at_the_folder_of_its_file() {
    let file = OneFile::new("agent.persona_files = [\"p.md\", \"/q.md\"]\nlog.file = \"logs/x.log\"\n");
    let config = load(&file.layers()).unwrap().config;
    let folder = file.path.parent().unwrap();
    assert_eq!(config.agent.persona_files, [folder.join("p.md"), PathBuf::from("/q.md")]);
    assert_eq!(config.log.file, Some(folder.join("logs/x.log")));
}

#[test]
fn plain_http_reaches_only_the_loopback_addresses_that_are_configured() {
    let text = "anthropic.base_url = 'http://127.0.0.1:9000'\ntelegram.base_url = 'http://[::1]'\n\
                heartbeat.watch = ['/x', 'http://127.0.0.1:9001/news', 'https://example.org']\n";
    let file = OneFile::new(&format!("{text}net.allow_loopback_http = true\n"));
    let origins = load(&file.layers()).unwrap().config.loopback_origins();
    assert_eq!(
        origins,
        ["127.0.0.1:9000", "[::1]:80", "127.0.0.1:9001"].map(|origin| origin.parse().unwrap())
    );
    assert_eq!(load(&Layers::default()).unwrap().config.loopback_origins(), []);
}

#[test]
fn the_standard_files_are_the_system_s_the_user_s_and_the_named_one() {
    let environment = Environment::from_iter([("HOME", "/home/ada")]);
    let layers = Layers::standard(environment.clone(), Some("/tmp/my.toml".into()));
    let files: Vec<_> =
        layers.files.iter().map(|file| (file.path.to_str().unwrap(), file.required)).collect();
    assert_eq!(
        files,
        [
            ("/etc/blufio/blufio.toml", false),
            ("/home/ada/.config/blufio/blufio.toml", false),
            ("/tmp/my.toml", true)
        ]
    );
    assert_eq!(layers.file_to_edit(), Some(Path::new("/tmp/my.toml")));
    let environment = Environment::from_iter([("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "/cfg")]);
    assert_eq!(user_file(&environment), Some("/cfg/blufio/blufio.toml".into()));
}

#[test]
fn a_change_goes_to_the_strongest_file_that_is_there() {
    let there = OneFile::new("");
    let layers = Layers {
        files: vec![
            LayerFile { path: there.path.clone(), required: false },
            LayerFile { path: "/nowhere/blufio.toml".into(), required: false },
        ],
        environment: Environment::default(),
    };
    assert_eq!(layers.file_to_edit(), Some(there.path.as_path()));
}

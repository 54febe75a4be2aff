// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{Bench, KEY};

const WHOLE: &str = r#"#blufio
ssh_authorized_keys = ["KEY"]

[settings]
agent.name = "Ada"

[settings.telegram]
allowed_users = [42]

[secrets]
anthropic-api-key = "sk-ant-1"
"#;

#[test]
fn a_text_that_begins_as_ours_is_taken() {
    let bench = Bench::new();
    bench.put("seed/user-data", WHOLE.replace("KEY", KEY));
    assert_eq!(bench.run().lines(), "");
    let settings = bench.settings();
    assert!(
        settings.contains("Ada") && settings.contains("42") && settings.contains("blufio.sock"),
        "{settings}"
    );
    assert_eq!(bench.sealed("anthropic-api-key"), "blufio.anthropic-api-key=1-tna-ks");
    assert_eq!(bench.read("root/var/config/ssh/authorized_keys"), format!("{KEY}\n"));
}

#[test]
fn it_fills_what_is_missing_and_replaces_nothing() {
    let bench = Bench::new();
    bench.put("esp/blufio/blufio.toml", "agent.name = 'Folder'\n");
    bench.put("esp/blufio/secrets/anthropic-api-key", "by hand");
    bench.run();
    std::fs::remove_dir_all(bench.path("esp")).unwrap();
    bench.put("seed/user-data", WHOLE.replace("KEY", KEY));
    assert_eq!(bench.run().lines(), "");
    assert!(bench.settings().contains("Folder"));
    assert_eq!(bench.sealed("anthropic-api-key"), "blufio.anthropic-api-key=dnah yb");
    assert!(bench.path("root/var/config/ssh/authorized_keys").exists(), "what was missing");
}

#[test]
fn a_seed_that_comes_later_does_not_undo_what_the_operator_has_done_meanwhile() {
    let bench = Bench::new();
    bench.run();
    bench.put("root/etc/blufio/blufio.toml", "agent.name = 'Grace'\n");
    bench.put("root/var/config/ssh/authorized_keys", "ssh-ed25519 AAAA grace@home\n");
    bench.put("root/var/config/provisioned/forgotten.anthropic-api-key", "");
    bench.put("seed/user-data", WHOLE.replace("KEY", KEY));
    assert_eq!(bench.run().lines(), "");
    assert_eq!(bench.settings(), "agent.name = 'Grace'\n");
    assert_eq!(bench.read("root/var/config/ssh/authorized_keys"), "ssh-ed25519 AAAA grace@home\n");
    assert_eq!(bench.sealed("anthropic-api-key"), "", "the operator wants it forgotten");
    // What somebody puts into the folder is meant.
    bench.put("esp/blufio/secrets/anthropic-api-key", "by hand");
    bench.run();
    assert_eq!(bench.sealed("anthropic-api-key"), "blufio.anthropic-api-key=dnah yb");
}

#[test]
fn a_seed_that_comes_later_replaces_what_is_shipped() {
    let bench = Bench::new();
    bench.run();
    bench.put("seed/user-data", WHOLE.replace("KEY", KEY));
    bench.run();
    assert!(bench.settings().contains("Ada"));
    // And what is gone altogether.
    std::fs::remove_file(bench.path("root/etc/blufio/blufio.toml")).unwrap();
    bench.run();
    assert!(bench.settings().contains("Ada"));
}

#[test]
fn a_secret_that_the_hypervisor_hands_over_is_not_sealed_from_it() {
    let bench = Bench::new();
    bench.put("root/run/credentials/@system/blufio.anthropic-api-key", "from the hypervisor");
    bench.put("seed/user-data", WHOLE.replace("KEY", KEY));
    bench.run();
    assert_eq!(bench.sealed("anthropic-api-key"), "");
}

#[test]
fn a_secret_that_is_handed_over_and_cannot_be_read_is_filled_in() {
    let bench = Bench::new();
    bench.put("root/run/credentials/@encrypted/blufio.anthropic-api-key", "of another machine");
    bench.put("seed/user-data", WHOLE.replace("KEY", KEY));
    assert_eq!(bench.run().problems(), 1);
    assert_eq!(bench.sealed("anthropic-api-key"), "blufio.anthropic-api-key=1-tna-ks");
}

#[test]
fn what_is_meant_for_others_is_no_problem() {
    for text in ["#cloud-config\nusers: []\n", "#!/bin/sh\nrm -rf /\n", "", "#blufio2\n[settings]\n"] {
        let bench = Bench::new();
        bench.put("seed/user-data", text);
        assert_eq!(bench.run().lines(), "", "{text}");
    }
}

#[test]
fn what_is_not_known_is_refused_with_place_and_remedy_and_without_secrets() {
    for (text, wanted) in [
        ("#blufio\n\n[secretz]\na = 'sk-ant-1'\n", "user-data:3: there is no `secretz`; it has [settings]"),
        ("#blufio\nanthropic-api-key = 'sk-ant-1'\n", "it has [settings], [secrets] and ssh_authorized_keys"),
        ("#blufio\n[secrets]\nanthropic-api-key = sk-ant-1\n", "user-data:3: this is not TOML"),
        ("#blufio\nsecrets = 'sk-ant-1'\n", "user-data:2: `secrets` is a section; write [secrets]"),
        ("#blufio\n\nsettings = ['sk-ant-1']\n", "user-data:3: `settings` is a section"),
        ("#blufio\nssh_authorized_keys = 'sk-ant-1'\n", "user-data:2: `ssh_authorized_keys` is a list"),
        ("#blufio\nssh_authorized_keys = [123456]\n", "ssh_authorized_keys: a key is a text"),
        ("#blufio\nsk-ant-api03-abcdefgh = 1\n", "user-data:2: there is no `[redacted]`"),
        ("#blufio\n[secrets]\nanthropic-api-key = 123456\n", "secrets.anthropic-api-key: a secret is a text"),
        (
            "#blufio\n[secrets]\nanthropic-key = 'sk-ant-1'\n",
            "secrets.anthropic-key: no secret has this name",
        ),
        (
            "#blufio\n[settings]\nagent.nmae = 'Ada'\n",
            "[settings]: there is no key `agent.nmae`; did you mean",
        ),
    ] {
        let bench = Bench::new();
        bench.put("seed/user-data", text);
        let lines = bench.run().lines();
        assert!(lines.contains(wanted), "{wanted:?} is not said: {lines}");
        assert!(!lines.contains("sk-ant-") && !lines.contains("123456"), "{lines}");
    }
}

#[test]
fn what_is_right_beside_what_is_not_is_taken() {
    let bench = Bench::new();
    bench.put("seed/user-data", WHOLE.replace("[\"KEY\"]", "7"));
    assert!(bench.run().lines().contains("user-data:2: `ssh_authorized_keys` is a list"));
    assert!(bench.settings().contains("Ada"));
    assert_eq!(bench.sealed("anthropic-api-key"), "blufio.anthropic-api-key=1-tna-ks");
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What becomes of what a machine is handed over, in folders.

mod cloud;
mod userdata;

use super::{Answer, Args, Machine, Report, Seal, provision};
use anyhow::Context as _;
use blufio_core::secret::SecretString;
use std::path::{Path, PathBuf};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVx0nQ0 ada@home";

/// Encrypts by writing backwards, or not at all.
struct Backwards {
    works: bool,
}

impl Seal for Backwards {
    fn seal(&self, name: &str, value: &SecretString) -> anyhow::Result<Vec<u8>> {
        anyhow::ensure!(self.works, "no key");
        Ok(format!("{name}={}", value.expose().chars().rev().collect::<String>()).into_bytes())
    }

    fn open(&self, name: &str, file: &Path) -> anyhow::Result<String> {
        let content = std::fs::read_to_string(file)?;
        let sealed = content.strip_prefix(&format!("{name}=")).filter(|_| self.works);
        Ok(sealed.context("another key")?.chars().rev().collect())
    }

    fn opens(&self, name: &str, file: &Path) -> anyhow::Result<()> {
        self.open(name, file).map(drop)
    }
}

/// A machine with a boot partition, a seed and credentials, all empty.
struct Bench {
    folder: tempfile::TempDir,
    args: Args,
    seal: Backwards,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let args = Args {
            esp: Some(at("esp")),
            seed: Some(at("seed")),
            metadata: false,
            root: at("root"),
            shipped: Some(at("shipped.toml")),
            metadata_service: "127.0.0.1:9".parse().unwrap(),
        };
        let bench = Self { folder, args, seal: Backwards { works: true } };
        bench.put(
            "shipped.toml",
            "store.path = '/var/lib/blufio/blufio.db'\ngateway.socket = '/run/blufio/blufio.sock'\n",
        );
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn run(&self) -> Report {
        self.ask().0
    }

    fn ask(&self) -> (Report, Answer) {
        let machine = Machine::at(&self.args.root, self.args.shipped.clone());
        let (report, answer) = provision(&machine, &self.args, &self.seal);
        report.write(&machine.problems(), self.args.metadata).unwrap();
        (report, answer)
    }

    fn settings(&self) -> String {
        self.read("root/etc/blufio/blufio.toml")
    }

    fn sealed(&self, name: &str) -> String {
        self.read(&format!("root/etc/credstore.encrypted/blufio.{name}"))
    }
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_machine_that_is_handed_nothing_gets_what_is_shipped() {
    let bench = Bench::new();
    assert_eq!(bench.run().problems(), 0);
    assert!(bench.settings().contains("blufio.sock"));
    assert_eq!(bench.read("root/run/blufio-provision/problems"), "");
    assert!(!bench.path("root/var/config/ssh/authorized_keys").exists());
}

#[test]
fn a_folder_that_people_wrote_is_taken_and_its_secrets_are_sealed_and_wiped() {
    let bench = Bench::new();
    bench.put("esp/blufio/BLUFIO.TOML", "[telegram]\r\nallowed_users = [42]\r\n");
    bench.put("esp/blufio/secrets/anthropic-api-key.txt", "\u{feff}sk-ant-1\r\n");
    bench.put("esp/blufio/secrets/telegram-bot-token", "123:abc\n");
    bench.put("esp/blufio/secrets/._telegram-bot-token", "left behind by a system");
    bench.put("esp/blufio/authorized_keys", format!("# mine\n{KEY}\n"));
    bench.put("esp/blufio/network.network", "[Match]\nType=ether\n[Network]\nAddress=10.0.0.2/24\n");
    bench.put("esp/blufio/README.txt", "how to");
    let report = bench.run();
    assert_eq!(report.lines(), "");
    let settings = bench.settings();
    assert!(settings.contains("allowed_users") && settings.contains("/run/blufio/blufio.sock"), "{settings}");
    assert_eq!(bench.sealed("anthropic-api-key"), "blufio.anthropic-api-key=1-tna-ks");
    assert_eq!(bench.sealed("telegram-bot-token"), "blufio.telegram-bot-token=cba:321");
    assert_eq!(mode(&bench.path("root/etc/credstore.encrypted/blufio.telegram-bot-token")), 0o600);
    for gone in ["anthropic-api-key.txt", "telegram-bot-token"] {
        assert!(!bench.path("esp/blufio/secrets").join(gone).exists(), "{gone}");
    }
    assert_eq!(bench.read("root/var/config/ssh/authorized_keys"), format!("{KEY}\n"));
    assert!(bench.read("root/run/systemd/network/60-provisioned.network").contains("10.0.0.2"));
    assert_eq!(mode(&bench.path("root/run/blufio-provision/problems")), 0o644);
    // At the next boot, nothing is new but the network, which is memory.
    assert_eq!(bench.run().lines(), "");
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_what_is_right_is_used() {
    let bench = Bench::new();
    bench.put("esp/blufio/blufio.toml", "[agent]\nnmae = 'Ada'\n");
    bench.put("esp/blufio/secrets/anthropic-api-key", "sk-ant-1");
    bench.put("esp/blufio/secrets/anthropic-key", "sk-ant-2");
    bench.put("esp/blufio/secrets/telegram-bot-token", "one\ntwo");
    bench.put("esp/blufio/authorized_keys", "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    bench.put("esp/blufio/network.network", "auto eth0");
    bench.put("esp/blufio/notes.doc", "?");
    let lines = bench.run().lines();
    for wanted in [
        "blufio.toml:2:1: there is no key `agent.nmae`; did you mean `agent.name`?",
        "secrets/anthropic-key: no secret has this name",
        "secrets/telegram-bot-token: has more than one line",
        "authorized_keys:1: is no public key",
        "network.network: this is no file of systemd-networkd",
        "notes.doc: nothing of this name is known",
    ] {
        assert!(lines.contains(wanted), "{wanted:?} is not said:\n{lines}");
    }
    assert!(!lines.contains("sk-ant") && !lines.contains("two\n"), "{lines}");
    assert!(bench.settings().contains("blufio.sock"), "it starts with what is shipped");
    assert!(!bench.sealed("anthropic-api-key").is_empty());
    assert!(bench.path("esp/blufio/secrets/anthropic-key").exists(), "what nobody took is not thrown away");
    assert_eq!(bench.read("root/run/blufio-provision/problems").trim_end(), lines);
    // Put right, it is taken at the next boot.
    bench.put("esp/blufio/blufio.toml", "[agent]\nname = 'Ada'\n");
    assert!(!bench.run().lines().contains("agent.nmae"));
    assert!(bench.settings().contains("Ada"));
}

#[test]
fn what_the_daemon_could_not_start_with_does_not_replace_what_it_starts_with() {
    let bench = Bench::new();
    for (text, wanted) in [
        ("agent.persona_files = ['/nope.md']", "blufio.toml:1: the persona file"),
        (
            "agent.persona_files = ['me.md']",
            "etc/blufio/me.md, which `agent.persona_files` names, cannot be read: ",
        ),
        (
            "\nlog.file = '/nope/x.log'",
            "blufio.toml:2: `log.file`: the daemon cannot write into /nope; /var/log",
        ),
        ("log.file = 'x.log'", "`log.file`: the daemon cannot write into"),
        ("gateway.listen = '127.0.0.1:9999'", "blufio.toml:1: `gateway.listen` is the system's own"),
        ("gateway.socket = '/run/x.sock'", "`gateway.socket` is the system's own"),
        ("store.path = '/var/lib/blufio/other.db'", "`store.path` is the system's own"),
    ] {
        bench.put("esp/blufio/blufio.toml", text);
        let lines = bench.run().lines();
        assert!(lines.contains(wanted), "{text}: {lines}");
        assert!(bench.settings().contains("/run/blufio/blufio.sock"), "{text}");
    }
    // As soon as they are there, and for what is as it is anyway.
    bench.put("root/etc/blufio/me.md", "Likes tea.");
    bench.put("root/more.md", "And cake.");
    let right = "agent.persona_files = ['me.md', '/more.md']\nlog.file = '/var/log/blufio/x.log'\n\
                 gateway.listen = '127.0.0.1:8787'\nstore.path = '/var/lib/blufio/blufio.db'\n";
    bench.put("esp/blufio/blufio.toml", right);
    assert_eq!(bench.run().lines(), "");
    assert!(bench.settings().contains("me.md"));
}

#[test]
fn a_configuration_with_a_secret_in_it_never_reaches_the_data_and_the_remedy_is_one_that_helps_there() {
    let bench = Bench::new();
    bench.put("esp/blufio/blufio.toml", "anthropic.api_key = 'sk-ant-api03-abcdefgh'\n");
    bench
        .put("root/run/credentials/@system/blufio.toml", "# 123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw9\n");
    bench.put("seed/user-data", "#blufio\n[settings]\nvault.passphrase = 'correct horse'\n");
    let lines = bench.run().lines();
    for wanted in [
        "blufio.toml:1:21: a secret stands here in plain text; put it into secrets/anthropic-api-key, and take it out",
        "hand it over as the credential blufio.telegram-bot-token, and take it out of here",
        "put it below [secrets], as vault-passphrase, and take it out of here",
    ] {
        assert!(lines.contains(wanted), "{wanted:?} is not said:\n{lines}");
    }
    assert!(!lines.contains("sk-ant") && !lines.contains("AAHd") && !lines.contains("horse"), "{lines}");
    assert!(!bench.path("root/var").exists(), "a copy was tried on the disk");
    assert!(!bench.path("root/run/blufio-provision/trial/blufio.toml").exists());
    assert_eq!(mode(&bench.path("root/run/blufio-provision")), 0o755);
}

#[test]
fn a_secret_that_could_not_be_sealed_stays_until_it_can() {
    let mut bench = Bench::new();
    bench.put("esp/blufio/secrets/vault-passphrase", "correct horse");
    bench.seal.works = false;
    assert!(bench.run().lines().contains("cannot be sealed: no key"));
    assert_eq!(bench.read("esp/blufio/secrets/vault-passphrase"), "correct horse");
    bench.seal.works = true;
    assert_eq!(bench.run().problems(), 0);
    assert!(!bench.path("esp/blufio/secrets/vault-passphrase").exists());
}

#[test]
fn what_cannot_be_replaced_stays_and_nothing_half_is_left_beside_it() {
    let bench = Bench::new();
    bench.put("root/etc/credstore.encrypted/blufio.vault-passphrase/in-the-way", "");
    bench.put("esp/blufio/secrets/vault-passphrase", "correct horse");
    assert!(bench.run().lines().contains("cannot be sealed"));
    assert!(!bench.path("root/etc/credstore.encrypted/blufio.vault-passphrase.new").exists());
    assert_eq!(bench.read("esp/blufio/secrets/vault-passphrase"), "correct horse");
}

#[test]
fn a_secret_that_this_machine_cannot_read_any_more_is_set_aside_until_it_can() {
    let mut bench = Bench::new();
    bench.put("esp/blufio/secrets/vault-passphrase", "correct horse");
    bench.run();
    bench.seal.works = false;
    assert!(bench.run().lines().contains("blufio.vault-passphrase: this machine cannot read it any more"));
    assert_eq!(bench.sealed("vault-passphrase"), "", "systemd does not see it");
    bench.seal.works = true;
    assert_eq!(bench.run().problems(), 0);
    assert!(!bench.sealed("vault-passphrase").is_empty());
}

#[test]
fn an_encrypted_credential_is_taken_and_one_of_another_machine_stops_nothing() {
    let bench = Bench::new();
    let sealed = bench.seal.seal("blufio.toml", &SecretString::new("agent.name = 'Ada'\n".into())).unwrap();
    for folder in ["run/credentials", "run/blufio-provision/credentials"] {
        bench.put(&format!("root/{folder}/@encrypted/blufio.toml"), &sealed);
        bench.put(&format!("root/{folder}/@encrypted/ssh.authorized_keys.root"), "of another machine");
        bench.put(&format!("root/{folder}/@encrypted/blufio.vault-passphrase"), "of another machine");
        let lines = bench.run().lines();
        for wanted in [
            "credential ssh.authorized_keys.root: this machine cannot read it (another key); encrypt it on this",
            "credential blufio.vault-passphrase: this machine cannot read it any more (another key)",
        ] {
            assert!(lines.contains(wanted), "{wanted:?} is not said:\n{lines}");
        }
        assert!(bench.settings().contains("Ada"));
        let left = bench.path(&format!("root/{folder}/@encrypted"));
        assert!(!left.join("blufio.vault-passphrase").exists(), "the daemon's unit would not start");
        assert!(left.join("unreadable.blufio.vault-passphrase").exists());
        std::fs::remove_dir_all(bench.path("root")).unwrap();
    }
}

#[test]
fn a_secret_put_there_anew_replaces_the_sealed_one() {
    // As after a power cut between sealing and wiping, too.
    let bench = Bench::new();
    for value in ["one", "one", "two"] {
        bench.put("esp/blufio/secrets/anthropic-api-key", value);
        assert_eq!(bench.run().problems(), 0);
        assert!(!bench.path("esp/blufio/secrets/anthropic-api-key").exists());
    }
    assert_eq!(bench.sealed("anthropic-api-key"), "blufio.anthropic-api-key=owt");
}

#[test]
fn a_file_that_is_still_there_does_not_undo_what_the_operator_changed() {
    let bench = Bench::new();
    bench.put("esp/blufio/blufio.toml", "agent.name = 'Ada'\n");
    bench.put("esp/blufio/authorized_keys", KEY);
    bench.run();
    bench.put("root/etc/blufio/blufio.toml", "agent.name = 'Grace'\n");
    std::fs::remove_file(bench.path("root/var/config/ssh/authorized_keys")).unwrap();
    bench.run();
    assert_eq!(bench.settings(), "agent.name = 'Grace'\n");
    assert!(!bench.path("root/var/config/ssh/authorized_keys").exists());
    bench.put("esp/blufio/blufio.toml", "agent.name = 'Mary'\n");
    bench.run();
    assert!(bench.settings().contains("Mary"));
}

#[test]
fn a_machine_that_is_locked_takes_nothing_wipes_nothing_and_keeps_its_network() {
    let mut bench = Bench::new();
    bench.put("esp/blufio/network.network", "[Network]\nAddress=10.0.0.2/24\n");
    bench.run();
    std::fs::remove_dir_all(bench.path("root/run")).unwrap();
    bench.put("root/etc/blufio/locked", "");
    bench.put("esp/blufio/README.txt", "how to");
    bench.put("esp/blufio/blufio.toml", "agent.name = 'Mallory'\n");
    bench.put("esp/blufio/authorized_keys", KEY);
    bench.put("esp/blufio/network.network", "[Network]\nAddress=10.6.6.6/24\n");
    bench.put("esp/blufio/secrets/anthropic-api-key", "sk-ant-1");
    bench.put("seed/user-data", format!("#blufio\nssh_authorized_keys = ['{KEY}']\n"));
    let report = bench.run();
    assert_eq!(report.lines(), "");
    assert!(!bench.settings().contains("Mallory"));
    assert!(!bench.path("root/var/config/ssh/authorized_keys").exists());
    assert_eq!(bench.sealed("anthropic-api-key"), "");
    assert_eq!(bench.read("esp/blufio/secrets/anthropic-api-key"), "sk-ant-1");
    assert!(bench.read("root/run/systemd/network/60-provisioned.network").contains("10.0.0.2"));
    let said = report.notices();
    for name in
        ["authorized_keys", "blufio.toml", "network.network", "secrets/anthropic-api-key", "user-data"]
    {
        assert!(said.contains(name), "{name}: {said}");
    }
    assert!(said.contains("etc/blufio/locked is there") && !said.contains("README"), "{said}");
    assert_eq!(said.lines().count(), 1);

    bench.args = Args { esp: None, seed: None, metadata: true, ..bench.args };
    assert!(bench.run().notices().contains("user-data of the provider, who is not asked"));
    assert!(!bench.path("root/var/config/provisioned/cloud").exists());
    assert!(bench.read("root/run/systemd/network/60-provisioned.network").contains("10.0.0.2"));
}

#[test]
fn a_network_that_was_taken_out_of_the_folder_is_not_the_one_of_a_locked_machine() {
    let bench = Bench::new();
    bench.put("esp/blufio/network.network", "[Network]\nAddress=10.0.0.2/24\n");
    bench.run();
    std::fs::remove_file(bench.path("esp/blufio/network.network")).unwrap();
    bench.run();
    std::fs::remove_dir_all(bench.path("root/run")).unwrap();
    bench.put("root/etc/blufio/locked", "");
    bench.run();
    assert_eq!(bench.read("root/run/systemd/network/60-provisioned.network"), "");
}

#[test]
fn the_earlier_source_has_the_last_word() {
    let bench = Bench::new();
    bench.put("root/run/credentials/@system/blufio.toml", "agent.name = 'Credential'\n");
    bench.put("root/run/credentials/@system/ssh.authorized_keys.root", KEY);
    bench.put("esp/blufio/blufio.toml", "agent.name = 'Folder'\n");
    bench.put("esp/blufio/authorized_keys", format!("{KEY}.folder"));
    bench.put("seed/user-data", "#blufio\n[settings]\nagent.name = 'Cloud'\n");
    assert_eq!(bench.run().lines(), "");
    assert!(bench.settings().contains("Credential"));
    assert_eq!(bench.read("root/var/config/ssh/authorized_keys"), format!("{KEY}\n"));
    // A wrong one has nothing to say.
    bench.put("root/run/credentials/@system/blufio.toml", "agent.nmae = 'Credential'\n");
    let lines = bench.run().lines();
    assert!(
        lines.starts_with("credential blufio.toml:1:") && lines.contains("no key `agent.nmae`"),
        "{lines}"
    );
    assert!(bench.settings().contains("Folder"));
}

#[test]
fn neither_a_pipe_nor_a_file_without_end_holds_up_the_boot() {
    let bench = Bench::new();
    bench.put("esp/blufio/secrets/anthropic-api-key", [b'x'; 70_000]);
    bench.put("esp/blufio/authorized_keys", [0xFF, 0xFE]);
    nix::unistd::mkfifo(&bench.path("esp/blufio/blufio.toml"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let lines = bench.run().lines();
    assert!(
        lines.contains("is longer than") && lines.contains("no plain file") && lines.contains("UTF-8"),
        "{lines}"
    );
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio config`: reading, writing and checking, for people and for programs.

use crate::house::House;

#[tokio::test]
async fn a_key_is_read_with_its_origin_and_written_with_the_comments_kept() {
    let house = House::plan().toml("# my agent\nagent.name = \"Ada\" # her name\n").idle().build().await;
    let got = house.blufio(&["config", "get", "agent.name"], "").await.ok();
    assert_eq!(got.stdout.trim(), "Ada");
    assert!(got.stderr.contains("blufio.toml:"), "{got:?}");
    let set = house.blufio(&["config", "set", "agent.name", "Grace"], "").await.ok();
    assert!(set.stdout.contains("agent.name is set in"), "{set:?}");
    let text = std::fs::read_to_string(&house.config).unwrap();
    assert!(text.contains("# my agent\nagent.name = \"Grace\" # her name"), "{text}");
    let got = house.blufio(&["config", "get", "agent.name", "--json"], "").await.ok().json();
    assert_eq!((got["value"].as_str(), got["default"].as_str()), (Some("Grace"), Some("Blufio")));
    let given = [("BLUFIO_AGENT__NAME", "Hopper")];
    let got = house.blufio_with(&["config", "get", "agent.name"], "", &given).await.ok();
    assert_eq!(got.stdout.trim(), "Hopper", "the environment comes last");
}

#[tokio::test]
async fn wrong_keys_and_values_are_refused_with_the_nearest_one_and_change_nothing() {
    let house = House::plan().idle().build().await;
    let before = std::fs::read_to_string(&house.config).unwrap();
    let got = house.blufio(&["config", "get", "agent.nam"], "").await;
    assert_eq!(got.code, 2);
    assert!(got.stderr.contains("did you mean `agent.name`?"), "{got:?}");
    for (key, value) in
        [("agent.nam", "x"), ("agent.max_output_tokens", "many"), ("gateway.listen", "0.0.0.0:80")]
    {
        let set = house.blufio(&["config", "set", key, value], "").await;
        assert_eq!(set.code, 2, "{key} {set:?}");
    }
    assert_eq!(std::fs::read_to_string(&house.config).unwrap(), before);
}

#[tokio::test]
async fn validation_says_all_problems_at_once() {
    let wrong = "agnt.name = \"x\"\nagent.nam = \"y\"\nagent.turn_timeout = \"soon\"\n";
    let house = House::plan().toml(wrong).idle().build().await;
    let told = house.blufio(&["config", "validate"], "").await;
    assert_eq!(told.code, 2);
    for words in ["did you mean the section `[agent]`?", "did you mean `agent.name`?", "3 problems."] {
        assert!(told.stderr.contains(words), "{words}: {told:?}");
    }
    let told = house.blufio(&["config", "validate", "--json"], "").await;
    assert_eq!(told.code, 2);
    assert_eq!(told.json()["problems"].as_array().unwrap().len(), 3, "{told:?}");
    let served = house.blufio(&["serve"], "").await;
    assert_eq!(served.code, 2, "{served:?}");
    assert!(served.stderr.contains("agent.nam"), "{served:?}");
}

#[tokio::test]
async fn a_good_configuration_is_valid_and_its_files_are_shown() {
    let house = House::plan().idle().build().await;
    assert_eq!(house.blufio(&["config", "validate", "--json"], "").await.ok().json()["valid"], true);
    let path = house.blufio(&["config", "path"], "").await.ok();
    assert!(
        path.stdout.contains(house.config.to_str().unwrap()) && path.stdout.contains("written by"),
        "{path:?}"
    );
    let files = house.blufio(&["config", "path", "--json"], "").await.ok().json();
    assert_eq!(files["files"].as_array().unwrap().last().unwrap()["edited"], true, "{files}");
}

#[tokio::test]
async fn the_defaults_are_a_valid_configuration() {
    let house = House::plan().idle().build().await;
    let defaults = house.blufio(&["config", "defaults"], "").await.ok();
    // Every comment that is a key becomes one.
    let is_key = |line: &&str| line.starts_with('#') && !line.starts_with("# ");
    assert!(defaults.stdout.lines().filter(is_key).count() > 20, "{defaults:?}");
    std::fs::write(&house.config, &defaults.stdout).unwrap();
    house.blufio(&["config", "validate"], "").await.ok();
}

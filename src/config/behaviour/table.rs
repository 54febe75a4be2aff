// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of keys and the struct agree.

use crate::layers::{default_value, defaults};
use crate::model::{Config, LogFormat, Switch};
use crate::node::Node;
use crate::{Layers, keys, load, sections};
use std::time::Duration;
use toml::de::DeValue;

#[test]
fn every_default_is_allowed_by_its_own_kind() {
    for key in keys() {
        let value = DeValue::parse(key.default).unwrap();
        if let Err(faults) = key.kind.check(&Node::of_value(&value)) {
            panic!("{}: {faults:?}", key.path);
        }
        assert!(default_value(key).is_some(), "{}", key.path);
    }
}

#[test]
fn the_struct_takes_every_key_of_the_table_and_needs_each_of_them() {
    defaults().try_into::<Config>().unwrap();
    for key in keys() {
        let (section, leaf) = key.path.split_once('.').unwrap();
        let mut table = defaults();
        table.get_mut(section).unwrap().as_table_mut().unwrap().remove(leaf).unwrap();
        assert!(table.try_into::<Config>().is_err(), "the struct has no field for {}", key.path);
    }
}

#[test]
fn a_key_that_only_one_of_the_two_knows_is_noticed() {
    let mut table = defaults();
    table.get_mut("log").unwrap().as_table_mut().unwrap().insert("colour".into(), true.into());
    assert!(table.try_into::<Config>().is_err());
}

#[test]
fn paths_are_unique_and_stand_in_a_known_section() {
    let mut seen = std::collections::BTreeSet::new();
    for key in keys() {
        assert!(seen.insert(key.path), "{} stands twice", key.path);
        let (section, _) = key.path.split_once('.').unwrap();
        assert!(sections().iter().any(|known| known.name == section), "{}", key.path);
        assert!(key.doc.ends_with('.') || key.doc.ends_with("\"]."), "{}", key.path);
    }
}

#[test]
fn the_defaults_are_what_the_program_gets() {
    let config = load(&Layers::default()).unwrap().config;
    assert_eq!(config.agent.model, "claude-sonnet-5-5");
    assert_eq!(config.agent.turn_timeout, Duration::from_secs(600));
    assert_eq!(config.telegram.enabled, Switch::Auto);
    assert_eq!(config.telegram.edit_interval, Duration::from_secs(4));
    assert_eq!(config.gateway.listen, "127.0.0.1:8787".parse().unwrap());
    assert_eq!(config.log.format, LogFormat::Auto);
    assert_eq!(config.transcription.url, None);
    assert_eq!(config.store.path, None);
    assert_eq!((config.vault.memory_kib, config.vault.passes, config.vault.lanes), (19_456, 2, 1));
    assert!(config.agent.persona.starts_with("You are {name}"));
}

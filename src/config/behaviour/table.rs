// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of keys and the struct agree.

use super::files::OneFile;
use crate::layers::{default_value, defaults};
use crate::model::{Config, Deliver, LogFormat, ModelForm, Switch, WhenSpent};
use crate::node::Node;
use crate::{Layers, keys, load, sections};
use blufio_calendar::{Hours, Zone};
use blufio_core::money::NanoUsd;
use blufio_core::route::Route;
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
    assert_eq!(config.agent.time_zone, None);
    assert_eq!(config.agent.turn_timeout, Duration::from_secs(600));
    assert_eq!(config.telegram.enabled, Switch::Auto);
    assert_eq!(config.telegram.edit_interval, Duration::from_secs(4));
    assert_eq!(config.gateway.listen, "127.0.0.1:8787".parse().unwrap());
    assert_eq!(config.log.format, LogFormat::Auto);
    assert_eq!(config.transcription.url, None);
    assert_eq!(config.store.path, None);
    assert_eq!((config.backup.every, config.backup.keep), (Some(Duration::from_secs(86_400)), 7));
    assert_eq!((config.vault.memory_kib, config.vault.passes, config.vault.lanes), (19_456, 2, 1));
    assert!(config.agent.persona.starts_with("You are {name}"));
}

#[test]
fn by_default_the_agent_chooses_its_models_spends_little_and_does_nothing_unasked() {
    let config = load(&Layers::default()).unwrap().config;
    let (routing, context, budget, heartbeat) =
        (config.routing, config.context, config.budget, config.heartbeat);
    assert_eq!((routing.mode, routing.fallback.as_slice()), (None, &[Route::Standard, Route::Fast][..]));
    assert_eq!([routing.fast, routing.standard, routing.deep, context.summary_model], [const { None }; 4]);
    assert_eq!(
        (context.soft_limit_tokens, context.keep_tokens, context.tool_result_tokens),
        (30_000, 8_000, 8_000)
    );
    assert_eq!(budget.daily_usd, Some(NanoUsd(5_000_000_000)));
    assert_eq!(budget.monthly_usd, Some(NanoUsd(50_000_000_000)));
    assert_eq!((budget.session_usd, budget.when_spent), (None, WhenSpent::Wait));
    assert!(!heartbeat.enabled && heartbeat.watch.is_empty() && heartbeat.model.is_none());
    assert_eq!((heartbeat.interval, heartbeat.deliver), (Duration::from_secs(1800), Deliver::Now));
    assert_eq!(heartbeat.hours, Hours::parse("08:00-22:00").unwrap());
    assert_eq!(heartbeat.monthly_usd, NanoUsd(10_000_000_000));
    let memory = config.memory;
    assert!(memory.enabled && memory.learn && memory.model.is_none() && memory.learning_model.is_none());
    assert_eq!((memory.form, memory.tokens), (ModelForm::Auto, 600));
    assert_eq!((memory.patience, memory.quiet), (Duration::from_secs(3), Duration::from_secs(900)));
    assert_eq!(memory.idle, Duration::from_secs(600));
    assert!(config.telegram.operators.is_empty());
    assert_eq!(config.agent.zone(), Zone::of_this_machine());
}

#[test]
fn backups_can_be_switched_off_and_made_as_often_as_one_likes() {
    for (written, read) in [("none", None), ("90m", Some(Duration::from_secs(5400)))] {
        let file = OneFile::new(&format!("backup.every = '{written}'\n"));
        assert_eq!(load(&file.layers()).unwrap().config.backup.every, read);
    }
}

#[test]
fn every_route_can_be_chosen() {
    for route in Route::ALL {
        let file = OneFile::new(&format!("routing.mode = '{route}'\nrouting.fallback = ['{route}']\n"));
        let routing = load(&file.layers()).unwrap().config.routing;
        assert_eq!((routing.mode, routing.fallback), (Some(route), vec![route]));
    }
}

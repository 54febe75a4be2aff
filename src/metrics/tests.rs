// SPDX-License-Identifier: MIT OR Apache-2.0
//! The exposition, read by a small parser of our own.

use crate::{Metrics, MetricsOptions};
use blufio_core::money::{NanoUsd, Usage};
use blufio_core::observe::{Observability, Observation};
use blufio_core::recall::ByMeaning;
use blufio_core::route::Route;
use blufio_core::storage::{Feature, Limit, Scope, Standing, StoreStats};
use blufio_core::time::{Clock, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const START: i64 = 1_700_000_000_000;

struct Watch(AtomicI64);

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

fn metrics() -> (Metrics, Arc<Watch>) {
    let watch = Arc::new(Watch(AtomicI64::new(START)));
    let options = MetricsOptions {
        version: "1.2.3".into(),
        models: vec!["claude-a".into(), "claude-b".into()],
        channels: vec!["telegram".into(), "local".into()],
    };
    (Metrics::new(options, Arc::clone(&watch) as Arc<dyn Clock>).unwrap(), watch)
}

fn call<'a>(model: &'a str, class: &'static str) -> Observation<'a> {
    let usage = Usage { input: 10, output: 20, cache_read: 30, cache_write_5m: 40, cache_write_1h: 50 };
    let took = Duration::from_millis(1500);
    let (feature, cost) = (Feature::Turn, NanoUsd(2_500_000));
    Observation::ProviderCall { feature, model, class, took, usage, cost, overhead: 900 }
}

fn standing(name: &str, spent: i64) -> Standing {
    let limit = Limit {
        name: name.into(),
        key: format!("budget.{name}_usd"),
        scope: Scope::Agent,
        value: NanoUsd(5_000_000_000),
        from: Timestamp(START - 60_000),
        until: (name != "session").then_some(Timestamp(START + 60_000)),
    };
    Standing { limit, raised: NanoUsd(1_000_000_000), spent: NanoUsd(spent), reserved: NanoUsd(250_000_000) }
}

/// One of each.
fn everything(metrics: &Metrics) {
    metrics.record(Observation::MessageIn { channel: "telegram", duplicate: false });
    metrics.record(Observation::MessageIn { channel: "telegram", duplicate: true });
    metrics.record(Observation::MessageOut { channel: "local" });
    metrics.record(Observation::DeliveryFailed { channel: "telegram", class: "transient" });
    metrics.record(Observation::ReceiveFailed { channel: "telegram", class: "conflict" });
    metrics.record(Observation::Turn { outcome: "answered", took: Duration::from_secs(3) });
    metrics.record(call("claude-a", "ok"));
    metrics.record(Observation::Routed {
        route: Route::Deep,
        downgraded: false,
        took: Duration::from_micros(20),
    });
    metrics.record(Observation::Routed {
        route: Route::Fast,
        downgraded: true,
        took: Duration::from_millis(3),
    });
    metrics.record(Observation::FellBack { class: "overloaded" });
    metrics.record(Observation::Budget(&standing("daily", 1_500_000_000)));
    metrics.record(Observation::Budget(&standing("session", 2_500_000_000)));
    metrics.record(Observation::BudgetRefused { limit: "heartbeat" });
    metrics.record(Observation::Compaction { outcome: "done" });
    metrics.record(Observation::BackedUp { outcome: "failed" });
    metrics.record(Observation::Heartbeat { outcome: "unchanged" });
    metrics.record(Observation::Recalled {
        shown: 3,
        by_meaning: ByMeaning::Late,
        took: Duration::from_millis(250),
    });
    metrics.record(Observation::Embedded { sentences: 16, took: Duration::from_millis(200) });
    metrics.record(Observation::Extraction { outcome: "learned", new: 2 });
    metrics.record(Observation::Reminder { late: Duration::from_millis(300) });
    metrics.record(Observation::Store(StoreStats {
        schema_version: 2,
        queue_depth: 3,
        queue_oldest: Some(Timestamp(START - 4_500)),
        outbox_depth: 5,
        outbox_oldest: None,
        dead_letters: 6,
        sessions: 7,
        messages: 8,
        open_jobs: 11,
        memories: 12,
        passages: 13,
        file_bytes: 9,
        wal_bytes: 10,
        newest_backup: Some(Timestamp(1_699_999_970_000)),
    }));
    metrics.record(Observation::Health { ready: true, sealed: false, draining: false });
}

#[derive(Debug, Default)]
struct Parsed {
    kinds: BTreeMap<String, String>,
    samples: BTreeMap<String, f64>,
}

impl Parsed {
    fn get(&self, sample: &str) -> f64 {
        *self.samples.get(sample).unwrap_or_else(|| panic!("no {sample} in {:#?}", self.samples.keys()))
    }

    fn label(&self, name: &str) -> BTreeSet<&str> {
        let start = format!("{name}=\"");
        let values = self.samples.keys().filter_map(|key| key.split_once(&start)?.1.split('"').next());
        values.collect()
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Reads the text format, and fails on whatever it does not allow.
fn parse(text: &str) -> Parsed {
    assert!(text.ends_with('\n'), "the last line ends, too");
    let mut parsed = Parsed::default();
    let mut helped = BTreeSet::new();
    let mut family = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(is_name(name) && !help.trim().is_empty(), "{line}");
            assert!(helped.insert(name.to_owned()), "described twice: {line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(helped.contains(name), "no help before {line}");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(parsed.kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "typed twice: {line}");
            family = name.to_owned();
        } else {
            let (key, value) = line.rsplit_once(' ').unwrap();
            let name = key.split('{').next().unwrap();
            assert!(is_name(name), "{line}");
            let suffix =
                name.strip_prefix(family.as_str()).unwrap_or_else(|| panic!("{line} is not of {family}"));
            let allowed = if parsed.kinds[&family] == "histogram" {
                ["_bucket", "_sum", "_count"].as_slice()
            } else {
                &[""]
            };
            assert!(allowed.contains(&suffix), "{line}");
            if let Some(labels) = key.strip_prefix(name).filter(|labels| !labels.is_empty()) {
                let inner = labels.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
                for label in inner.split(',') {
                    let (label, value) = label.split_once('=').unwrap();
                    assert!(
                        is_name(label) && value.len() >= 2 && value.starts_with('"') && value.ends_with('"'),
                        "{line}"
                    );
                }
            }
            let value: f64 = value.parse().unwrap();
            assert!(parsed.samples.insert(key.to_owned(), value).is_none(), "said twice: {line}");
        }
    }
    parsed
}

#[test]
fn the_exposition_parses_and_every_metric_is_named_after_the_rules() {
    let (metrics, _) = metrics();
    everything(&metrics);
    let exposition = metrics.render().unwrap();
    assert_eq!(exposition.content_type, "text/plain; version=0.0.4");
    let parsed = parse(&exposition.body);
    // Whether the heap is reported depends on the allocator that this test was built with.
    let heap = usize::from(parsed.kinds.contains_key("blufio_heap_allocated_bytes"));
    assert_eq!(parsed.kinds.len(), 52 + heap, "{:#?}", parsed.kinds);
    for (name, kind) in &parsed.kinds {
        assert!(name.starts_with("blufio_"), "{name}");
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
        assert!(
            !["_ms", "_milliseconds", "_kb", "_minutes"].iter().any(|unit| name.contains(unit)),
            "{name}"
        );
        let prefix = format!("{name}_");
        let sampled =
            |key: &String| key == name || key.starts_with(&format!("{name}{{")) || key.starts_with(&prefix);
        assert!(parsed.samples.keys().any(sampled), "{name} has no sample");
    }
}

#[test]
fn each_observation_moves_its_own_numbers() {
    let (metrics, watch) = metrics();
    everything(&metrics);
    metrics.record(call("claude-a", "overloaded"));
    let parsed = parse(&metrics.render().unwrap().body);
    for (sample, value) in [
        ("blufio_messages_received_total{channel=\"telegram\"}", 1.0),
        ("blufio_messages_duplicate_total{channel=\"telegram\"}", 1.0),
        ("blufio_messages_duplicate_total{channel=\"local\"}", 0.0),
        ("blufio_messages_sent_total{channel=\"local\"}", 1.0),
        ("blufio_delivery_failures_total{channel=\"telegram\",class=\"transient\"}", 1.0),
        ("blufio_receive_failures_total{channel=\"telegram\",class=\"conflict\"}", 1.0),
        ("blufio_turns_total{outcome=\"answered\"}", 1.0),
        ("blufio_turn_duration_seconds_sum", 3.0),
        ("blufio_turn_duration_seconds_bucket{le=\"2\"}", 0.0),
        ("blufio_turn_duration_seconds_bucket{le=\"4\"}", 1.0),
        ("blufio_turn_duration_seconds_bucket{le=\"+Inf\"}", 1.0),
        ("blufio_provider_calls_total{class=\"ok\",feature=\"turn\",model=\"claude-a\"}", 1.0),
        ("blufio_provider_calls_total{class=\"overloaded\",feature=\"turn\",model=\"claude-a\"}", 1.0),
        ("blufio_provider_call_duration_seconds_count{feature=\"turn\",model=\"claude-a\"}", 2.0),
        ("blufio_provider_call_duration_seconds_sum{feature=\"turn\",model=\"claude-a\"}", 3.0),
        ("blufio_tokens_total{class=\"input\",feature=\"turn\",model=\"claude-a\"}", 20.0),
        ("blufio_tokens_total{class=\"output\",feature=\"turn\",model=\"claude-a\"}", 40.0),
        ("blufio_tokens_total{class=\"cache_read\",feature=\"turn\",model=\"claude-a\"}", 60.0),
        ("blufio_tokens_total{class=\"cache_write_5m\",feature=\"turn\",model=\"claude-a\"}", 80.0),
        ("blufio_tokens_total{class=\"cache_write_1h\",feature=\"turn\",model=\"claude-a\"}", 100.0),
        ("blufio_cost_usd_total{feature=\"turn\",model=\"claude-a\"}", 0.005),
        ("blufio_prompt_overhead_tokens_count{feature=\"turn\"}", 2.0),
        ("blufio_prompt_overhead_tokens_sum{feature=\"turn\"}", 1_800.0),
        ("blufio_prompt_overhead_tokens_bucket{feature=\"turn\",le=\"750\"}", 0.0),
        ("blufio_prompt_overhead_tokens_bucket{feature=\"turn\",le=\"1000\"}", 2.0),
        ("blufio_prompt_cache_hit_ratio", 30.0 / 130.0),
        ("blufio_routes_total{downgraded=\"false\",route=\"deep\"}", 1.0),
        ("blufio_routes_total{downgraded=\"true\",route=\"fast\"}", 1.0),
        ("blufio_routes_total{downgraded=\"false\",route=\"fast\"}", 0.0),
        ("blufio_route_decision_seconds_bucket{le=\"0.00001\"}", 0.0),
        ("blufio_route_decision_seconds_bucket{le=\"0.000025\"}", 1.0),
        ("blufio_route_decision_seconds_bucket{le=\"0.001\"}", 1.0),
        ("blufio_route_decision_seconds_count", 2.0),
        ("blufio_fallbacks_total{class=\"overloaded\"}", 1.0),
        ("blufio_budget_limit_usd{limit=\"daily\"}", 6.0),
        ("blufio_budget_spent_usd{limit=\"daily\"}", 1.5),
        ("blufio_budget_reserved_usd{limit=\"daily\"}", 0.25),
        ("blufio_budget_spent_usd{limit=\"session\"}", 2.5),
        ("blufio_budget_refusals_total{limit=\"heartbeat\"}", 1.0),
        ("blufio_budget_refusals_total{limit=\"daily\"}", 0.0),
        ("blufio_compactions_total{outcome=\"done\"}", 1.0),
        ("blufio_backups_total{outcome=\"failed\"}", 1.0),
        ("blufio_heartbeats_total{outcome=\"unchanged\"}", 1.0),
        ("blufio_recall_seconds_count{by_meaning=\"late\"}", 1.0),
        ("blufio_recall_seconds_count{by_meaning=\"yes\"}", 0.0),
        ("blufio_recall_seconds_bucket{by_meaning=\"late\",le=\"0.1\"}", 0.0),
        ("blufio_recall_seconds_bucket{by_meaning=\"late\",le=\"0.25\"}", 1.0),
        ("blufio_recalled_items_total", 3.0),
        ("blufio_embedding_seconds_count", 1.0),
        ("blufio_embedding_seconds_bucket{le=\"0.1\"}", 0.0),
        ("blufio_embedded_sentences_total", 16.0),
        ("blufio_extractions_total{outcome=\"learned\"}", 1.0),
        ("blufio_memories_learned_total", 2.0),
        ("blufio_memories", 12.0),
        ("blufio_passages", 13.0),
        ("blufio_reminders_total", 1.0),
        ("blufio_reminder_delay_seconds_bucket{le=\"0.1\"}", 0.0),
        ("blufio_reminder_delay_seconds_bucket{le=\"0.5\"}", 1.0),
        ("blufio_open_jobs", 11.0),
        ("blufio_state_schema_version", 2.0),
        ("blufio_queue_depth", 3.0),
        ("blufio_queue_oldest_age_seconds", 4.5),
        ("blufio_outbox_depth", 5.0),
        ("blufio_outbox_oldest_age_seconds", 0.0),
        ("blufio_dead_letters", 6.0),
        ("blufio_sessions", 7.0),
        ("blufio_transcript_messages", 8.0),
        ("blufio_state_file_bytes", 9.0),
        ("blufio_state_wal_bytes", 10.0),
        ("blufio_backup_age_seconds", 30.0),
        ("blufio_state_observed_timestamp_seconds", 1_700_000_000.0),
        ("blufio_ready", 1.0),
        ("blufio_sealed", 0.0),
        ("blufio_draining", 0.0),
        ("blufio_build_info{version=\"1.2.3\"}", 1.0),
        ("blufio_start_time_seconds", 1_700_000_000.0),
    ] {
        assert_eq!(parsed.get(sample), value, "{sample}");
    }
    assert!(parsed.get("blufio_resident_memory_bytes") > 1e6);

    // Ages grow although nobody has read the state file again.
    watch.0.fetch_add(60_000, Ordering::SeqCst);
    let parsed = parse(&metrics.render().unwrap().body);
    assert_eq!(parsed.get("blufio_queue_oldest_age_seconds"), 64.5);
    assert_eq!(parsed.get("blufio_state_observed_timestamp_seconds"), 1_700_000_000.0);
    assert_eq!(parsed.get("blufio_start_time_seconds"), 1_700_000_000.0);
}

#[test]
fn what_is_not_known_is_left_out() {
    let (metrics, _) = metrics();
    let parsed = parse(&metrics.render().unwrap().body);
    for unknown in
        ["blufio_ready", "blufio_queue_depth", "blufio_queue_oldest_age_seconds", "blufio_state_file_bytes"]
    {
        assert!(!parsed.samples.contains_key(unknown), "{unknown}");
    }
    for unknown in ["blufio_prompt_cache_hit_ratio", "blufio_budget_limit_usd", "blufio_budget_spent_usd"] {
        assert!(!parsed.kinds.contains_key(unknown), "{unknown}");
    }
    assert_eq!(parsed.get("blufio_messages_received_total{channel=\"telegram\"}"), 0.0);
}

#[test]
fn strange_names_do_not_make_the_label_sets_grow() {
    let (metrics, _) = metrics();
    for number in 0..500 {
        let strange = format!("model-{number}\"}} 1\nblufio_fake 1");
        metrics.record(call(&strange, "ok"));
        metrics.record(Observation::MessageIn { channel: &strange, duplicate: number % 2 == 0 });
        metrics.record(Observation::MessageOut { channel: &strange });
        metrics.record(Observation::DeliveryFailed { channel: &strange, class: "transient" });
        metrics.record(Observation::ReceiveFailed { channel: &strange, class: "transient" });
        metrics.record(Observation::Budget(&standing(&strange, 1)));
        metrics.record(Observation::BudgetRefused { limit: &strange });
    }
    for limit in ["daily", "monthly", "session", "heartbeat"] {
        metrics.record(Observation::Budget(&standing(limit, 1)));
    }
    metrics.record(call("claude-b", "ok"));
    let parsed = parse(&metrics.render().unwrap().body);
    assert_eq!(parsed.label("model"), BTreeSet::from(["claude-b", "other"]));
    assert_eq!(parsed.label("channel"), BTreeSet::from(["local", "other", "telegram"]));
    assert_eq!(
        parsed.get("blufio_provider_calls_total{class=\"ok\",feature=\"turn\",model=\"other\"}"),
        500.0
    );
    assert_eq!(parsed.get("blufio_messages_sent_total{channel=\"other\"}"), 500.0);
}

#[test]
fn each_feature_has_numbers_of_its_own_and_the_cache_serves_them_together() {
    let (metrics, _) = metrics();
    for (at, feature) in (1..).zip(Feature::ALL) {
        let usage = Usage { input: 10 * at, cache_read: 90 * at, ..Usage::default() };
        let (took, cost) = (Duration::from_secs(1), NanoUsd(1_000_000_000));
        let (model, overhead) = ("claude-a", 100 * at);
        let call = Observation::ProviderCall { feature, model, class: "ok", took, usage, cost, overhead };
        metrics.record(call);
    }
    let parsed = parse(&metrics.render().unwrap().body);
    assert_eq!(
        parsed.label("feature"),
        BTreeSet::from(["compaction", "extraction", "heartbeat", "tool_loop", "turn"])
    );
    assert_eq!(parsed.get("blufio_prompt_overhead_tokens_sum{feature=\"compaction\"}"), 300.0);
    assert_eq!(parsed.get("blufio_cost_usd_total{feature=\"heartbeat\",model=\"claude-a\"}"), 1.0);
    assert_eq!(parsed.get("blufio_prompt_cache_hit_ratio"), 0.9);
}

#[test]
fn an_attempt_that_used_nothing_has_no_overhead_and_no_part_in_the_ratio() {
    let (metrics, _) = metrics();
    metrics.record(Observation::ProviderCall {
        feature: Feature::Turn,
        model: "claude-a",
        class: "overloaded",
        took: Duration::from_secs(1),
        usage: Usage::default(),
        cost: NanoUsd(0),
        overhead: 900,
    });
    let parsed = parse(&metrics.render().unwrap().body);
    assert_eq!(
        parsed.get("blufio_provider_calls_total{class=\"overloaded\",feature=\"turn\",model=\"claude-a\"}"),
        1.0
    );
    assert!(!parsed.samples.contains_key("blufio_prompt_overhead_tokens_count{feature=\"turn\"}"));
    assert!(!parsed.samples.contains_key("blufio_prompt_cache_hit_ratio"));
}

#[test]
fn when_a_period_is_over_its_spending_and_its_raise_are_too() {
    let (metrics, watch) = metrics();
    for limit in ["daily", "session"] {
        metrics.record(Observation::Budget(&standing(limit, 1_500_000_000)));
    }
    let numbers = |metrics: &Metrics, limit: &str| {
        let parsed = parse(&metrics.render().unwrap().body);
        ["limit", "spent", "reserved"]
            .map(|what| parsed.get(&format!("blufio_budget_{what}_usd{{limit=\"{limit}\"}}")))
    };
    watch.0.fetch_add(59_999, Ordering::SeqCst);
    assert_eq!(numbers(&metrics, "daily"), [6.0, 1.5, 0.25]);
    watch.0.fetch_add(1, Ordering::SeqCst);
    assert_eq!(numbers(&metrics, "daily"), [5.0, 0.0, 0.0]);
    assert_eq!(numbers(&metrics, "session"), [6.0, 1.5, 0.25]);
}

#[test]
fn every_metric_is_described_to_operators() {
    let (metrics, _) = metrics();
    everything(&metrics);
    let parsed = parse(&metrics.render().unwrap().body);
    let told = include_str!("../../docs/operating.md");
    for name in parsed.kinds.keys() {
        assert!(told.contains(&format!("`{name}`")), "{name} is not in docs/operating.md");
    }
}

#[test]
fn numbers_out_of_range_do_not_break_it() {
    let (metrics, _) = metrics();
    let usage = Usage { input: u64::MAX, ..Usage::default() };
    for cost in [i64::MIN, i64::MAX] {
        metrics.record(Observation::ProviderCall {
            feature: Feature::ToolLoop,
            model: "claude-a",
            class: "ok",
            took: Duration::MAX,
            usage,
            cost: NanoUsd(cost),
            overhead: u64::MAX,
        });
        metrics.record(Observation::Budget(&standing("daily", cost)));
        metrics.record(Observation::Reminder { late: Duration::MAX });
    }
    let largest = StoreStats {
        queue_depth: u64::MAX,
        queue_oldest: Some(Timestamp(i64::MAX)),
        ..StoreStats::default()
    };
    metrics.record(Observation::Store(largest));
    let parsed = parse(&metrics.render().unwrap().body);
    assert!(parsed.get("blufio_cost_usd_total{feature=\"tool_loop\",model=\"claude-a\"}") > 9e9);
    assert!(parsed.get("blufio_budget_spent_usd{limit=\"daily\"}") > 9e9);
    assert_eq!(parsed.get("blufio_prompt_cache_hit_ratio"), 0.0);
    assert_eq!(parsed.get("blufio_queue_oldest_age_seconds"), 0.0);
}

#[test]
fn it_can_be_told_and_asked_from_many_threads() {
    let (metrics, _) = metrics();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    everything(&metrics);
                    metrics.render().unwrap();
                }
            });
        }
    });
    let parsed = parse(&metrics.render().unwrap().body);
    assert_eq!(parsed.get("blufio_turns_total{outcome=\"answered\"}"), 200.0);
}

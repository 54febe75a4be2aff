// SPDX-License-Identifier: MIT OR Apache-2.0
//! The prompt cache: prefixes by digest, with a time to live that every use renews.
//!
//! Entries are written at breakpoints only. A breakpoint finds an entry at itself or at one of the units before it, at
//! most [`LOOK_BACK`] of them. Prefixes below the model's minimum are neither written nor read.

use std::{collections::HashMap, time::Duration};

use super::{
    prices::Usage,
    prompt::{Digest, Prompt},
    request::Ttl,
};

/// How many units a breakpoint looks back for an entry.
pub const LOOK_BACK: usize = 20;
/// Entries kept; the ones that would end first leave first.
const ENTRIES: usize = 20_000;

impl Ttl {
    fn duration(self) -> Duration {
        match self {
            Ttl::FiveMinutes => Duration::from_secs(300),
            Ttl::OneHour => Duration::from_secs(3_600),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    ttl: Duration,
    ends: Duration,
}

/// The cache of all keys and models; their prefixes never meet, because both are part of the digest.
#[derive(Debug, Default)]
pub struct Cache {
    entries: HashMap<Digest, Entry>,
}

impl Cache {
    /// Reads and writes what `prompt` asks for at time `now`, and says how its tokens are billed.
    pub fn settle(&mut self, prompt: &Prompt, scope: &[&str], minimum: u64, now: Duration) -> Usage {
        let prefixes = prompt.prefixes(scope);
        let breaks: Vec<(usize, Ttl)> = prompt
            .units
            .iter()
            .enumerate()
            .filter_map(|(at, unit)| Some((at, unit.cache?)))
            .filter(|(at, _)| prefixes.get(*at).is_some_and(|(_, tokens)| *tokens >= minimum))
            .collect();
        let hit = breaks
            .iter()
            .rev()
            .filter_map(|(at, _)| {
                let first = at.saturating_sub(LOOK_BACK.saturating_sub(1));
                (first..=*at).rev().find(|position| {
                    prefixes
                        .get(*position)
                        .and_then(|(digest, _)| self.entries.get(digest))
                        .is_some_and(|entry| entry.ends > now)
                })
            })
            .max();
        let tokens_at = |at: usize| prefixes.get(at).map_or(0, |(_, tokens)| *tokens);
        let mut usage = Usage { cache_read: hit.map_or(0, tokens_at), ..Usage::default() };
        if let Some(entry) =
            hit.and_then(|at| prefixes.get(at)).and_then(|(digest, _)| self.entries.get_mut(digest))
        {
            entry.ends = now.saturating_add(entry.ttl);
        }
        let mut covered = usage.cache_read;
        for (at, ttl) in breaks {
            let Some((digest, tokens)) = prefixes.get(at) else { continue };
            if *tokens > covered {
                let fresh = tokens.saturating_sub(covered);
                match ttl {
                    Ttl::FiveMinutes => usage.cache_write_5m = usage.cache_write_5m.saturating_add(fresh),
                    Ttl::OneHour => usage.cache_write_1h = usage.cache_write_1h.saturating_add(fresh),
                }
                covered = *tokens;
                self.insert(*digest, ttl.duration(), now);
            } else if let Some(entry) = self.entries.get_mut(digest) {
                // A shorter prefix that the hit contains was used as well.
                if entry.ends > now {
                    entry.ends = now.saturating_add(entry.ttl);
                }
            }
        }
        usage.input = prompt.tokens().saturating_sub(covered);
        usage
    }

    fn insert(&mut self, digest: Digest, ttl: Duration, now: Duration) {
        if self.entries.len() >= ENTRIES {
            self.entries.retain(|_, entry| entry.ends > now);
        }
        if self.entries.len() >= ENTRIES
            && let Some(first) =
                self.entries.iter().min_by_key(|(_, entry)| entry.ends).map(|(digest, _)| *digest)
        {
            self.entries.remove(&first);
        }
        self.entries.insert(digest, Entry { ttl, ends: now.saturating_add(ttl) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anthropic::schema;
    use serde_json::{Value, json};

    const MINUTE: Duration = Duration::from_secs(60);

    fn prompt(system: &[(&str, Option<&str>)], messages: &Value) -> Prompt {
        let system: Vec<Value> = system
            .iter()
            .map(|(text, ttl)| match ttl {
                Some(ttl) => {
                    json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": ttl}})
                }
                None => json!({"type": "text", "text": text}),
            })
            .collect();
        let body =
            json!({"model": "claude-haiku-5-5", "max_tokens": 5, "system": system, "messages": messages});
        Prompt::new(&schema::create(&body).unwrap(), body.to_string().as_bytes()).unwrap()
    }

    fn hi() -> Value {
        json!([{"role": "user", "content": "hi!!"}]) // 1 token and 3 for the message
    }

    fn words(tokens: usize) -> String {
        "word".repeat(tokens)
    }

    #[test]
    fn a_prefix_is_written_once_then_read_and_all_tokens_are_accounted_for() {
        let mut cache = Cache::default();
        let long = words(600);
        let prompt = prompt(&[(&long, Some("5m"))], &hi());
        let first = cache.settle(&prompt, &["key", "model"], 512, Duration::ZERO);
        assert_eq!(first, Usage { input: 4, cache_write_5m: 600, ..Usage::default() });
        let second = cache.settle(&prompt, &["key", "model"], 512, MINUTE);
        assert_eq!(second, Usage { input: 4, cache_read: 600, ..Usage::default() });
        assert_eq!(second.prompt(), prompt.tokens());
    }

    #[test]
    fn every_use_renews_the_time_to_live() {
        let mut cache = Cache::default();
        let long = words(600);
        let prompt = prompt(&[(&long, Some("5m"))], &hi());
        let mut read = |minutes: u32| cache.settle(&prompt, &[], 512, MINUTE * minutes).cache_read;
        assert_eq!([read(0), read(4), read(8), read(12), read(17)], [0, 600, 600, 600, 0]);
    }

    #[test]
    fn an_hour_is_an_hour_and_is_billed_as_such() {
        let mut cache = Cache::default();
        let (stable, session) = (words(600), words(100));
        let prompt = prompt(&[(&stable, Some("1h")), (&session, Some("5m"))], &hi());
        let first = cache.settle(&prompt, &[], 512, Duration::ZERO);
        assert_eq!((first.cache_write_1h, first.cache_write_5m, first.input), (600, 100, 4));
        let later = cache.settle(&prompt, &[], 512, MINUTE * 30);
        assert_eq!((later.cache_read, later.cache_write_5m, later.cache_write_1h), (600, 100, 0));
    }

    #[test]
    fn a_short_prefix_is_silently_not_cached() {
        let mut cache = Cache::default();
        let short = words(511);
        let prompt = prompt(&[(&short, Some("5m"))], &hi());
        for _ in 0..2 {
            let usage = cache.settle(&prompt, &[], 512, Duration::ZERO);
            assert_eq!(usage, Usage { input: 515, ..Usage::default() });
        }
    }

    #[test]
    fn keys_and_models_do_not_share_a_cache() {
        let mut cache = Cache::default();
        let long = words(600);
        let prompt = prompt(&[(&long, Some("5m"))], &hi());
        cache.settle(&prompt, &["a", "m"], 512, Duration::ZERO);
        assert_eq!(cache.settle(&prompt, &["b", "m"], 512, Duration::ZERO).cache_read, 0);
        assert_eq!(cache.settle(&prompt, &["a", "n"], 512, Duration::ZERO).cache_read, 0);
    }

    #[test]
    fn a_changed_byte_in_front_loses_the_prefix() {
        let mut cache = Cache::default();
        let long = words(600);
        cache.settle(&prompt(&[("10:00", None), (&long, Some("5m"))], &hi()), &[], 512, Duration::ZERO);
        let usage =
            cache.settle(&prompt(&[("10:01", None), (&long, Some("5m"))], &hi()), &[], 512, Duration::ZERO);
        assert_eq!(usage.cache_read, 0);
    }

    #[test]
    fn a_breakpoint_finds_the_previous_turn_within_twenty_blocks() {
        let turns = |count: usize| {
            let mut list = vec![json!({"role": "user", "content": words(600)})];
            for turn in 0..count {
                list.push(json!({"role": "assistant", "content": format!("answer {turn}")}));
                list.push(json!({"role": "user", "content": format!("question {turn}")}));
            }
            let mut last = list.pop().unwrap();
            let text = last["content"].take();
            last["content"] = json!([{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]);
            list.push(last);
            prompt(&[], &Value::Array(list))
        };
        let mut cache = Cache::default();
        let first = cache.settle(&turns(0), &[], 512, Duration::ZERO);
        assert_eq!(first.cache_write_5m, 603);
        assert_eq!(cache.settle(&turns(9), &[], 512, Duration::ZERO).cache_read, 603);
        let mut other = Cache::default();
        other.settle(&turns(0), &[], 512, Duration::ZERO);
        assert_eq!(other.settle(&turns(10), &[], 512, Duration::ZERO).cache_read, 0);
    }
}

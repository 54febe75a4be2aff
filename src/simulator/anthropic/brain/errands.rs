// SPDX-License-Identifier: MIT OR Apache-2.0
//! Errands: a summary of what was said, and reminders through a tool. In English, from the prompt alone.

use serde_json::{Value, json};

use super::words;

/// Most statements of a summary.
const STATEMENTS: usize = 200;

/// Whether the system prompt makes this a call for a summary.
pub fn wants_summary(system: &str) -> bool {
    let system = system.to_lowercase();
    ["summar", "zusammenfass", "résum"].iter().any(|stem| system.contains(stem))
}

/// The statements of a text, one a line: no questions, nothing twice, those that tell something in particular (a
/// number, a name, a word such as "my" or "must") before all else.
pub fn summary(text: &str) -> String {
    let mut telling: Vec<String> = Vec::new();
    for line in text.lines() {
        for sentence in words::sentences(line) {
            let words: Vec<&str> = sentence.words.iter().map(|word| word.text.as_str()).collect();
            let said = words.join(" ");
            if sentence.question || words.len() < 3 || telling.contains(&said) {
                continue;
            }
            let particular = sentence.words.iter().skip(1).any(|word| {
                let first = word.text.chars().next().unwrap_or(' ');
                first.is_numeric()
                    || (first.is_uppercase() && word.text.len() > 1)
                    || ["my", "must", "never", "always", "not", "need", "want", "prefer", "decided"]
                        .contains(&word.lower.as_str())
            });
            if particular && telling.len() < STATEMENTS {
                telling.push(said);
            }
        }
    }
    if telling.is_empty() {
        return "Nothing in particular was said.".to_owned();
    }
    telling.iter().map(|said| format!("- {said}.")).collect::<Vec<_>>().join("\n")
}

/// The arguments of a reminder that a message asks for: "remind me tomorrow at nine to water the plants", "remind me in
/// 20 minutes to …". The day is read from `prompt`, which has to say what day it is.
pub fn reminder(said: &str, prompt: &str) -> Option<Value> {
    let lower = said.to_lowercase();
    let (_, wish) = lower.split_once("remind me ")?;
    let (when, what) = wish.split_once(" to ").or_else(|| wish.split_once(" that "))?;
    let text = what.trim().trim_end_matches(['.', '!', '?']);
    let words: Vec<&str> = when.split_whitespace().collect();
    if let ["in", count, unit] = words.as_slice() {
        let minutes = number(count)? * if unit.starts_with("hour") { 60 } else { 1 };
        return Some(json!({"text": text, "in_minutes": minutes}));
    }
    let today = date(prompt)?;
    let hour = words.iter().position(|word| *word == "at").and_then(|at| words.get(at + 1));
    let hour = hour.map_or(Some(9), |word| number(word))?;
    let day = if words.contains(&"tomorrow") { after(today)? } else { today };
    let (year, month, day) = day;
    Some(json!({"text": text, "at": format!("{year:04}-{month:02}-{day:02}T{hour:02}:00")}))
}

fn number(word: &str) -> Option<u32> {
    const NUMBERS: &[&str] = &[
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    let at = NUMBERS.iter().position(|name| *name == word).and_then(|at| u32::try_from(at).ok());
    at.or_else(|| word.parse().ok())
}

/// The last date in a text, `2026-11-22`.
fn date(text: &str) -> Option<(u32, u32, u32)> {
    let bytes = text.as_bytes();
    let digits = |from: usize, count: usize| {
        let part = bytes.get(from..from.checked_add(count)?)?;
        if !part.iter().all(u8::is_ascii_digit) {
            return None;
        }
        std::str::from_utf8(part).ok()?.parse::<u32>().ok()
    };
    (0..bytes.len()).rev().find_map(|at| {
        let dashes = bytes.get(at + 4) == Some(&b'-') && bytes.get(at + 7) == Some(&b'-');
        let day = (digits(at, 4)?, digits(at + 5, 2)?, digits(at + 8, 2)?);
        dashes.then_some(day).filter(|(_, month, day)| (1..=12).contains(month) && (1..=31).contains(day))
    })
}

fn after((year, month, day): (u32, u32, u32)) -> Option<(u32, u32, u32)> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    Some(match (day < length, month) {
        (true, _) => (year, month, day + 1),
        (false, 12) => (year + 1, 1, 1),
        (false, _) => (year, month + 1, 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_is_read_with_the_day_from_the_prompt() {
        let prompt = "[Now: Saturday, 2028-02-28 20:57 (UTC)]";
        let asked = |text| reminder(text, prompt).map(|wish| wish.to_string());
        assert_eq!(
            asked("Please remind me tomorrow at nine to call Mum."),
            Some(json!({"text": "call mum", "at": "2028-02-29T09:00"}).to_string())
        );
        assert_eq!(
            asked("remind me in 20 minutes to turn the oven off"),
            Some(json!({"text": "turn the oven off", "in_minutes": 20}).to_string())
        );
        assert_eq!(asked("Do you remember my dog?"), None);
        assert_eq!(reminder("remind me tomorrow at nine to call", "no date here"), None);
    }

    #[test]
    fn the_day_after_the_last_of_a_year_is_the_first() {
        assert_eq!(after((2026, 12, 31)), Some((2027, 1, 1)));
        assert_eq!(after((2026, 2, 28)), Some((2026, 3, 1)));
    }

    #[test]
    fn a_summary_holds_what_was_told_and_nothing_that_was_asked() {
        let text = summary("My dog is called Max. How are you?\nI must never eat nuts. ok then fine");
        assert!(text.contains("Max") && text.contains("nuts") && !text.contains("How are"), "{text}");
    }
}

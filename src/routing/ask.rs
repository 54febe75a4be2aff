// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tells what a person asks from what he pasted or quoted to be worked on.

/// The parts of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The person's own words.
    pub(crate) words: String,
    /// Of the own words: those before a colon with a longer rest behind it, or else all.
    pub(crate) lead: String,
    /// Bytes that were quoted or pasted.
    pub(crate) material: usize,
}

/// Pasted text is longer than this many bytes.
const PASTE: usize = 160;
/// A line that asks is no longer than this many bytes.
const LINE: usize = 260;

/// Parts a message.
pub(crate) fn part(text: &str) -> Ask {
    let text = without_label(text.trim());
    let own = without_quotes(&without_fences(text));
    let words = own_lines(&own);
    let lead = match words.split_once([':', '：']) {
        Some((lead, rest)) if rest.trim().len() > 40 && lead.len() < LINE => lead.trim().to_owned(),
        _ => words.clone(),
    };
    Ask { material: text.len().saturating_sub(words.len()), words, lead }
}

/// Voice notes come with a label: `[voice message, 0:04] …`.
fn without_label(text: &str) -> &str {
    match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((label, rest)) if label.len() < 60 && !label.contains('\n') && !rest.trim().is_empty() => {
            rest.trim_start()
        }
        _ => text,
    }
}

fn without_fences(text: &str) -> String {
    if !text.contains("```") {
        return text.to_owned();
    }
    let own: Vec<&str> = text.split("```").step_by(2).collect();
    let own = own.join("\n");
    if own.trim().is_empty() { text.to_owned() } else { own }
}

/// What stands outside of quotation marks. A quotation that does not end reaches to the end.
fn without_quotes(text: &str) -> String {
    let mut own = String::with_capacity(text.len());
    let mut closing: Option<char> = None;
    for sign in text.chars() {
        match closing {
            Some(end) if sign == end || (end == '“' && sign == '”') => closing = None,
            Some(_) => {}
            None => match sign {
                '"' => closing = Some('"'),
                '“' => closing = Some('”'),
                '„' => closing = Some('“'),
                '«' => closing = Some('»'),
                '「' => closing = Some('」'),
                '『' => closing = Some('』'),
                _ => own.push(sign),
            },
        }
        if closing.is_some() && !own.ends_with(' ') {
            own.push(' ');
        }
    }
    // A message that is one quotation is its own ask.
    if own.chars().filter(|sign| sign.is_alphanumeric()).count() < 2 { text.to_owned() } else { own }
}

/// The lines of a message with a paste that the person wrote: the first, and a short last one that asks.
fn own_lines(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return text.to_owned() };
    let rest: usize = lines.clone().map(str::len).sum();
    let last = lines.next_back().unwrap_or_default();
    if rest < PASTE && lines.count() < 3 {
        return text.to_owned();
    }
    if first.len() <= LINE {
        let asks =
            last.len() <= LINE / 2 && last.ends_with(['?', '？', '؟']) && !first.ends_with(['?', '？', '؟']);
        return if asks { format!("{first}\n{last}") } else { first.to_owned() };
    }
    if last.len() <= LINE { last.to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_told_from_the_question_above_it() {
        let ask = part(&format!("which gate?\n\n{}", "Dear passenger, thank you. ".repeat(20)));
        assert_eq!(ask.words, "which gate?");
        assert!(ask.material > 400);
    }

    #[test]
    fn quotations_and_labels_are_not_the_ask() {
        assert_eq!(part("[voice, 0:04] say \"prove it\" in french").words, "say  in french");
        assert_eq!(
            part("fix the typos: Hello wrold, this is a longer texxt with more words").lead,
            "fix the typos"
        );
    }

    #[test]
    fn a_short_message_is_all_ask() {
        assert_eq!(part("why?\nit hangs").words, "why?\nit hangs");
        assert_eq!(part("\"hello\"").words, "\"hello\"");
    }
}

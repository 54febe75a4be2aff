// SPDX-License-Identifier: MIT OR Apache-2.0
//! Says in plain words what was found in a message.

use crate::Route;
use crate::ideas::Idea;

/// What is not the name of an idea. Names that say nothing to people (lengths, single words) are left out.
const SAYS: &[(&str, &str)] = &[
    ("a plain question", "asks for a plain fact"),
    ("a program, why", "asks why a program behaves as it does"),
    ("a small thing after deep", "a small question in between"),
    ("a small thing after fast", "a small question in between"),
    ("a small thing after standard", "a small question in between"),
    ("a sum", "a small sum"),
    ("another topic after deep", "changes the topic"),
    ("careful field, a case", "a case in a field where a wrong answer does harm"),
    ("careful field, figures", "several figures have to be weighed"),
    ("careful field, stakes", "much depends on it"),
    ("choices", "a multiple-choice question"),
    ("code lines", "holds code"),
    ("conditions with figures", "conditions and figures have to fit together"),
    ("document", "a document is attached"),
    ("exact field, a case", "a case in a field where a plausible answer is easily wrong"),
    ("exact field, why", "asks why in a field where a plausible answer is easily wrong"),
    ("figures in a story", "a word problem"),
    ("formula>0", "holds formulas"),
    ("formula>2", "holds formulas"),
    ("goes on after a hard question", "follows up on a hard question"),
    ("goes on after deep", "follows up on hard work"),
    ("goes on after fast", "follows up on a small question"),
    ("goes on after standard", "goes on with ordinary work"),
    ("log lines", "holds a log"),
    ("photo", "a picture is attached"),
    ("short after deep", "follows up on hard work"),
    ("short after fast", "follows up on a small question"),
    ("short after standard", "goes on with ordinary work"),
    ("small, after deep", "a small thing in between"),
    ("small, in a conversation", "a small thing in between"),
];

/// What is true of many messages, and told only after the rest.
const SAYS_OF_MANY: &[(&str, &str)] = &[
    ("after a hard question", "comes after a hard question"),
    ("careful field", "a field in which a wrong answer does harm"),
    ("careful field, no work", "a question in a field where a wrong answer does harm"),
    ("careful field, thought", "takes thought in a field where a wrong answer does harm"),
    ("everyday field alone", "about everyday life"),
    ("everyday field", "about everyday life"),
    ("exact field", "a field in which a plausible answer is easily wrong"),
    ("exact field, no work", "a question in a field where a plausible answer is easily wrong"),
    ("exact field, thought", "takes thought in a field where a plausible answer is easily wrong"),
    ("hard after deep", "hard work goes on"),
    ("hard after fast", "hard work begins"),
    ("hard after standard", "hard work begins"),
    ("hard ideas>1", "several hard things at once"),
    ("hard ideas>2", "several hard things at once"),
    ("hard ideas>3", "several hard things at once"),
    ("numbers>3", "holds several figures"),
    ("numbers>6", "holds many figures"),
    ("ordinary work", "ordinary work"),
    ("technical>0", "names technical things"),
    ("technical>1", "names technical things"),
    ("technical>3", "names technical things"),
    ("thought", "takes thought"),
];

/// Ideas that carry no reason of their own.
const SILENT: &[Idea] = &[Idea::Common, Idea::Filler, Idea::Ellipsis];

/// What a name says to people; `None` if nothing.
pub(crate) fn says(name: &str) -> Option<&str> {
    let plain = name.trim_start_matches("maybe ").trim_start_matches("aside ");
    let plain = plain.strip_suffix(" twice").unwrap_or(plain);
    if let Some((_, reason)) = plain.split_once("courtesy: ").or_else(|| plain.split_once("errand: ")) {
        return Some(reason);
    }
    look_up(SAYS, plain).or_else(|| of_idea(plain))
}

/// What a name says to people that is true of many messages; `None` if nothing.
pub(crate) fn says_of_many(name: &str) -> Option<&'static str> {
    look_up(SAYS_OF_MANY, name)
}

fn look_up(table: &'static [(&str, &str)], wanted: &str) -> Option<&'static str> {
    table.iter().find(|(name, _)| *name == wanted).map(|(_, reason)| *reason)
}

fn of_idea(name: &str) -> Option<&'static str> {
    Idea::ALL
        .iter()
        .find(|idea| idea.name() == name)
        .filter(|idea| !SILENT.contains(idea))
        .map(|idea| idea.says())
}

/// What is attached.
pub(crate) fn attached(names: &[String]) -> Option<&'static str> {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    if has("document") {
        Some("a document is attached")
    } else if has("photo") {
        Some("a picture is attached")
    } else {
        None
    }
}

/// The reason where nothing that was found has one.
pub(crate) fn nothing_special(route: Route) -> &'static str {
    match route {
        Route::Fast => "a short, plain message",
        Route::Standard => "ordinary work",
        Route::Deep => "reads like something that is easily got wrong",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_explained_once() {
        for (name, _) in SAYS {
            assert_eq!(says_of_many(name), None);
            assert_eq!(SAYS.iter().filter(|(other, _)| name == other).count(), 1);
        }
        assert_eq!(says_of_many("thought"), Some("takes thought"));
    }

    #[test]
    fn ideas_pairs_and_errands_have_words_but_lengths_have_none() {
        assert_eq!(says("prove twice"), Some("asks for a proof"));
        assert_eq!(says("maybe law"), Some("a legal question"));
        assert_eq!(says("courtesy: says thanks"), Some("says thanks"));
        assert_eq!(says("goes on after deep"), Some("follows up on hard work"));
        assert_eq!(says("words>7"), None);
        assert_eq!(says("“the”"), None);
    }
}

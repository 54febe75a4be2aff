// SPDX-License-Identifier: MIT OR Apache-2.0
//! What people tell and ask. Facts are looked up in the texts of the prompt; the latest telling holds.

use super::words::{self, Caught, Language, Sentence};

/// What a pattern is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The name of `{x}`.
    NameOf,
    /// `{x}` itself.
    Thing,
    /// The person's name.
    Name,
    /// Where the person lives.
    Home,
    /// What the person does for a living.
    Work,
    /// What the person is allergic to.
    Allergy,
    /// What the person likes.
    Taste,
}

use About::{Allergy, Home, Name, NameOf, Taste, Thing, Work};

const TOLD: &[(About, &str)] = &[
    (NameOf, "my {x} 's name is {y}"),
    (NameOf, "my {x} is|'s called|named {y}"),
    (NameOf, "name of my {x} is {y}"),
    (NameOf, "i have|own|got|has a|an {x} called|named {y}"),
    (Name, "my name is {y}"),
    (Name, "i am|is called|named {y}"),
    (Name, "i'm called|named {y}"),
    (Name, "call me {y}"),
    (Home, "i live|lives in|at|near {y}"),
    (Home, "i|we moved|move from {x} to {y}"),
    (Home, "i|we moved|move to {y}"),
    (Work, "i work|works as|at|for {y}"),
    (Allergy, "i am|is allergic to {y}"),
    (Allergy, "i'm allergic to {y}"),
    (Taste, "i like|likes|love|loves {y}"),
    (NameOf, "mein|meine {x} heißt|heisst {y}"),
    (NameOf, "mein|meine {x} {y} heißt|heisst"),
    (NameOf, "name meines|meiner {x} ist|lautet {y}"),
    (NameOf, "ich habe|hab einen|eine|ein {x} namens {y}"),
    (Name, "ich heiße|heisse {y}"),
    (Name, "mein name ist {y}"),
    (Home, "ich wohne|lebe in|bei {y}"),
    (Work, "ich arbeite als|bei {y}"),
    (NameOf, "mon|ma {x} s' appelle {y}"),
    (NameOf, "nom de mon|ma {x} est {y}"),
    (NameOf, "j' ai un|une {x} nommé|nommée|appelé|appelée {y}"),
    (Name, "je m' appelle {y}"),
    (Name, "mon nom est {y}"),
    (Home, "j' habite à|en|au|aux|dans {y}"),
    (Home, "je vis à|en|au|aux {y}"),
    (Thing, "my {x} is|are {y}"),
    (Thing, "mein|meine {x} ist|sind {y}"),
    (Thing, "mon|ma|mes {x} est|sont {y}"),
    (Thing, "the {x} is|are {y}"),
    (Thing, "der|die|das {x} ist|sind {y}"),
    (Thing, "le|la|les {x} est|sont {y}"),
];

const ASKED: &[(About, &str)] = &[
    (Name, "what|know|remember|tell is|'s my name"),
    (Name, "know|remember|recall|me my name"),
    (Name, "who am i"),
    (NameOf, "my {x} 's name"),
    (NameOf, "what is|'s my {x} called|named"),
    (NameOf, "what my {x} is called|named"),
    (NameOf, "name of my {x}"),
    (Home, "where do i live"),
    (Home, "where i live"),
    (Work, "what do i do for a living"),
    (Work, "where do i work"),
    (Allergy, "what am i allergic to"),
    (Allergy, "what i am|'m allergic to"),
    (Taste, "what do i like|love"),
    (Name, "wie heiße|heisse ich"),
    (Name, "wie ist|lautet mein name"),
    (NameOf, "wie heißt|heisst mein|meine {x}"),
    (NameOf, "name meines|meiner {x}"),
    (Home, "wo wohne|lebe ich"),
    (Work, "wo arbeite ich"),
    (Name, "comment je m' appelle"),
    (Name, "comment m' appelle-je"),
    (Name, "quel est mon nom"),
    (NameOf, "comment s' appelle mon|ma {x}"),
    (NameOf, "nom de mon|ma {x}"),
    (Home, "où j' habite"),
    (Home, "où est-ce que j' habite"),
    (Home, "où habité-je"),
    (Thing, "what|who|when|where|which is|are|'s my {x}"),
    (Thing, "was|wer|wann|wo|welche ist|sind mein|meine {x}"),
    (Thing, "quel|quelle|quels|quelles|qui|quand est|sont mon|ma|mes {x}"),
    (Thing, "what|who|when|where|which is|are|'s the {x}"),
    (Thing, "was|wer|wann|wo|wie ist|sind|lautet der|die|das {x}"),
    (Thing, "quel|quelle|quels|quelles|qui|quand est|sont le|la|les {x}"),
];

const REMEMBER: &[&str] = &[
    "remember that ",
    "remember: ",
    "note that ",
    "merk dir, dass ",
    "merke dir, dass ",
    "merk dir: ",
    "souviens-toi que ",
    "retiens que ",
    "n'oublie pas que ",
];

const ABOUT_ME: &[&str] = &[
    "what do you know about me",
    "what do you remember",
    "what did i tell you",
    "what did i ask you to remember",
    "was weißt du über mich",
    "was habe ich dir gesagt",
    "que sais-tu de moi",
    "qu'est-ce que tu sais de moi",
];

const TIME: &[&str] = &[
    "what time",
    "what's the time",
    "time is it",
    "current time",
    "what day is",
    "today's date",
    "wie spät",
    "wie viel uhr",
    "wieviel uhr",
    "uhrzeit",
    "welcher tag ist",
    "quelle heure",
    "quel jour",
];

/// Subjects that mean the same, in the first one's words.
const SAME: &[(&str, &[&str])] = &[
    ("dog", &["hund", "hündin", "chien", "chienne"]),
    ("cat", &["katze", "kater", "chat", "chatte"]),
    ("wife", &["frau", "femme"]),
    ("husband", &["mann", "mari"]),
    ("son", &["sohn", "fils"]),
    ("daughter", &["tochter", "fille"]),
    ("brother", &["bruder", "frère"]),
    ("sister", &["schwester", "sœur", "soeur"]),
    ("mother", &["mutter", "mère", "mum", "mom"]),
    ("father", &["vater", "père", "dad"]),
    ("birthday", &["geburtstag", "anniversaire"]),
    ("car", &["auto", "voiture"]),
    ("colour", &["color", "farbe", "couleur"]),
    ("favourite", &["favorite", "préféré", "préférée"]),
    ("favourite colour", &["lieblingsfarbe"]),
];

/// Whether the person wants to know the time or the date.
pub fn asks_the_time(text: &str) -> bool {
    let text = text.to_lowercase().replace('’', "'");
    TIME.iter().any(|phrase| text.contains(phrase))
}

/// Answers `said` from `texts`, the prompt's, of which `said` is the last. `None`: it neither asks nor tells a fact.
pub fn answer(texts: &[String], said: &str) -> Option<String> {
    let language = Language::of(said);
    let lower = said.to_lowercase().replace('’', "'");
    if ABOUT_ME.iter().any(|phrase| lower.contains(phrase)) {
        return Some(everything(texts, language));
    }
    let sentences = words::sentences(said);
    // The last question counts: people greet and tell first.
    let asked = sentences.iter().rev().find_map(|sentence| first(sentence, ASKED));
    if let Some((about, caught)) = asked {
        let value = lookup(texts, about, &caught.x);
        return Some(tell(about, &caught.x, value.as_deref(), language));
    }
    let note = notes(said).pop();
    let told = sentences
        .iter()
        .filter(|sentence| !sentence.question)
        .rev()
        .find_map(|sentence| first(sentence, TOLD).filter(|(about, _)| *about != Thing || own(sentence)));
    let noted = language.choose("Noted", "Notiert", "C'est noté");
    match (note, told) {
        (Some(note), _) => Some(format!("{noted}: {note}.")),
        (None, Some((_, caught))) if caught.x.is_empty() => Some(format!("{noted}: {}.", caught.y.join(" "))),
        (None, Some((_, caught))) => {
            Some(format!("{noted}: {} – {}.", caught.x.join(" "), caught.y.join(" ")))
        }
        (None, None) => None,
    }
}

/// Whether a sentence is about something of the person's own; the rest of the world is not noted.
pub fn own(sentence: &Sentence) -> bool {
    sentence
        .words
        .iter()
        .any(|word| matches!(word.lower.as_str(), "my" | "mein" | "meine" | "mon" | "ma" | "mes"))
}

fn first(sentence: &Sentence, patterns: &[(About, &str)]) -> Option<(About, Caught)> {
    let (about, mut caught) =
        patterns.iter().find_map(|(about, pattern)| Some((*about, words::find(sentence, pattern)?)))?;
    if about == Home {
        // Where the person has moved from is no subject.
        caught.x.clear();
    }
    Some((about, caught))
}

/// One name for a subject in all languages and orders of words.
pub fn subject(words: &[String]) -> Vec<String> {
    let mut names: Vec<String> = words
        .iter()
        .flat_map(|word| {
            let word = word.to_lowercase();
            let same = SAME.iter().find(|(_, others)| others.contains(&word.as_str()));
            let name = same.map_or(word.as_str(), |(name, _)| name);
            name.split(' ').map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    names.sort();
    names
}

/// A text in which notes about "the user" read as if the person spoke.
pub fn first_person(text: &str) -> String {
    let text = text.replace('’', "'");
    [
        ("The user's ", "my "),
        ("the user's ", "my "),
        ("The person's ", "my "),
        ("the person's ", "my "),
        ("The person ", "i "),
        ("the person ", "i "),
        ("User's ", "my "),
        ("user's ", "my "),
        ("The user ", "i "),
        ("the user ", "i "),
        ("User ", "i "),
    ]
    .iter()
    .fold(text, |text, (from, to)| text.replace(from, to))
}

fn lookup(texts: &[String], about: About, x: &[String]) -> Option<String> {
    let wanted = subject(x);
    let (mut exact, mut near) = (None, None);
    for text in texts {
        for sentence in words::sentences(&first_person(text)).iter().filter(|sentence| !sentence.question) {
            let Some((told, caught)) = clauses(sentence).into_iter().rev().find(|(told, caught)| {
                subject(&caught.x) == wanted
                    && (about == *told || matches!((about, told), (NameOf, Thing) | (Thing, NameOf)))
            }) else {
                continue;
            };
            let value = Some(caught.y.join(" "));
            if told == about {
                exact = value;
            } else {
                near = value;
            }
        }
    }
    exact.or(near)
}

/// Everything that a sentence tells: "my dog is called Max and my cat is called Tom".
pub fn clauses(sentence: &Sentence) -> Vec<(About, Caught)> {
    let mut found = Vec::new();
    for from in 0..sentence.words.len() {
        let Some(words) = sentence.words.get(from..) else { break };
        let part = Sentence { words: words.to_vec(), question: false };
        if let Some(fact) = first(&part, TOLD)
            && found.last() != Some(&fact)
        {
            found.push(fact);
        }
        if found.len() > 16 || from > 200 {
            break;
        }
    }
    found
}

fn tell(about: About, x: &[String], value: Option<&str>, language: Language) -> String {
    let x = x.join(" ");
    let Some(value) = value else {
        return match (language, about) {
            (Language::English, NameOf) => format!("I don't know your {x}'s name: you have not told me."),
            (Language::English, _) => "I don't know that: you have not told me.".to_owned(),
            (Language::German, _) => "Das weiß ich nicht: du hast es mir nicht gesagt.".to_owned(),
            (Language::French, _) => "Je ne sais pas : tu ne me l'as pas dit.".to_owned(),
        };
    };
    match (language, about) {
        (Language::English, NameOf) => format!("Your {x}'s name is {value}."),
        (Language::English, Thing) => format!("As you told me: {x} – {value}."),
        (Language::English, Name) => format!("Your name is {value}."),
        (Language::English, Home) => format!("You live in {value}."),
        (Language::English, Allergy) => format!("You are allergic to {value}."),
        (Language::English, Taste) => format!("You like {value}."),
        (Language::English, Work) => format!("You work: {value}."),
        (Language::German, NameOf | Thing) => format!("{x}: {value}. Das hast du mir gesagt."),
        (Language::German, Name) => format!("Du heißt {value}."),
        (Language::German, Home) => format!("Du wohnst in {value}."),
        (Language::German, Allergy) => format!("Du bist allergisch: {value}."),
        (Language::German, Taste) => format!("Du magst {value}."),
        (Language::German, Work) => format!("Du arbeitest: {value}."),
        (Language::French, NameOf | Thing) => format!("{x} : {value}. C'est toi qui me l'as dit."),
        (Language::French, Name) => format!("Tu t'appelles {value}."),
        (Language::French, Home) => format!("Tu habites : {value}."),
        (Language::French, Allergy) => format!("Tu es allergique : {value}."),
        (Language::French, Taste) => format!("Tu aimes {value}."),
        (Language::French, Work) => format!("Tu travailles : {value}."),
    }
}

/// What the person asked to remember, sentence by sentence.
pub fn notes(text: &str) -> Vec<String> {
    let text = text.replace('’', "'");
    let lower = text.to_lowercase();
    if lower.len() != text.len() {
        return Vec::new(); // lower case of another length: places would not match
    }
    REMEMBER
        .iter()
        .filter_map(|lead| {
            let at = lower.find(lead)?.checked_add(lead.len())?;
            let rest = text.get(at..)?;
            let end = rest.find(['.', '!', '?', '\n', ';']).unwrap_or(rest.len());
            rest.get(..end).map(|note| note.trim().to_owned()).filter(|note| !note.is_empty())
        })
        .collect()
}

/// All that was told, at most twenty lines.
fn everything(texts: &[String], language: Language) -> String {
    let mut lines: Vec<String> = texts.iter().flat_map(|text| notes(text)).collect();
    for text in texts {
        for sentence in words::sentences(&first_person(text)).iter().filter(|s| !s.question && own(s)) {
            if let Some((_, caught)) = first(sentence, TOLD) {
                lines.push(
                    format!("{}: {}", caught.x.join(" "), caught.y.join(" "))
                        .trim_start_matches(": ")
                        .to_owned(),
                );
            }
        }
    }
    lines.truncate(20);
    if lines.is_empty() {
        return language
            .choose(
                "You have not told me anything yet.",
                "Du hast mir noch nichts gesagt.",
                "Tu ne m'as encore rien dit.",
            )
            .to_owned();
    }
    format!(
        "{}\n- {}",
        language.choose("You told me:", "Du hast mir gesagt:", "Tu m'as dit :"),
        lines.join("\n- ")
    )
}

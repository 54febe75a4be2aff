// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is never remembered: passwords, keys, numbers of cards and accounts' codes.

use crate::words::split;

/// How keys begin that services hand out, with the length of the shortest that is one.
const KEYS: &[(&str, usize)] = &[
    ("sk-", 20),
    ("pk-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xoxa-", 16),
    ("xapp-", 16),
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 30),
    ("ya29.", 20),
    ("eyJ", 30),
    ("hf_", 20),
    ("npm_", 20),
    ("pypi-", 20),
    ("SG.", 30),
    ("dop_v1_", 20),
    ("shpat_", 20),
    ("age-secret-key-", 30),
    ("AGE-SECRET-KEY-", 30),
];

/// Words after which a secret stands, in small letters; of longer words the beginning counts.
const NAMES: &[&str] = &[
    "password",
    "passwort",
    "kennwort",
    "passphrase",
    "passcode",
    "passwd",
    "pwd",
    "contraseña",
    "contrasena",
    "palavra-passe",
    "senha",
    "parola",
    "wachtwoord",
    "hasło",
    "hasła",
    "haslo",
    "пароль",
    "пароля",
    "şifre",
    "sifre",
    "lösenord",
    "adgangskode",
    "passord",
    "salasana",
    "heslo",
    "jelszó",
    "κωδικός",
    "密码",
    "パスワード",
    "비밀번호",
    "token",
    "secret",
    "apikey",
    "pin",
    "puk",
    "cvv",
    "cvc",
    "cvv2",
    "otp",
    "2fa",
    "pincode",
    "geheimzahl",
    "zugangscode",
    "zahlencode",
    "seed",
];

/// Two words that say it together, in any order next to one another.
const PAIRS: &[(&str, &str)] = &[
    ("api", "key"),
    ("access", "key"),
    ("private", "key"),
    ("secret", "key"),
    ("recovery", "key"),
    ("recovery", "code"),
    ("alarm", "code"),
    ("door", "code"),
    ("gate", "code"),
    ("safe", "code"),
    ("lock", "code"),
    ("access", "code"),
    ("security", "code"),
    ("security", "number"),
    ("verification", "code"),
    ("backup", "code"),
    ("mot", "passe"),
    ("código", "acceso"),
    ("code", "secret"),
    ("code", "pin"),
    ("entry", "code"),
    ("login", "code"),
    ("safe", "combination"),
    ("code", "alarme"),
    ("code", "safe"),
    ("lock", "combination"),
];

/// Words of a sentence about a secret that are none: "I forgot my password again".
const AFTER: usize = 8;
/// Words of a seed are many and alone.
const SEED: usize = 12;

/// Whether a text holds a password, a key, a token, the number of a card, a PIN or the like. Rather once too often: what is taken for
/// a secret is only not remembered.
///
/// ```
/// use blufio_recall::holds_secret;
/// assert!(holds_secret("the wifi password is mango-tree-42"));
/// assert!(holds_secret("card 4111 1111 1111 1111, 12/27"));
/// assert!(!holds_secret("I forgot my password again"));
/// assert!(!holds_secret("call me on +49 30 1234567"));
/// ```
#[must_use]
pub fn holds_secret(text: &str) -> bool {
    text.contains("-----BEGIN ") && text.contains("PRIVATE KEY")
        || text.split_whitespace().any(|word| is_key(bare(word)))
        || has_card(text)
        || is_named(text)
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '='))
}

/// Whether a word is a key by its form.
fn is_key(word: &str) -> bool {
    // What stands behind a sign of its own, as in `KEY=…`, `user:…@host`.
    let parts = word.split(['=', ':', '"', '\'', '`', ',', ';', '(', ')', '<', '>']);
    parts.chain([word]).any(|part| begins_as_key(part) || is_bot_token(part) || is_random(part))
}

fn begins_as_key(word: &str) -> bool {
    KEYS.iter().any(|(begin, length)| word.starts_with(begin) && word.chars().count() >= *length)
}

/// The keys of bots: a number, a colon, 35 characters.
fn is_bot_token(word: &str) -> bool {
    word.split_once(':').is_some_and(|(id, rest)| {
        (8..=12).contains(&id.len())
            && id.chars().all(|c| c.is_ascii_digit())
            && rest.len() >= 30
            && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    })
}

/// Long words that nobody has made up: figures, small and capital letters all through one another.
fn is_random(word: &str) -> bool {
    let length = word.len();
    if length < 24 || !word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/')) {
        return false;
    }
    let is_uuid = length == 36 && word.matches('-').count() == 4;
    let is_path = word.matches('/').count() > 2 || word.matches('-').count() > 3;
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(char::is_ascii_alphabetic).count();
    let changes =
        word.as_bytes().windows(2).filter(|two| matches!(two, [a, b] if kind(*a) != kind(*b))).count();
    !is_uuid && !is_path && digits >= 3 && letters >= 6 && changes * 4 >= length
}

fn kind(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    }
}

/// The number of a card: 13 to 19 figures, in groups or not, whose checksum fits.
fn has_card(text: &str) -> bool {
    let mut digits: Vec<u32> = Vec::new();
    let mut gap = 0;
    for c in text.chars().chain(['.']) {
        if let Some(digit) = c.to_digit(10) {
            digits.push(digit);
            gap = 0;
        } else if matches!(c, ' ' | '-' | '\u{a0}') && gap == 0 && !digits.is_empty() {
            gap = 1;
        } else {
            if is_card(&digits) {
                return true;
            }
            digits.clear();
            gap = 0;
        }
    }
    false
}

fn is_card(digits: &[u32]) -> bool {
    if !(13..=19).contains(&digits.len()) || !matches!(digits.first(), Some(2..=6)) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let doubled = digit * 2;
            if at % 2 == 0 { *digit } else { doubled / 10 + doubled % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// A word that names a secret, and something behind it that looks like one.
fn is_named(text: &str) -> bool {
    let raw: Vec<&str> = text.split_whitespace().collect();
    let small: Vec<String> = raw.iter().map(|word| bare(word).to_lowercase()).collect();
    let words = split(text);
    if words.len() >= SEED && names_seed(&words) {
        return true;
    }
    (0..raw.len()).any(|at| {
        let Some(reach) = named_at(&small, at) else { return false };
        let behind = raw.iter().skip(at + reach).take(AFTER);
        // Short names are words of other things too: a secret garden, the seeds of a tree.
        let sure = reach > 1 || small.get(at).is_some_and(|word| word.chars().count() > 6);
        let said = small.iter().skip(at + reach).take(if sure { 5 } else { 1 });
        let told =
            raw.get(at + reach - 1).is_some_and(|word| word.ends_with([':', '='])) || word_of_value(said);
        let glued = raw.get(at).is_some_and(|word| {
            word.split_once([':', '=', '：'])
                .is_some_and(|(_, value)| value.chars().any(char::is_alphanumeric))
        });
        glued || behind.clone().any(|word| looks_secret(bare(word))) || (told && behind.count() > 0)
    })
}

/// How many words name a secret here.
fn named_at(small: &[String], at: usize) -> Option<usize> {
    let word = small.get(at)?;
    let first = word.split([':', '=', '：']).next().unwrap_or(word);
    let first = first.strip_suffix("'s").unwrap_or(first);
    let is_name = |name: &str| {
        first == name
            || first.strip_suffix('s').is_some_and(|one| one == name)
            || (name.chars().count() > 5 && (first.starts_with(name) || first.ends_with(name)))
            || (!name.is_ascii() && first.contains(name))
    };
    let is_variable =
        ["_key", "_token", "_secret", "_password", "_pass"].iter().any(|end| first.ends_with(end));
    if is_variable || NAMES.iter().any(|name| is_name(name)) && !is_about(small.get(at + 1)) {
        return Some(1);
    }
    let near = |other: &str| {
        small.iter().skip(at + 1).take(3).position(|word| word.split([':', '=']).next() == Some(other))
    };
    PAIRS.iter().find_map(|(a, b)| match first {
        _ if first == *a => near(b).map(|gap| gap + 2),
        _ if first == *b => near(a).map(|gap| gap + 2),
        _ => None,
    })
}

/// What is spoken of is not a secret itself, but has to do with one.
fn is_about(next: Option<&String>) -> bool {
    next.is_some_and(|word| {
        word.starts_with("manager") || word.starts_with("reset") || word.starts_with("rule")
    })
}

/// "is", "=", "lautet": what follows is the secret itself.
fn word_of_value<'a>(mut words: impl Iterator<Item = &'a String>) -> bool {
    const VALUE: &[&str] = &[
        "is",
        "ist",
        "lautet",
        "es",
        "est",
        "è",
        "é",
        "to",
        "was",
        "=",
        "jest",
        "это",
        "są",
        "är",
        "er",
        "on",
        "je",
        "adalah",
        "là",
        "είναι",
    ];
    // "My password is too short" tells nothing, but neither does the memory of it.
    words.any(|word| VALUE.contains(&word.as_str()))
}

/// Figures, or letters with signs and figures between them.
fn looks_secret(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let signs = word.chars().filter(|c| c.is_ascii_punctuation()).count();
    let capitals_inside =
        word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
    let length = word.chars().count();
    (digits >= 3 && digits == length)
        || (letters > 0 && digits > 0 && length >= 5)
        || (length >= 8 && signs > 0 && capitals_inside)
}

/// The twelve or more words that stand for the key of a wallet.
fn names_seed(words: &[String]) -> bool {
    words.windows(2).any(|two| {
        matches!(two, [a, b] if (a == "seed" || a == "recovery" || a == "mnemonic") && (b == "phrase" || b == "words"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_are_found() {
        for text in [
            "my password is hunter2",
            "Mein Passwort lautet Sonnenblume!7",
            "la contraseña del wifi es pajarito99",
            "mot de passe : chatnoir33",
            "пароль: qwerty12",
            "wachtwoord=geheim1",
            "PIN 4711",
            "the PIN for my card is 0815",
            "alarm code is 2580",
            "the code for the safe is 12-34-56",
            "ANTHROPIC_API_KEY=short",
            "it is sk-proj-Zx91Qm44Lk02Vb",
            "use ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "bot token 123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.abc",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            "4111 1111 1111 1111",
            "5500-0000-0000-0004 exp 12/27",
            "my api key is abc",
            "seed phrase: apple river stone moon cat dog house tree lamp chair book pen",
            "secret 9fKq2LmZ8xVb3TnR7wYc5PdH",
            "wJ4lrXUtnF3MIK7MD9NGbPxRf1CYq8Lm",
        ] {
            assert!(holds_secret(text), "{text}");
        }
    }

    #[test]
    fn ordinary_words_are_not_secret() {
        for text in [
            "I forgot my password again",
            "My phone number is +49 30 1234567",
            "The meeting is on 2025-03-14 at 10:30",
            "My daughter was born on 12.04.2011 and weighs 3200 grams",
            "We pinned the map to the wall, got a tan and drove 1200 km",
            "order 550e8400-e29b-41d4-a716-446655440000 has not arrived",
            "https://example.org/a/very/long/path/to/some-page-2024",
            "the Secret Garden is her favourite book",
            "Prefers a password manager to paper",
            "Lives at 221B Baker Street",
            "He is allergic to penicillin.",
            "",
        ] {
            assert!(!holds_secret(text), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn any_text_is_looked_at(text in "\\PC{0,200}") {
            let twice = format!("{text} {text}");
            prop_assert!(!holds_secret(&text) || holds_secret(&twice));
        }

        #[test]
        fn a_card_is_found_in_any_grouping(gaps in proptest::collection::vec("[ -]?", 15)) {
            let number: String = "4242424242424242".chars().enumerate()
                .map(|(at, c)| format!("{c}{}", gaps.get(at).map_or("", String::as_str))).collect();
            let text = format!("it is {number}.");
            prop_assert!(holds_secret(&text));
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a passphrase, a name and a value may look like.

use crate::error::VaultError;

/// Fewest characters of a new passphrase. Four random words have more; Argon2id makes each guess dear, but eight
/// characters that a person thought up are still found.
pub const MIN_PASSPHRASE_CHARS: usize = 12;
/// Most bytes of a passphrase.
pub const MAX_PASSPHRASE_BYTES: usize = 1024;
/// Most characters of a secret's name.
pub const MAX_NAME_CHARS: usize = 64;
/// Most bytes of a secret's value.
pub const MAX_VALUE_BYTES: usize = 64 * 1024;
/// Most secrets of one vault.
pub const MAX_SECRETS: usize = 256;

/// Whether a new passphrase will do. One that is in use already is never held to this.
pub(crate) fn check_new_passphrase(passphrase: &str) -> Result<(), VaultError> {
    let refuse = |reason| Err(VaultError::WeakPassphrase { reason });
    if passphrase.len() > MAX_PASSPHRASE_BYTES {
        return refuse("it has more than 1024 bytes");
    }
    if passphrase.chars().any(char::is_control) {
        return refuse("it holds a line break or another control character, which nobody can type again");
    }
    if passphrase.chars().count() < MIN_PASSPHRASE_CHARS {
        return refuse(
            "it needs at least 12 characters; four or five random words are good and easy to keep in mind",
        );
    }
    let first = passphrase.chars().next();
    if passphrase.chars().all(|c| Some(c) == first) {
        return refuse("it is one character over and over");
    }
    Ok(())
}

/// Whether this can be the name of a secret: `[a-z0-9][a-z0-9._-]{0,63}`.
pub(crate) fn check_name(name: &str) -> Result<(), VaultError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let starts_well = name.bytes().next().is_some_and(plain);
    if starts_well && name.len() <= MAX_NAME_CHARS && name.bytes().all(|b| plain(b) || b"._-".contains(&b)) {
        return Ok(());
    }
    Err(VaultError::BadName { name: name.chars().take(MAX_NAME_CHARS).collect() })
}

/// Whether this can be the value of a secret.
pub(crate) fn check_value(name: &str, value: &str) -> Result<(), VaultError> {
    let refuse = |reason| Err(VaultError::BadValue { name: name.to_owned(), reason });
    if value.is_empty() {
        return refuse("it is empty; to take a secret out use `blufio vault remove`");
    }
    if value.len() > MAX_VALUE_BYTES {
        return refuse("it has more than 64 KiB");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_passphrase_is_long_and_can_be_typed() {
        for weak in ["", "short", "elevenchars", "aaaaaaaaaaaaaaaa", "with a trailing break\n"] {
            assert!(matches!(check_new_passphrase(weak), Err(VaultError::WeakPassphrase { .. })), "{weak:?}");
        }
        assert!(check_new_passphrase(&"ab".repeat(513)).is_err());
        // Characters are counted, not bytes: four of these have twelve bytes.
        assert!(check_new_passphrase("犬犬猫猫").is_err());
        for good in ["correct horse", "twelve chars", "犬猫鳥魚犬猫鳥魚犬猫鳥魚"] {
            check_new_passphrase(good).unwrap();
        }
    }

    #[test]
    fn names_are_plain_and_short() {
        for good in ["a", "0", "anthropic-api-key", "telegram.bot_token", &"x".repeat(64)] {
            check_name(good).unwrap();
        }
        for bad in ["", "-a", ".a", "_a", "A", "a b", "a/b", "ä", "a\0", &"x".repeat(65)] {
            assert!(matches!(check_name(bad), Err(VaultError::BadName { .. })), "{bad:?}");
        }
    }

    #[test]
    fn a_refused_value_is_not_repeated_in_the_error() {
        let value = "s3cret".repeat(20_000);
        let error = check_value("key", &value).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes words comparable: lower case, without accents, one space between words.

use std::borrow::Cow;

/// How many bytes of the beginning of a text are read.
const HEAD: usize = 4_000;
/// How many bytes of its end are read.
const TAIL: usize = 2_000;

/// The part of `text` that is read: all of it, or its beginning and its end. What people ask stands there, and a pasted
/// log of a megabyte costs no more than a page.
pub(crate) fn clip(text: &str) -> Cow<'_, str> {
    if text.len() <= HEAD + TAIL {
        return Cow::Borrowed(text);
    }
    let head = text.get(..text.floor_char_boundary(HEAD)).unwrap_or_default();
    let tail = text.get(text.ceil_char_boundary(text.len().saturating_sub(TAIL))..).unwrap_or_default();
    Cow::Owned(format!("{head}\n\n{tail}"))
}

/// Whether a letter belongs to a script that is written without spaces, or (Hangul) glues endings to its words.
pub(crate) fn unspaced(letter: char) -> bool {
    matches!(u32::from(letter),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1100..=0x11FF | 0x1780..=0x17FF | 0x3005..=0x3007 | 0x3040..=0x30FF
        | 0x3130..=0x318F | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

/// Whether a character is part of a word. Vowel signs of the Indic scripts are.
pub(crate) fn in_word(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(u32::from(letter), 0x0900..=0x0963 | 0x0966..=0x0DFF | 0x0300..=0x036F | 0x0640 | 0x064B..=0x065F)
}

/// The words of a text, comparable: `" why does it hang "`. Starts and ends with a space.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 8);
    folded.push(' ');
    let mut dense = false;
    for letter in text.chars() {
        if !in_word(letter) {
            space(&mut folded);
            continue;
        }
        if dense != unspaced(letter) {
            dense = !dense;
            space(&mut folded);
        }
        if letter.is_ascii() {
            folded.push(letter.to_ascii_lowercase());
        } else if let Some(power) = superscript(letter) {
            space(&mut folded);
            folded.push(power);
        } else {
            for low in letter.to_lowercase() {
                push_plain(&mut folded, low);
            }
        }
    }
    space(&mut folded);
    folded
}

fn space(folded: &mut String) {
    if !folded.ends_with(' ') {
        folded.push(' ');
    }
}

fn superscript(letter: char) -> Option<char> {
    match letter {
        '²' => Some('2'),
        '³' => Some('3'),
        '¹' => Some('1'),
        'ⁿ' => Some('n'),
        _ => None,
    }
}

/// Adds a letter without its accent: people leave accents out, and combine them in two ways.
fn push_plain(folded: &mut String, letter: char) {
    let plain = match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ł' | 'ĺ' | 'ļ' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ё' => 'е',
        'й' => 'и',
        'ї' => 'і',
        'أ' | 'إ' | 'آ' => 'ا',
        'ى' => 'ي',
        'ة' => 'ه',
        '٠'..='٩' => digit(letter, '٠'),
        '०'..='९' => digit(letter, '०'),
        '０'..='９' => digit(letter, '０'),
        'ａ'..='ｚ' => {
            char::from_u32(u32::from(letter) - u32::from('ａ') + u32::from('a')).unwrap_or(letter)
        }
        _ => letter,
    };
    match u32::from(plain) {
        // Accents and vowel marks that stand on their own, and the dot below of Devanagari.
        0x0300..=0x036F | 0x0640 | 0x064B..=0x065F | 0x093C => {}
        _ => match letter {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            _ => folded.push(plain),
        },
    }
}

fn digit(letter: char, zero: char) -> char {
    let value = u32::from(letter).saturating_sub(u32::from(zero));
    char::from_digit(value, 10).unwrap_or(letter)
}

/// How many words a folded text holds. Two letters of an unspaced script count as one word.
pub(crate) fn count(folded: &str) -> usize {
    folded
        .split_ascii_whitespace()
        .map(|word| match word.chars().next() {
            Some(first) if unspaced(first) => word.chars().count().div_ceil(2),
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_punctuation_do_not_matter() {
        assert_eq!(fold("Où EST-ce ?"), " ou est ce ");
        assert_eq!(fold("İŞ ışık Straße"), " is isik strasse ");
        assert_eq!(fold("n²+n"), " n 2 n ");
    }

    #[test]
    fn words_in_another_script_stand_apart() {
        assert_eq!(fold("왜 fsync까지"), " 왜 fsync 까지 ");
        assert_eq!(fold("٥٠ ميل"), " 50 ميل ");
        assert_eq!(fold("समझाओ।"), " समझाओ ");
    }

    #[test]
    fn a_long_text_is_read_at_both_ends() {
        let long = format!("ask{}end", "ж".repeat(100_000));
        let read = clip(&long);
        assert!(read.len() <= HEAD + TAIL + 8);
        assert!(read.starts_with("ask") && read.ends_with("end"));
    }
}

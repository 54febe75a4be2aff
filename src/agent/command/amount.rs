// SPDX-License-Identifier: MIT OR Apache-2.0
use blufio_core::money::NanoUsd;

/// Decimal places of a nano-dollar.
const PLACES: usize = 9;
/// More digits before the point are no amount that anybody means.
const MOST_DIGITS: usize = 7;

/// Reads an amount of dollars such as `5`, `$7.50` or `0,5`. Exact: what has more places than a nano-dollar is none.
pub(super) fn amount(text: &str) -> Option<NanoUsd> {
    let text = text.strip_prefix('$').or_else(|| text.strip_suffix('$')).unwrap_or(text);
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > MOST_DIGITS || fraction.len() > PLACES {
        return None;
    }
    if !digits(whole) || !digits(fraction) || (fraction.is_empty() && text.len() != whole.len()) {
        return None;
    }
    format!("{whole}{fraction:0<PLACES$}").parse().ok().map(NanoUsd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dollars_are_read_as_people_write_them() {
        for (text, nano) in [
            ("5", 5_000_000_000),
            ("$7.50", 7_500_000_000),
            ("0,5", 500_000_000),
            ("5$", 5_000_000_000),
            ("0.000000001", 1),
            ("0", 0),
        ] {
            assert_eq!(amount(text), Some(NanoUsd(nano)), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "$", ".5", "5.", "-5", "+5", "5e3", "1.2.3", "five", "12345678", "0.0000000001", "٥"]
        {
            assert_eq!(amount(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_exactly(nano in 0_i64..1_000_000_000_000_000) {
            let text = format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
            prop_assert_eq!(amount(&text), Some(NanoUsd(nano)));
        }

        #[test]
        fn no_words_make_it_panic(text in "\\PC{0,20}") {
            let _: Option<NanoUsd> = amount(&text);
        }
    }
}

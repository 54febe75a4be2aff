// SPDX-License-Identifier: MIT OR Apache-2.0
//! Amounts of dollars as people write them: `5`, `7.50`, or `"none"` for no limit.

use blufio_core::money::NanoUsd;

/// The word for no limit.
pub(crate) const NONE: &str = "none";

/// What is allowed, for messages.
pub(crate) const AMOUNT: &str =
    "an amount of dollars without quotes, such as 5 or 7.50, above 0 and below 1000000";

/// Amounts are below this many dollars: more is a slip of the pen.
const BOUND: i64 = 1_000_000;
/// Nano-dollars in a dollar.
const NANO: i64 = 1_000_000_000;

/// A whole number of dollars. The error continues a sentence that begins with the name of the key.
pub(crate) fn of_integer(dollars: i64) -> Result<NanoUsd, &'static str> {
    match dollars {
        ..=0 => Err("is not above 0"),
        BOUND.. => Err("is too large"),
        whole => Ok(NanoUsd(whole.saturating_mul(NANO))),
    }
}

/// A number with a fraction, to the nearest nano-dollar. Below the bound the two roundings (of the decimal fraction to
/// the nearest double, and of the product) stay under a quarter of a nano-dollar together: whatever is written with up
/// to nine decimal places comes out exactly.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
pub(crate) fn of_float(dollars: f64) -> Result<NanoUsd, &'static str> {
    if dollars.is_nan() {
        return Err("is no amount");
    }
    let nano = dollars * NANO as f64;
    if nano.round() < 1.0 {
        return Err("is not above 0");
    }
    if dollars >= BOUND as f64 {
        return Err("is too large");
    }
    Ok(NanoUsd(nano.round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_sensible_amount_is_refused() {
        for number in [0.0, -0.0, -5.0, 1e-12, 1e6, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX] {
            assert!(of_float(number).is_err(), "{number}");
        }
        for number in [0, -1, 1_000_000, i64::MIN, i64::MAX] {
            assert!(of_integer(number).is_err(), "{number}");
        }
        assert_eq!(of_integer(999_999), Ok(NanoUsd(999_999_000_000_000)));
    }

    proptest! {
        #[test]
        fn nine_decimal_places_come_out_exactly(nano in 1_i64..1_000_000_000_000_000) {
            let written = format!("{}.{:09}", nano / NANO, nano % NANO);
            prop_assert_eq!(of_float(written.parse().unwrap()), Ok(NanoUsd(nano)));
        }
    }
}

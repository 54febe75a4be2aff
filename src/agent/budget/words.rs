// SPDX-License-Identifier: MIT OR Apache-2.0
use super::Refused;
use blufio_calendar::Zone;
use blufio_core::money::NanoUsd;
pub(crate) use blufio_core::money::dollars;
use blufio_core::storage::Standing;

/// What becomes of a message whose call has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// It waits.
    Waits,
    /// It is declined.
    Declined,
    /// It is declined, because it does not fit into a whole period.
    Never,
}

/// What a limit is called, for people.
pub(crate) fn name_of(limit: &str) -> &'static str {
    match limit {
        "daily" => "today's budget",
        "monthly" => "this month's budget",
        "session" => "this conversation's budget",
        "heartbeat" => "this month's budget of the background",
        _ => "a budget",
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn resets(standing: &Standing, zone: &Zone) -> String {
    match standing.limit.until {
        Some(until) => format!("It resets on {}.", zone.describe(until)),
        None => "It does not reset; /new starts a fresh conversation.".into(),
    }
}

/// Why a call was not made: which limit, its value, its key, and when it resets.
pub(crate) fn refused(refused: &Refused, zone: &Zone, plan: Plan) -> String {
    let Refused { standing, worst } = refused;
    let (name, key) = (capital(name_of(&standing.limit.name)), &standing.limit.key);
    let allowed = dollars(standing.allowed());
    if plan == Plan::Never {
        let raise = match standing.limit.until {
            Some(_) => {
                format!(", or allow more until it resets with “/budget raise {} 5”", standing.limit.name)
            }
            None => String::new(),
        };
        return format!(
            "I cannot answer this: it may cost up to {}, and {} is {} ({key}), so that waiting does not help. The \
             operator can raise {key}{raise}. A shorter conversation costs less: /new starts a fresh one.",
            dollars(*worst),
            name_of(&standing.limit.name),
            dollars(standing.limit.value),
        );
    }
    let state = if standing.spent >= standing.allowed() {
        format!("{name} is spent: {allowed} ({key}).")
    } else {
        let (spent, worst) = (dollars(standing.spent), dollars(*worst));
        format!(
            "{name} has no room for this: {spent} of {allowed} are spent ({key}), and it may cost up to {worst}."
        )
    };
    let then = match plan {
        Plan::Waits => "Your message is kept, and I answer it then. /budget shows more.",
        Plan::Declined if standing.limit.until.is_some() => {
            "I cannot answer before; please write again then. /budget shows more."
        }
        Plan::Declined | Plan::Never => "/budget shows more.",
    };
    format!("{state} {} {then}", resets(standing, zone))
}

/// Told once to whoever waits because answers under way have taken the room.
pub(crate) fn busy(standing: &Standing) -> String {
    format!(
        "Answers under way in other conversations may use up the rest of {} ({} of {}, {}). Your message is kept, and I \
         answer it when they leave room for it.",
        name_of(&standing.limit.name),
        dollars(NanoUsd(standing.allowed().0.saturating_sub(standing.spent.0))),
        dollars(standing.allowed()),
        standing.limit.key
    )
}

/// Told once a period to whoever writes behind a message that waits.
pub(crate) fn behind(standing: &Standing, zone: &Zone) -> String {
    format!(
        "This is kept behind your earlier message, which waits for room in {} ({}). {} /stop ends what waits, and /budget \
         shows more.",
        name_of(&standing.limit.name),
        standing.limit.key,
        resets(standing, zone)
    )
}

/// Told once a period, when most of a limit is spent.
pub(crate) fn warning(standing: &Standing, zone: &Zone) -> String {
    format!(
        "⚠ {} is {} % spent: {} of {} ({}). {}",
        capital(name_of(&standing.limit.name)),
        standing.percent(),
        dollars(standing.spent),
        dollars(standing.allowed()),
        standing.limit.key,
        resets(standing, zone)
    )
}

/// One limit in a list.
pub(crate) fn line(standing: &Standing, zone: &Zone) -> String {
    let name = capital(name_of(&standing.limit.name));
    let (spent, allowed) = (dollars(standing.spent), dollars(standing.allowed()));
    let raised = match standing.raised {
        NanoUsd(0) => String::new(),
        raised => format!(", {} of it by a raise", dollars(raised)),
    };
    let running = match standing.reserved {
        NanoUsd(0) => String::new(),
        reserved => format!(" Answers under way may cost up to {} more.", dollars(reserved)),
    };
    let reset = standing.limit.until.map(|until| format!(" It resets on {}.", zone.describe(until)));
    format!(
        "{name}: {spent} of {allowed}{raised} ({} %; {}).{running}{}",
        standing.percent(),
        standing.limit.key,
        reset.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::storage::{Limit, Scope};
    use blufio_core::time::Timestamp;

    fn standing(spent: i64, until: Option<i64>) -> Standing {
        Standing {
            limit: Limit {
                name: if until.is_some() { "daily" } else { "session" }.into(),
                key: if until.is_some() { "budget.daily_usd" } else { "budget.session_usd" }.into(),
                scope: Scope::Agent,
                value: NanoUsd(5_000_000_000),
                from: Timestamp(0),
                until: until.map(Timestamp),
            },
            raised: NanoUsd(0),
            spent: NanoUsd(spent),
            reserved: NanoUsd(0),
        }
    }

    fn berlin() -> Zone {
        Zone::named("Europe/Berlin").unwrap()
    }

    const MIDNIGHT: i64 = 1_795_388_400_000;

    #[test]
    fn a_refusal_names_the_limit_its_value_its_key_and_its_reset() {
        let told = |spent, plan| {
            let refused = Refused { standing: standing(spent, Some(MIDNIGHT)), worst: NanoUsd(120_000_000) };
            super::refused(&refused, &berlin(), plan)
        };
        assert_eq!(
            told(5_000_000_000, Plan::Waits),
            "Today's budget is spent: $5.00 (budget.daily_usd). It resets on Monday, 2026-11-23 00:00 (Europe/Berlin). \
             Your message is kept, and I answer it then. /budget shows more."
        );
        assert_eq!(
            told(4_970_000_000, Plan::Declined),
            "Today's budget has no room for this: $4.97 of $5.00 are spent (budget.daily_usd), and it may cost up to \
             $0.12. It resets on Monday, 2026-11-23 00:00 (Europe/Berlin). I cannot answer before; please write again \
             then. /budget shows more."
        );
    }

    #[test]
    fn who_asks_for_more_than_a_whole_limit_is_told_the_remedy() {
        let refused = Refused { standing: standing(0, Some(MIDNIGHT)), worst: NanoUsd(6_000_000_000) };
        assert_eq!(
            super::refused(&refused, &berlin(), Plan::Never),
            "I cannot answer this: it may cost up to $6.00, and today's budget is $5.00 (budget.daily_usd), so that \
             waiting does not help. The operator can raise budget.daily_usd, or allow more until it resets with “/budget \
             raise daily 5”. A shorter conversation costs less: /new starts a fresh one."
        );
    }

    #[test]
    fn a_conversation_without_room_is_pointed_to_a_fresh_one() {
        let refused = Refused { standing: standing(5_000_000_000, None), worst: NanoUsd(1) };
        let told = super::refused(&refused, &berlin(), Plan::Declined);
        assert!(told.contains("budget.session_usd") && told.contains("/new"), "{told}");
    }

    #[test]
    fn a_warning_says_how_much_is_spent() {
        let told = warning(&standing(4_150_000_000, Some(MIDNIGHT)), &berlin());
        assert!(
            told.starts_with("⚠ Today's budget is 83 % spent: $4.15 of $5.00 (budget.daily_usd)."),
            "{told}"
        );
    }
}

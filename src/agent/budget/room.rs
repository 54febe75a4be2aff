// SPDX-License-Identifier: MIT OR Apache-2.0
use blufio_core::money::NanoUsd;
use blufio_core::storage::Standing;

/// A call that has no room.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    /// The first limit that has none.
    pub(crate) standing: Standing,
    /// The most that the call can cost.
    pub(crate) worst: NanoUsd,
}

impl Refused {
    /// Whether the room is only taken by calls that run now: they leave some of it when they end.
    pub(crate) fn passes(&self) -> bool {
        fits(&self.standing, self.worst)
    }
}

/// Whether a call would fit if it were the only one.
fn fits(standing: &Standing, worst: NanoUsd) -> bool {
    standing.spent + worst <= standing.allowed()
}

/// A limit into which a call will not fit after it resets either, if there is one.
pub(crate) fn hopeless(standings: &[Standing], worst: NanoUsd) -> Option<&Standing> {
    standings.iter().find(|standing| !fits(standing, worst) && worst > standing.limit.value)
}

/// Of the limits into which a call does not fit, the one that has no room for the longest time.
pub(crate) fn lasting(standings: Vec<Standing>, worst: NanoUsd) -> Option<Standing> {
    let full = standings.into_iter().filter(|standing| !fits(standing, worst));
    full.max_by_key(|standing| standing.limit.until.map_or(i64::MAX, |until| until.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_core::storage::{Limit, Scope};
    use blufio_core::time::Timestamp;

    fn standing(name: &str, until: Option<i64>, spent: i64, reserved: i64) -> Standing {
        Standing {
            limit: Limit {
                name: name.into(),
                key: String::new(),
                scope: Scope::Agent,
                value: NanoUsd(100),
                from: Timestamp(0),
                until: until.map(Timestamp),
            },
            raised: NanoUsd(0),
            spent: NanoUsd(spent),
            reserved: NanoUsd(reserved),
        }
    }

    #[test]
    fn room_that_running_calls_have_taken_comes_back() {
        let refused = |spent, reserved| Refused {
            standing: standing("daily", Some(1), spent, reserved),
            worst: NanoUsd(20),
        };
        assert!(refused(80, 1).passes());
        assert!(!refused(81, 0).passes());
    }

    #[test]
    fn a_call_that_is_larger_than_a_limit_never_fits_and_one_that_a_raise_has_room_for_does() {
        let raised = |by| [Standing { raised: NanoUsd(by), ..standing("daily", Some(1), 10, 0) }];
        assert!(hopeless(&raised(0), NanoUsd(101)).is_some());
        assert!(hopeless(&raised(0), NanoUsd(100)).is_none(), "tomorrow");
        assert!(hopeless(&raised(11), NanoUsd(111)).is_some());
        assert!(hopeless(&raised(11), NanoUsd(101)).is_none());
    }

    #[test]
    fn the_limit_that_resets_last_is_the_one_to_wait_for() {
        let all = |spent| vec![standing("daily", Some(1), 90, 0), standing("monthly", Some(30), spent, 0)];
        let name = |spent| lasting(all(spent), NanoUsd(20)).map(|standing| standing.limit.name);
        assert_eq!([name(0), name(90)], [Some("daily".into()), Some("monthly".into())]);
        assert!(lasting(all(0), NanoUsd(10)).is_none());
        let never = vec![standing("session", None, 100, 0), standing("monthly", Some(30), 100, 0)];
        assert_eq!(lasting(never, NanoUsd(1)).map(|standing| standing.limit.name), Some("session".into()));
    }
}

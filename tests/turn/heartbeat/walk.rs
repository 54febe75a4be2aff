// SPDX-License-Identifier: MIT OR Apache-2.0
//! A walk at random over restarts, deaths and jumps of the clock.

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Wait { minutes: i64 },
    SetBack { minutes: i64 },
    Change,
    Failing(bool),
    Restart,
    Die { writes: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_i64..200).prop_map(|minutes| Step::Wait { minutes }),
        1 => (1_i64..120).prop_map(|minutes| Step::SetBack { minutes }),
        3 => Just(Step::Change),
        1 => any::<bool>().prop_map(Step::Failing),
        1 => Just(Step::Restart),
        3 => (0_usize..7).prop_map(|writes| Step::Die { writes }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_change_is_told_twice_and_the_last_is_told_whatever_happens_in_between(
        steps in prop::collection::vec(step(), 1..25),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut vigil = from("2026-10-24T12:00", |_| {}).await;
            let version = Arc::new(AtomicUsize::new(0));
            let content = Arc::clone(&version);
            vigil.world.shows(move |_, _| Ok(content.load(Ordering::SeqCst).to_string()));
            let answer = |request: &Request| shown(request)["changed"][0]["now"].as_str().unwrap().to_owned();
            vigil.model.answers(move |request| Ok(answer(request)));
            vigil.tick().await;
            for step in steps {
                let shift = |minutes: i64| Timestamp(vigil.now().0 + minutes * 60_000);
                match step {
                    Step::Wait { minutes } => vigil.set(shift(minutes)),
                    Step::SetBack { minutes } => vigil.set(shift(-minutes)),
                    Step::Change => {
                        version.fetch_add(1, Ordering::SeqCst);
                    }
                    Step::Failing(true) => vigil.model.answers(|_| Err(ProviderErrorKind::Overloaded)),
                    Step::Failing(false) => vigil.model.answers(move |request| Ok(answer(request))),
                    Step::Restart => vigil.restart().await,
                    Step::Die { writes } => {
                        vigil.die_after(writes).await;
                    }
                }
                vigil.tick().await;
            }
            vigil.model.answers(move |request| Ok(answer(request)));
            vigil.walk(2 * DAY, HALF_AN_HOUR).await;
            let told = vigil.told();
            let versions: Vec<usize> = told.iter().filter_map(|text| text.parse().ok()).collect();
            assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{told:?}");
            let last = version.load(Ordering::SeqCst);
            let plainly = told.iter().any(|text| text.contains(LIST));
            assert!(last == 0 || plainly || versions.last() == Some(&last), "{last}: {told:?}");
        });
    }
}

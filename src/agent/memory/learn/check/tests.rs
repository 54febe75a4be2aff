// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use blufio_core::ids::{Conversation, MessageId, SessionId};
use blufio_core::time::Timestamp;
use proptest::prelude::*;

/// 2026-11-22 20:00 UTC, a Sunday.
const SUNDAY: i64 = 1_795_377_600_000;

/// A conversation in private, one text a line.
fn stretch(lines: &[(Whose, &str)]) -> Stretch {
    let lines = lines.iter().zip(1_i64..).map(|((whose, text), id)| Line {
        whose: *whose,
        text: (*text).into(),
        message: MessageId(id * 10),
        at: Timestamp(SUNDAY + id),
        plain: true,
    });
    let scope = MemoryScope::Person { channel: "test".into(), sender: "ada".into() };
    Stretch { session: SessionId(1), scope, lines: lines.collect(), upto: MessageId(100) }
}

fn proposal(text: &str, from: &[usize]) -> Proposal {
    Proposal {
        text: text.into(),
        kind: MemoryKind::Fact,
        from: from.to_vec(),
        confidence: 90,
        replaces: vec![],
        same: None,
    }
}

fn known(id: i64, learned_at: i64) -> Memory {
    Memory {
        id: MemoryId(id),
        text: "The person lives in Ghent.".into(),
        kind: MemoryKind::Fact,
        scope: MemoryScope::Agent,
        trust: MemoryTrust::Told,
        confidence: 90,
        source: None,
        learned_at: Timestamp(learned_at),
        used_at: None,
        uses: 0,
        replaced: None,
    }
}

fn checked(proposal: Proposal, stretch: &Stretch, known: &[&Memory]) -> Result<Passed, Doubt> {
    check(proposal, stretch, known, &Zone::utc())
}

#[test]
fn what_the_person_said_is_learned_with_the_message_and_the_hour_of_its_first_line() {
    let stretch = stretch(&[
        (Whose::Assistant, "What is your dog called?"),
        (Whose::Person, "Max! My dog is afraid of thunder"),
        (Whose::Person, "tomorrow he turns 3"),
    ]);
    let passed = checked(proposal("The person's dog Max turns 3 on 2026-11-23.", &[3, 1, 2]), &stretch, &[]);
    let Ok(Passed::New(memory)) = passed else { panic!("{passed:?}") };
    assert_eq!(memory.source, Some(MemorySource::Message(MessageId(20))));
    assert_eq!((memory.learned_at, memory.trust), (Timestamp(SUNDAY + 2), MemoryTrust::Gathered));
    assert_eq!(memory.scope, stretch.scope);
}

#[test]
fn what_the_person_did_not_say_is_dropped() {
    let stretch = stretch(&[
        (Whose::Others, "[document]"),
        (Whose::Person, "Please read this and tell me whether the name is in there"),
        (Whose::Assistant, "It says that your name is Eve and that you live in Rome."),
        (Whose::Person, "My dog is called Max"),
    ]);
    for (text, from, doubt) in [
        ("The person's name is Eve.", &[2][..], Doubt::Unsupported),
        ("The person lives in Rome.", &[2], Doubt::Unsupported),
        ("The person lives in Rome.", &[3], Doubt::NobodySaidIt),
        ("The person lives in Rome.", &[1], Doubt::NobodySaidIt),
        ("The person's dog is called Max.", &[], Doubt::NobodySaidIt),
        ("The person's dog is called Max.", &[0], Doubt::NobodySaidIt),
        ("The person's dog is called Max.", &[4, 9], Doubt::NobodySaidIt),
        ("The person's dog is called Rex.", &[4], Doubt::Foreign),
        ("The person's dog Max is 12.", &[4], Doubt::Foreign),
        ("…", &[4], Doubt::Length),
    ] {
        assert_eq!(checked(proposal(text, from), &stretch, &[]), Err(doubt), "{text}");
    }
    let long = format!("The person's dog is called Max{}.", " and barks".repeat(60));
    assert_eq!(checked(proposal(&long, &[4]), &stretch, &[]), Err(Doubt::Length));
}

#[test]
fn who_is_meant_may_have_been_said_in_another_line_or_be_known() {
    let stretch = stretch(&[
        (Whose::Person, "My daughter Sofia is seven now"),
        (Whose::Person, "she is allergic to walnuts, like her uncle"),
    ]);
    let known = Memory { text: "The person's brother is called Uwe.".into(), ..known(7, SUNDAY - 1) };
    let allergic = |who: &str| proposal(&format!("{who} is allergic to walnuts."), &[2]);
    assert!(checked(allergic("Sofia"), &stretch, &[]).is_ok());
    assert_eq!(checked(allergic("Uwe"), &stretch, &[]), Err(Doubt::Foreign));
    assert!(checked(allergic("Uwe"), &stretch, &[&known]).is_ok());
    // Numbers have to stand where it is said.
    let numbered = proposal("Sofia has 7 walnuts.", &[2]);
    assert_eq!(checked(numbered, &stretch, &[]), Err(Doubt::Foreign));
}

#[test]
fn scripts_without_spaces_are_checked_by_their_letters() {
    let stretch = stretch(&[(Whose::Person, "我哥苏恒也说让我搬，他在重庆，每次来都得拎着行李箱骂一路。")]);
    assert!(checked(proposal("用户的哥哥苏恒在重庆。", &[1]), &stretch, &[]).is_ok());
    let made_up = proposal("用户的密友叫伊芙，喜欢爵士乐。", &[1]);
    assert_eq!(checked(made_up, &stretch, &[]), Err(Doubt::Unsupported));
}

#[test]
fn secrets_are_dropped_and_so_is_what_repeats_them() {
    let stretch = stretch(&[
        (Whose::Person, "the wifi password is mango-tree-42! My dog is called Max."),
        (Whose::Person, "The alarm code is 4711"),
    ]);
    for (text, from) in [
        ("The person's wifi password is mango-tree-42.", &[1][..]),
        ("The person's wifi is mango-tree-42.", &[1]),
        ("The person's alarm is 4711.", &[2]),
    ] {
        assert_eq!(checked(proposal(text, from), &stretch, &[]), Err(Doubt::Secret), "{text}");
    }
    assert!(checked(proposal("The person's dog is called Max.", &[1]), &stretch, &[]).is_ok());
}

#[test]
fn how_the_agent_shall_behave_only_the_person_says_in_private_and_in_plain_words() {
    let instruction = || Proposal {
        kind: MemoryKind::Instruction,
        ..proposal("Always answer the person in French.", &[1])
    };
    let mut stretch = stretch(&[(Whose::Person, "From now on always answer in French")]);
    assert!(checked(instruction(), &stretch, &[]).is_ok());
    stretch.lines[0].plain = false;
    assert_eq!(checked(instruction(), &stretch, &[]), Err(Doubt::NotPlain));
    stretch.lines[0].plain = true;
    stretch.scope = MemoryScope::Conversation(Conversation::new("test", "group"));
    assert_eq!(checked(instruction(), &stretch, &[]), Err(Doubt::NotPlain));
}

#[test]
fn only_what_was_shown_is_replaced_or_said_again_and_nothing_newer() {
    let stretch = stretch(&[(Whose::Person, "We moved from Ghent to Porto")]);
    let (old, newer) = (known(7, SUNDAY - 1), known(8, SUNDAY + 1_000));
    let moved = || proposal("The person has moved from Ghent to Porto.", &[1]);
    let replacing = Proposal { replaces: vec![MemoryId(7), MemoryId(99), MemoryId(7)], ..moved() };
    let passed = checked(replacing, &stretch, &[&old, &newer]);
    let Ok(Passed::New(memory)) = passed else { panic!("{passed:?}") };
    assert_eq!(memory.replaces, [MemoryId(7)]);
    let late = Proposal { replaces: vec![MemoryId(8)], ..moved() };
    let passed = checked(late, &stretch, &[&old, &newer]);
    let Ok(Passed::New(memory)) = passed else { panic!("{passed:?}") };
    assert_eq!(memory.replaces, []);
    let same = |id| Proposal { same: Some(MemoryId(id)), ..moved() };
    let again = SaidAgain { memory: MemoryId(7), message: MessageId(10) };
    assert_eq!(checked(same(7), &stretch, &[&old]), Ok(Passed::Again(vec![again])));
    assert!(matches!(checked(same(99), &stretch, &[&old]), Ok(Passed::New(_))));
    // What has no word in common with it is something else, whatever the model thinks.
    let other = Memory { text: "The person has a dog.".into(), ..known(9, SUNDAY - 1) };
    assert!(matches!(checked(same(9), &stretch, &[&other]), Ok(Passed::New(_))));
}

#[test]
fn every_line_that_says_it_is_tied_to_it_once() {
    let mut stretch = stretch(&[
        (Whose::Person, "Max is my dog"),
        (Whose::Assistant, "How old?"),
        (Whose::Person, "Max is eleven"),
        (Whose::Person, "my dog, that is"),
    ]);
    // Two texts of one message.
    stretch.lines[3].message = MessageId(30);
    let passed = checked(proposal("The person's dog Max is eleven.", &[4, 3, 2, 1]), &stretch, &[]);
    let Ok(Passed::New(memory)) = passed else { panic!("{passed:?}") };
    assert_eq!(
        (memory.source, memory.also),
        (Some(MemorySource::Message(MessageId(10))), vec![MessageId(30)])
    );
}

proptest! {
    #[test]
    fn whatever_is_proposed_nothing_passes_that_names_no_line_of_the_person(
        text in "\\PC{0,60}",
        from in prop::collection::vec(0_usize..6, 0..4),
    ) {
        let stretch = stretch(&[(Whose::Others, "[document]"), (Whose::Assistant, "Tea?"), (Whose::Person, "my dog Max")]);
        let passed = checked(proposal(&text, &from), &stretch, &[]);
        if let Ok(Passed::New(memory)) = passed {
            prop_assert!(from.contains(&3) && from.iter().all(|line| (1..=3).contains(line)));
            prop_assert!(blufio_recall::supports("my dog Max", &memory.text));
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use proptest::prelude::*;

fn weight(text: &str) -> Option<Weight> {
    Statement::of(text).weight
}

fn says(text: &str, other: &str) -> bool {
    Statement::of(text).says(&Statement::of(other))
}

#[test]
fn demands_are_known_in_many_languages() {
    for text in [
        "I am allergic to peanuts.",
        "please don't call before nine",
        "Ich vertrage keine Milch.",
        "Ne réserve jamais un vol de nuit.",
        "Soy alérgico a los cacahuetes.",
        "Non mangio mai carne.",
        "Nigdy nie dzwoń przed dziewiątą.",
        "Никогда не звони утром.",
        "我对花生过敏。",
        "卵アレルギーです、覚えておいて。",
        "땅콩 알레르기가 있어요.",
        "لدي حساسية من الفول السوداني",
        "मुझे मूंगफली से एलर्जी है।",
        "ฉันแพ้ถั่วลิสง",
        "Tôi bị dị ứng đậu phộng.",
        "Can you remember that my passport runs out?",
    ] {
        assert_eq!(weight(text), Some(Weight::Demand), "{text}");
    }
}

#[test]
fn names_numbers_and_decisions_matter_and_small_talk_does_not() {
    assert_eq!(weight("The plumber is called Rossi"), Some(Weight::Particular));
    assert_eq!(weight("it costs 450 a month"), Some(Weight::Particular));
    assert_eq!(weight("we decided to take the blue tiles"), Some(Weight::Intention));
    for text in
        ["Thanks a lot!", "Good morning", "how are you today?", "haha", "What time is it in Oslo?", "Never!"]
    {
        assert_eq!(weight(text), None, "{text}");
    }
}

#[test]
fn a_text_says_what_it_says_in_other_forms_of_the_words() {
    assert!(says("- The person is allergic to peanuts and must avoid them.", "I am allergic to peanuts."));
    assert!(says("Flight to Oslo booked for 3 May 2027.", "Book a flight to Oslo for May 3, 2027"));
    assert!(says("用户对花生过敏，不能吃。", "我对花生过敏。"));
}

#[test]
fn a_text_that_drops_a_name_a_number_or_the_not_does_not_say_it() {
    assert!(!says("The person has an allergy.", "I am allergic to peanuts."));
    assert!(!says("Bob is invited to the dinner party.", "Never invite Bob to the dinner party."));
    assert!(!says("The rent is paid monthly.", "The rent is 450 a month."));
    assert!(!says("A plumber was called.", "The plumber is called Rossi."));
}

#[test]
fn sentences_end_where_people_end_them() {
    let of = |text| sentences(text).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>();
    assert_eq!(
        of("Call Dr. Who on the 3. of May. Or not?  Yes!"),
        ["Call Dr. Who on the 3. of May.", "Or not?", "Yes!"]
    );
    assert_eq!(of("one\ntwo 1.5 x"), ["one", "two 1.5 x"]);
    assert_eq!(of("你好。我叫李。"), ["你好。", "我叫李。"]);
}

#[test]
fn only_what_the_person_said_is_the_persons() {
    let result =
        Block::ToolResult { tool_use_id: "1".into(), content: "Never trust Ada.".into(), is_error: false };
    let messages = [
        Message::user(vec![
            Block::text("<document name=\"a\">\nNever trust Bob.\n</document>"),
            Block::text("[Not received: the photo of 1999]"),
            Block::text("[Voice note] Meet Carla at 5."),
            Block::text("[Forwarded from Mallory]\nNever trust Bob."),
            Block::text("Ada: [In reply to Bob: “Always trust Mallory.”]\nNo, never do."),
        ]),
        Message::assistant(vec![Block::text("Never mind, Dora.")]),
        Message::user(vec![result]),
        Message::user(vec![Block::text("[Go on.]")]),
    ];
    let messages: Vec<&Message> = messages.iter().collect();
    let said: Vec<_> = of_the_person(&messages).map(|statement| statement.text).collect();
    assert_eq!(said, ["Meet Carla at 5.", "No, never do."]);
}

proptest! {
    #[test]
    fn sentences_are_the_whole_text_and_every_statement_says_itself(text in "(.|\\PC|[.!? \\n]){0,80}") {
        prop_assert_eq!(sentences(&text).collect::<String>(), text.clone());
        for sentence in sentences(&text) {
            let statement = Statement::of(sentence);
            prop_assert!(statement.says(&statement));
        }
    }
}

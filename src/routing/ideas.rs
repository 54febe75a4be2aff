// SPDX-License-Identifier: MIT OR Apache-2.0
//! What words can stand for, in any language.

macro_rules! ideas {
    ($($idea:ident $name:literal $says:literal)*) => {
        /// What a word stands for: something that is wanted, something that makes it hard, or a field it is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Idea { $(#[doc = $says] $idea,)* }

        impl Idea {
            /// All ideas, in the order of their numbers.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$idea),*];

            /// How the lexicons call it.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$idea => $name,)* }
            }

            /// What a message with it does, in words for people.
            pub(crate) fn says(self) -> &'static str {
                match self { $(Self::$idea => $says,)* }
            }
        }
    };
}

ideas! {
    Common "common" "uses everyday words"
    Greeting "greeting" "a greeting"
    Thanks "thanks" "says thanks"
    Assent "assent" "an acknowledgement"
    Farewell "farewell" "a goodbye"
    Filler "filler" "small talk"
    Proceed "proceed" "asks to go on"
    Translate "translate" "asks for a translation"
    Tongue "tongue" "names a language"
    Unit "unit" "names units"
    Remind "remind" "a reminder, a list or another small action"
    Clock "clock" "asks for a time or a date"
    Fact "fact" "asks for a plain fact"
    Fix "fix" "asks for a mechanical change of a text"
    Brief "brief" "wants it short and simple"
    Write "write" "asks for a text"
    Explain "explain" "asks for an explanation"
    Summarise "summarise" "asks for a summary"
    Advise "advise" "asks for advice"
    Make "make" "asks for a piece of code"
    Plan "plan" "asks for a plan"
    Rewrite "rewrite" "asks to rework a text"
    Search "search" "needs something looked up"
    Prove "prove" "asks for a proof"
    Analyse "analyse" "asks for a critical analysis"
    Design "design" "a design decision"
    Optimise "optimise" "looks for an optimum"
    Diagnose "diagnose" "looks for a root cause"
    Why "why" "asks why"
    Rigor "rigor" "wants it exact and complete"
    Symptom "symptom" "describes a fault that comes and goes"
    Maths "maths" "mathematics"
    Concurrency "concurrency" "low-level or concurrent programming"
    Distributed "distributed" "databases or distributed systems"
    Statistics "statistics" "statistics"
    Law "law" "a legal question"
    Tax "tax" "taxes"
    Finance "finance" "a matter of money"
    Medicine "medicine" "a medical question"
    Security "security" "security"
    Science "science" "natural science"
    Puzzle "puzzle" "a logic puzzle"
    Argument "argument" "a philosophical or scholarly argument"
    Business "business" "a business decision"
    Code "code" "names programming tools"
    Kitchen "kitchen" "about cooking"
    Travel "travel" "about travel"
    Home "home" "about the home"
    People "people" "about people"
    Shopping "shopping" "about shopping"
    School "school" "a school subject"
    Media "media" "about films, music, games or books"
    Body "body" "about fitness and wellbeing"
    Condition "condition" "sets conditions"
    Stakes "stakes" "much depends on it"
    Complaint "complaint" "says that the last answer did not help"
    Ellipsis "ellipsis" "refers to what was said before"
    Switch "switch" "changes the topic"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ideas_are_numbered_in_their_order() {
        for (number, idea) in Idea::ALL.iter().enumerate() {
            assert_eq!(*idea as usize, number);
            assert!(!idea.name().is_empty() && !idea.says().is_empty());
        }
    }
}

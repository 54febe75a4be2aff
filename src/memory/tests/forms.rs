// SPDX-License-Identifier: MIT OR Apache-2.0
//! The vectors of every form agree with those of the original, and with one another.

use crate::fixture::{alike, sentences, vectors};
use crate::model::{Loaded, Model, Source};
use crate::{Form, tests::folder};
use std::process::Command;
use std::sync::LazyLock;

/// The lowest cosine to the original in full precision.
const CLOSE: f32 = 0.99;
/// Names a form to the child process of the test of instruction sets.
const CHILD: &str = "BLUFIO_TEST_FORM";

fn load(form: Form) -> Loaded {
    Model::find(&Source::Folder(folder())).unwrap().load(form, &std::env::temp_dir()).unwrap()
}

/// The vectors of the fixture in every form.
static VECTORS: LazyLock<[(Form, Vec<Vec<f32>>); 3]> = LazyLock::new(|| {
    Form::ALL.map(|form| {
        let mut loaded = load(form);
        (form, sentences().iter().map(|text| loaded.embed(text).unwrap()).collect())
    })
});

fn embed(form: Form) -> &'static [Vec<f32>] {
    &VECTORS.iter().find(|(found, _)| *found == form).unwrap().1
}

/// The places of the others, the most alike first.
fn ranking(vectors: &[Vec<f32>], asked: &[f32], but: usize) -> Vec<usize> {
    let mut others: Vec<usize> = (0..vectors.len()).filter(|at| *at != but).collect();
    others.sort_by(|a, b| alike(&vectors[*b], asked).total_cmp(&alike(&vectors[*a], asked)));
    others
}

#[test]
fn the_vectors_of_every_form_are_those_of_the_original() {
    let expected = vectors();
    assert!(expected.len() >= 100);
    for form in Form::ALL {
        let found = embed(form);
        for ((found, expected), text) in found.iter().zip(&expected).zip(sentences()) {
            let cosine = alike(found, expected);
            assert!(cosine > CLOSE, "{form}: {cosine} for {text:?}");
            assert!((alike(found, found) - 1.0).abs() < 1e-4);
        }
    }
}

#[test]
fn a_question_finds_the_same_sentence_whichever_form_either_was_put_in() {
    let original = vectors();
    // The fixture begins with sentences and questions in turn.
    let questions: Vec<usize> = (1..50).step_by(2).collect();
    for (asked_in, asked) in &*VECTORS {
        for (kept_in, kept) in &*VECTORS {
            let mut same_first = 0;
            let mut same_five = 0;
            for question in &questions {
                let found = ranking(kept, &asked[*question], *question);
                let expected = ranking(&original, &original[*question], *question);
                same_first += usize::from(found[0] == expected[0]);
                same_five += found[..5].iter().filter(|at| expected[..5].contains(at)).count();
            }
            let of = questions.len();
            assert!(same_first * 100 >= of * 96, "{asked_in} in {kept_in}: {same_first} of {of} first");
            assert!(
                same_five * 100 >= of * 5 * 90,
                "{asked_in} in {kept_in}: {same_five} of {} in five",
                of * 5
            );
        }
    }
}

#[test]
fn the_plain_forms_differ_from_each_other_only_in_rounding_of_the_arithmetic() {
    for (nibbles, float) in embed(Form::Nibbles).iter().zip(embed(Form::Float)) {
        assert!(alike(nibbles, float) > 0.99999);
    }
}

#[test]
fn a_long_text_counts_as_far_as_the_model_reads() {
    let mut loaded = load(Form::Float);
    let long = "a walk by the river ".repeat(51);
    // 255 words and the two special tokens are one more than the longest text.
    let all = loaded.embed(&long).unwrap();
    assert_eq!(all, loaded.embed(&format!("{long} and something else at the end")).unwrap());
    assert_ne!(all, loaded.embed(&format!("first something else {long}")).unwrap());
}

#[test]
fn every_form_runs_the_same_under_restricted_instruction_sets() {
    if let Ok(form) = std::env::var(CHILD) {
        // In the child: short and long, compared with the original.
        let mut loaded = load(Form::named(&form).unwrap());
        let (texts, expected) = (sentences(), vectors());
        for at in [0, 1, 40, 60, 130] {
            let cosine = alike(&loaded.embed(&texts[at]).unwrap(), &expected[at]);
            assert!(cosine > CLOSE, "{form}: {cosine} for {:?}", texts[at]);
        }
        return;
    }
    let test = std::thread::current().name().unwrap().to_owned();
    let without_512 = "-avx512f,-avx512vnni,-avxvnni,-avx512fp16";
    let without_fma = "-avx512f,-avx512vnni,-avxvnni,-avx512fp16,-avx2,-fma";
    for form in Form::ALL {
        for isa in [without_512, without_fma] {
            let mut child = Command::new(std::env::current_exe().unwrap());
            child.args([test.as_str(), "--exact"]).env(CHILD, form.name()).env("TRACT_CPU_ISA", isa);
            let output = child.output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("1 passed"), "{form} with {isa}: {said}");
        }
    }
}

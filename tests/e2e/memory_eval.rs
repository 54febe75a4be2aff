// SPDX-License-Identifier: MIT OR Apache-2.0
//! `blufio memory eval`: a file in the LoCoMo format is measured, and a wrong one is said to be wrong.

use crate::house::House;

const SMALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/memory/small.json");

#[tokio::test]
async fn a_file_in_the_locomo_format_is_measured() {
    let house = House::plan().idle().build().await;
    let output = house.blufio(&["memory", "eval", SMALL, "--json"], "").await.ok();
    let report = output.json();
    let size = &report["size"];
    assert_eq!((size["sessions"].as_u64(), size["turns"].as_u64()), (Some(2), Some(8)), "{report:#}");
    assert_eq!(
        (size["questions"].as_u64(), size["lost_evidence"].as_u64()),
        (Some(5), Some(1)),
        "{report:#}"
    );
    for category in ["1", "2", "3", "4"] {
        let quality = &report["categories"][category];
        assert_eq!(quality["questions"], 1, "{category}: {report:#}");
        for depth in ["1", "5", "10", "20"] {
            assert!(quality["turn_recall"][depth]["mean"].is_number(), "{category}@{depth}: {report:#}");
            assert!(quality["session_recall"][depth]["mean"].is_number(), "{category}@{depth}: {report:#}");
        }
    }
    // Eight turns: among the first ten stands whatever there is.
    let overall = &report["overall"];
    assert_eq!(overall["turn_recall"]["10"]["mean"], 1.0, "{report:#}");
    assert!(overall["mrr"]["mean"].as_f64().unwrap() > 0.5, "{report:#}");
    assert!(report["times"]["search"]["p99_ms"].as_f64().unwrap() > 0.0, "{report:#}");
    assert!(!house.database().exists(), "what is remembered here is not touched");
    let text = house.blufio(&["memory", "eval", SMALL], "").await.ok();
    assert!(text.stdout.contains("recall@10") && text.stdout.contains("category 1"), "{text:?}");
}

#[tokio::test]
async fn two_hundred_messages_that_have_nothing_to_do_with_it_are_shown_nothing() {
    let house = House::plan().idle().build().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/memory");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
    let mut samples: Vec<serde_json::Value> = serde_json::from_str(&read("tune-1.json")).unwrap();
    samples.truncate(3);
    for sample in &mut samples {
        sample["qa"].as_array_mut().unwrap().truncate(4);
    }
    let (file, unrelated) = (house.folder().join("three.json"), house.folder().join("unrelated.txt"));
    std::fs::write(&file, serde_json::to_string(&samples).unwrap()).unwrap();
    std::fs::write(&unrelated, read("unrelated-1.txt") + &read("unrelated-2.txt")).unwrap();
    let [file, unrelated] = [&file, &unrelated].map(|path| path.to_str().unwrap());
    let arguments = ["memory", "eval", file, "--pooled", "--unrelated", unrelated, "--json"];
    let report = house.blufio(&arguments, "").await.ok().json();
    assert!(report["size"]["indexed"].as_u64() > Some(80), "{report:#}");
    assert!(report["facts"]["memories"].as_u64() > Some(30), "{report:#}");
    for shown in [&report["shown"], &report["facts"]["shown"]] {
        assert_eq!(shown["unrelated_messages"], 200, "{shown:#}");
        assert_eq!(shown["unrelated"]["mean"], 0.0, "{shown:#}");
        assert!(shown["answered"]["mean"].as_f64() > Some(0.0), "what is asked for is shown: {shown:#}");
    }
}

#[tokio::test]
async fn a_file_in_another_format_is_refused_with_the_place() {
    let house = House::plan().idle().build().await;
    let file = house.folder().join("wrong.json");
    let path = file.to_str().unwrap();
    for (text, words) in [
        ("{", "not JSON"),
        ("{\"a\": 1}", "wrong.json"),
        ("[{\"sample_id\": \"x\", \"qa\": []}]", "conversation"),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = house.blufio(&["memory", "eval", path], "").await;
        assert_eq!(output.code, 2, "{text}: {output:?}");
        assert!(output.stderr.contains(words), "{text}: {output:?}");
    }
    let output = house.blufio(&["memory", "eval", "/nowhere.json"], "").await;
    assert_eq!(output.code, 2, "{output:?}");
    assert!(output.stderr.contains("/nowhere.json"), "{output:?}");
}

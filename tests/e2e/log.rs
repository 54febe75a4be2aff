// SPDX-License-Identifier: MIT OR Apache-2.0
//! Logs: a file that is reopened, lines for programs.

use crate::house::{ADA, House};
use rustix::process::Signal;

#[tokio::test]
async fn hangup_reopens_the_log_file() {
    let house = House::plan().with_log_file().build().await;
    let (file, rotated) = (house.folder().join("blufio.log"), house.folder().join("blufio.log.1"));
    std::fs::rename(&file, &rotated).unwrap();
    house.signal(Signal::HUP);
    house
        .eventually("the new file", || async {
            std::fs::read_to_string(&file).is_ok_and(|text| text.contains("the log was reopened"))
        })
        .await;
    let before = std::fs::read_to_string(&rotated).unwrap();
    assert!(before.contains("the doors are open") && !before.contains("reopened"), "{before}");
    house.ask(ADA, "Still there?").await;
    assert_eq!(std::fs::read_to_string(&rotated).unwrap(), before, "nothing goes into the old file any more");
    house.assert_clean();
}

#[tokio::test]
async fn every_line_for_programs_is_json() {
    let house = House::plan().set("log.format", "\"json\"").build().await;
    house.ask(ADA, "Hello").await;
    let log = house.log();
    assert!(log.lines().count() > 2, "{log}");
    for line in log.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
    }
    house.assert_clean();
}

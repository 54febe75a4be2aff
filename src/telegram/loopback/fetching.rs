// SPDX-License-Identifier: MIT OR Apache-2.0
use super::stand_in::{Reply, StandIn};
use blufio_core::channel::{Channel, ChannelError, FileKind, FileRef};
use serde_json::{Value, json};

const LIMIT: u64 = 1000;

fn file(size: Option<u64>) -> FileRef {
    FileRef { kind: FileKind::Document, handle: "F1".into(), name: "a.txt".into(), media_type: None, size }
}

fn found(path: &str, size: u64) -> Reply {
    Reply::Ok(json!({"file_id": "F1", "file_unique_id": "U", "file_size": size, "file_path": path}))
}

#[tokio::test]
async fn a_file_is_fetched() {
    let stand_in = StandIn::start().await;
    stand_in.has_file("documents/file_1.txt", b"hello".to_vec());
    stand_in.will("getFile", found("documents/file_1.txt", 5));
    let fetched = stand_in.telegram.fetch(&file(Some(5)), LIMIT).await.unwrap();
    assert_eq!(fetched.bytes, b"hello");
    assert_eq!(stand_in.calls("getFile"), [json!({"file_id": "F1"})]);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_known_before_during_and_after_asking() {
    let stand_in = StandIn::start().await;
    let too_large = |error: ChannelError| match error {
        ChannelError::TooLarge { size, limit } => (size, limit),
        other => panic!("{other}"),
    };
    let telegram = &stand_in.telegram;
    assert_eq!(too_large(telegram.fetch(&file(Some(1001)), LIMIT).await.unwrap_err()), (1001, LIMIT));
    assert!(stand_in.calls("getFile").is_empty());

    stand_in.will("getFile", found("documents/file_1.txt", 2000));
    assert_eq!(too_large(telegram.fetch(&file(None), LIMIT).await.unwrap_err()), (2000, LIMIT));

    stand_in.has_file("documents/file_1.txt", vec![0; 3000]);
    stand_in.will("getFile", found("documents/file_1.txt", 10));
    assert_eq!(too_large(telegram.fetch(&file(None), LIMIT).await.unwrap_err()), (3000, LIMIT));

    stand_in.will("getFile", Reply::Error(400, "Bad Request: file is too big", Value::Null));
    let (size, limit) = too_large(telegram.fetch(&file(None), u64::MAX).await.unwrap_err());
    assert!(size > limit && limit == 20 * 1024 * 1024);
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_is_refused() {
    let stand_in = StandIn::start().await;
    for path in ["../getMe", "/etc/passwd", "a//b", "a/../../b", "http://elsewhere/x", "a?b", "a%2e", ""] {
        stand_in.will("getFile", found(path, 5));
        let error = stand_in.telegram.fetch(&file(None), LIMIT).await.unwrap_err();
        assert!(matches!(error, ChannelError::Permanent { .. }), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_file_that_is_gone_is_given_up_without_showing_the_token() {
    let stand_in = StandIn::start().await;
    stand_in.will("getFile", found("documents/gone.txt", 5));
    let error = stand_in.telegram.fetch(&file(None), LIMIT).await.unwrap_err();
    assert!(matches!(error, ChannelError::Permanent { .. }));
    assert!(!error.to_string().contains("canary"), "{error}");
    stand_in.will("getFile", Reply::Error(400, "Bad Request: invalid file_id", Value::Null));
    let error = stand_in.telegram.fetch(&file(None), LIMIT).await.unwrap_err();
    assert!(!error.is_retryable());
}

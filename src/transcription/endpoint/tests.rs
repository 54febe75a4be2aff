// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{EndpointOptions, EndpointTranscriber};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use blufio_core::secret::SecretString;
use blufio_core::transcribe::{TranscribeError, Transcriber};
use blufio_net::{Net, NetOptions, Redactor};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Serves until the test's runtime ends.
async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

fn options(address: SocketAddr) -> EndpointOptions {
    EndpointOptions {
        url: format!("http://{address}/v1/audio/transcriptions").parse().unwrap(),
        model: Some("whisper-1".into()),
        language: Some("de".into()),
        bearer: Some(SecretString::new("hunter2-hunter2\n".into())),
        timeout: Duration::from_secs(20),
    }
}

fn transcriber(options: EndpointOptions) -> EndpointTranscriber {
    let host = options.url.host_str().unwrap().parse().unwrap();
    let origin = SocketAddr::new(host, options.url.port().unwrap());
    let net = NetOptions { loopback_origins: vec![origin], ..NetOptions::default() };
    EndpointTranscriber::new(Net::new(net, Arc::new(Redactor::new())).unwrap(), options).unwrap()
}

/// Asks a server that always answers the same.
async fn asked(status: StatusCode, answer: &'static str) -> Result<String, TranscribeError> {
    let address = serve(Router::new().fallback(move || async move { (status, answer) })).await;
    transcriber(options(address)).transcribe(b"audio", "audio/ogg").await
}

async fn complaint(status: StatusCode, answer: &'static str) -> String {
    match asked(status, answer).await {
        Err(TranscribeError::Failed(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_recording_is_posted_as_a_form_and_the_text_comes_back() {
    let judge = |headers: HeaderMap, body: Bytes| async move {
        assert_eq!(headers[header::AUTHORIZATION], "Bearer hunter2-hunter2");
        assert!(
            headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("multipart/form-data; boundary=")
        );
        let body = String::from_utf8(body.to_vec()).unwrap();
        for part in [
            "form-data; name=\"file\"; filename=\"voice.ogg\"\r\nContent-Type: audio/ogg\r\n\r\naudio bytes\r\n",
            "form-data; name=\"model\"\r\n\r\nwhisper-1\r\n",
            "form-data; name=\"language\"\r\n\r\nde\r\n",
            "form-data; name=\"response_format\"\r\n\r\njson\r\n",
        ] {
            assert!(body.contains(part), "{part:?} is missing in {body}");
        }
        r#"{"text":" Grüße aus Wien. ","usage":{"type":"duration","seconds":3}}"#
    };
    let address = serve(Router::new().route("/v1/audio/transcriptions", post(judge))).await;
    let text = transcriber(options(address)).transcribe(b"audio bytes", "audio/ogg").await.unwrap();
    assert_eq!(text, "Grüße aus Wien.");
}

#[tokio::test]
async fn what_is_not_configured_is_not_sent() {
    let judge = |headers: HeaderMap, body: Bytes| async move {
        assert!(!headers.contains_key(header::AUTHORIZATION));
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(!body.contains("\"model\"") && !body.contains("\"language\""), "{body}");
        r#"{"text":"ok"}"#
    };
    let address = serve(Router::new().fallback(judge)).await;
    let bare = EndpointOptions { model: None, language: None, bearer: None, ..options(address) };
    assert_eq!(transcriber(bare).transcribe(b"audio", "audio/ogg").await.unwrap(), "ok");
}

#[tokio::test]
async fn silence_is_told_apart() {
    assert!(matches!(asked(StatusCode::OK, r#"{"text":" "}"#).await, Err(TranscribeError::Empty)));
}

#[tokio::test]
async fn a_refusal_names_the_key_to_look_at() {
    for (status, key) in [
        (StatusCode::UNAUTHORIZED, "transcription.secret"),
        (StatusCode::NOT_FOUND, "path of transcription.url"),
        (StatusCode::BAD_REQUEST, "transcription.model"),
        (StatusCode::PAYLOAD_TOO_LARGE, "too long"),
        (StatusCode::BAD_GATEWAY, "later"),
    ] {
        let reason = complaint(status, r#"{"error":{"message":"the server's own words"}}"#).await;
        assert!(reason.contains(key) && reason.contains("the server's own words"), "{reason}");
        assert!(reason.contains(status.as_str()), "{reason}");
    }
    assert!(complaint(StatusCode::BAD_GATEWAY, "<html>nginx</html>").await.contains("nginx"));
}

#[tokio::test]
async fn a_server_that_repeats_the_token_does_not_get_it_into_the_error() {
    let reason = complaint(StatusCode::UNAUTHORIZED, "wrong key: hunter2-hunter2").await;
    assert!(reason.contains("[redacted]") && !reason.contains("hunter2"), "{reason}");
}

#[tokio::test]
async fn an_answer_in_another_shape_is_told_with_a_remedy() {
    for answer in ["", "plain words", r#"{"words":"x"}"#, r#"{"text":null}"#, "[]"] {
        let reason = complaint(StatusCode::OK, answer).await;
        assert!(
            reason.contains("transcription.url") && reason.contains("OpenAI-compatible"),
            "{answer}: {reason}"
        );
    }
}

#[tokio::test]
async fn an_answer_without_end_is_refused() {
    let address = serve(Router::new().fallback(|| async { "x".repeat(8 << 20) })).await;
    let error = transcriber(options(address)).transcribe(b"audio", "audio/ogg").await.unwrap_err();
    assert!(error.to_string().contains("more than"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_slow_or_gone_is_told_apart() {
    let slow =
        serve(Router::new().fallback(|| async { tokio::time::sleep(Duration::from_secs(600)).await })).await;
    let hasty = EndpointOptions { timeout: Duration::from_millis(100), ..options(slow) };
    let error = transcriber(hasty).transcribe(b"audio", "audio/ogg").await.unwrap_err();
    assert!(matches!(error, TranscribeError::Timeout(_)), "{error}");

    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = transcriber(options(gone)).transcribe(b"audio", "audio/ogg").await.unwrap_err();
    assert!(error.to_string().contains("transcription.url: 127.0.0.1 could not be reached"), "{error}");
}

#[test]
fn an_address_that_the_way_out_refuses_is_refused_at_the_start() {
    let net = Net::new(NetOptions::default(), Arc::new(Redactor::new())).unwrap();
    let error =
        EndpointTranscriber::new(net, options("10.0.0.1:80".parse().unwrap())).unwrap_err().to_string();
    assert!(error.contains("transcription.url: 10.0.0.1 was refused"), "{error}");
}

#[tokio::test]
async fn a_media_type_that_is_none_is_refused_without_a_request() {
    let error = transcriber(options("127.0.0.1:1".parse().unwrap()))
        .transcribe(b"x", "not a type")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("is no media type"), "{error}");
}

// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::MOST_BYTES;
use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use blufio_core::secret::SecretString;
use blufio_net::{NetOptions, Redactor};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

/// Serves until the test's runtime ends.
async fn serve(router: Router) -> (Watcher, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (watcher(vec![address]), format!("http://{address}"))
}

fn watcher(loopback_origins: Vec<SocketAddr>) -> Watcher {
    let redactor = Redactor::new();
    redactor.add(&SecretString::new("correct horse battery".into()));
    let options = NetOptions { loopback_origins, ..NetOptions::default() };
    Watcher::new(Net::new(options, Arc::new(redactor)).unwrap())
}

/// A server that gives the same answer to everything.
async fn answering(kind: &'static str, body: Vec<u8>) -> (Watcher, String) {
    let answer = move || async move { ([(CONTENT_TYPE, kind)], body) };
    serve(Router::new().fallback(answer)).await
}

#[tokio::test]
async fn a_page_changes_when_its_text_does_and_not_when_its_scripts_do() {
    let count = Arc::new(AtomicUsize::new(0));
    let page = move || {
        let visit = count.fetch_add(1, Ordering::Relaxed);
        async move {
            let price = if visit < 2 { 5 } else { 6 };
            axum::response::Html(format!("<p>costs {price}</p><script nonce={visit}>visit({visit})</script>"))
        }
    };
    let (watcher, url) = serve(Router::new().route("/", get(page))).await;
    let first = watcher.look(&url).await.unwrap();
    assert_eq!(first.excerpt, "costs 5");
    assert_eq!(watcher.look(&url).await.unwrap(), first);
    let third = watcher.look(&url).await.unwrap();
    assert_eq!(third.excerpt, "costs 6");
    assert_ne!(third.digest, first.digest);
}

#[tokio::test]
async fn plain_text_is_taken_as_it_is_and_pictures_are_only_counted() {
    let (watcher, url) = answering("text/plain", b"<b>not bold</b>".to_vec()).await;
    assert_eq!(watcher.look(&url).await.unwrap().excerpt, "<b>not bold</b>");
    let (watcher, url) = answering("image/png", b"\x89PNG\r\n\x1a\n\0\0".to_vec()).await;
    assert_eq!(watcher.look(&url).await.unwrap().excerpt, "(binary, 10 bytes)");
}

#[tokio::test]
async fn html_is_known_by_its_begin_where_the_server_says_nothing() {
    let answer = || async { Response::new(Body::from(" <!DOCTYPE HTML><p>hi</p>")) };
    let (watcher, url) = serve(Router::new().fallback(answer)).await;
    assert_eq!(watcher.look(&url).await.unwrap().excerpt, "hi");
}

#[tokio::test]
async fn of_a_large_page_the_begin_is_read_and_its_length_counts() {
    let sized = |size: usize| answering("text/plain", vec![b'a'; size]);
    let (watcher, url) = sized(MOST_BYTES + 10).await;
    let first = watcher.look(&url).await.unwrap();
    assert!(first.excerpt.chars().count() <= 1_200);
    let (watcher, url) = sized(MOST_BYTES + 11).await;
    assert_ne!(watcher.look(&url).await.unwrap().digest, first.digest);
}

#[tokio::test]
async fn an_answer_that_is_no_page_is_an_error() {
    for status in [StatusCode::NOT_FOUND, StatusCode::INTERNAL_SERVER_ERROR, StatusCode::NOT_MODIFIED] {
        let answer = move || async move { status };
        let (watcher, url) = serve(Router::new().fallback(answer)).await;
        let error = watcher.look(&format!("{url}/?token=abc")).await.unwrap_err();
        assert!(error.contains(status.as_str()) && !error.contains("abc"), "{error}");
    }
}

#[tokio::test]
async fn no_redirect_leads_to_another_server() {
    let (_, elsewhere) = answering("text/plain", b"inside".to_vec()).await;
    let answer = move || async move {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, elsewhere.parse().unwrap());
        (StatusCode::FOUND, headers).into_response()
    };
    let (watcher, url) = serve(Router::new().fallback(answer)).await;
    assert!(watcher.look(&url).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let error = watcher(vec![address]).look(&format!("http://{address}")).await.unwrap_err();
    assert!(error.contains("within 20 seconds"), "{error}");
}

#[tokio::test]
async fn only_absolute_paths_and_pages_outside_this_machine_are_looked_at() {
    let watcher = watcher(Vec::new());
    for target in [
        "",
        "todo.md",
        "~/todo.md",
        "file:///etc/passwd",
        "http://example.org",
        "https://127.0.0.1/",
        "https://localhost/",
    ] {
        assert!(watcher.look(target).await.is_err(), "{target}");
    }
}

#[tokio::test]
async fn a_known_secret_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    std::fs::write(&path, "it is correct horse battery!").unwrap();
    let sight = watcher(Vec::new()).look(path.to_str().unwrap()).await.unwrap();
    assert_eq!(sight.excerpt, "it is [redacted]!");
}

#[tokio::test]
async fn a_look_that_hangs_is_the_only_one_at_its_target_and_keeps_no_other_waiting() {
    let watcher = watcher(Vec::new());
    let mut ends = Vec::new();
    for number in 0..20 {
        let (end, hangs) = std::sync::mpsc::channel::<()>();
        let path = PathBuf::from(format!("/gone/{number}"));
        let look = watcher.file_by(&path, move |_| {
            let _ = hangs.recv();
            Err("it is back".to_owned())
        });
        assert!(tokio::time::timeout(Duration::from_millis(10), look).await.is_err(), "it hangs");
        ends.push(end);
    }
    assert!(watcher.look("/gone/7").await.unwrap_err().contains("still hangs"));
    assert!(watcher.look("/proc/self/status").await.is_ok(), "others are looked at");
    drop(ends);
    let back = async {
        while watcher.look("/gone/7").await.unwrap_err().contains("still hangs") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back).await.expect("it is looked at again");
}

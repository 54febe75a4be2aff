// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{METADATA_SERVICE, Metadata};
use crate::client::{Net, NetOptions};
use crate::error::NetError;
use crate::redactor::Redactor;
use axum::Router;
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::{get, put};
use reqwest::Method;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

async fn service(router: Router) -> Metadata {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Metadata::new(address).unwrap()
}

#[test]
fn nothing_but_the_metadata_service_is_spoken_to_without_tls() {
    Metadata::new(METADATA_SERVICE).unwrap();
    for other in [
        "169.254.169.254:8080",
        "169.254.169.253:80",
        "169.254.170.2:80",
        "10.0.0.1:80",
        "1.1.1.1:80",
        "[fe80::1]:80",
    ] {
        let refused = Metadata::new(other.parse::<SocketAddr>().unwrap()).unwrap_err();
        assert!(matches!(refused, NetError::Refused { .. }), "{other}: {refused}");
    }
}

#[test]
fn the_way_out_for_everybody_else_still_refuses_it() {
    let net = Net::new(NetOptions::default(), Arc::new(Redactor::new())).unwrap();
    for url in ["http://169.254.169.254/latest/user-data", "https://169.254.169.254/latest/user-data"] {
        let refused = net.check(&url.parse().unwrap());
        assert!(matches!(refused, Err(NetError::Refused { .. })), "{url}");
    }
}

#[tokio::test]
async fn what_is_there_is_read_and_what_is_not_is_none() {
    let echo = |headers: HeaderMap| async move { headers["x-token"].to_str().unwrap().to_owned() };
    let service = service(Router::new().route("/data", put(echo))).await;
    let answer = service.ask(Method::PUT, "/data", &[("x-token", "abc")], 100).await.unwrap();
    assert_eq!(answer.unwrap(), b"abc");
    assert_eq!(service.ask(Method::GET, "/nothing", &[], 100).await.unwrap(), None);
}

#[tokio::test]
async fn it_sends_nobody_elsewhere_and_nothing_without_end() {
    let router = Router::new()
        .route("/away", get(|| async { Redirect::temporary("http://10.0.0.1/") }))
        .route("/large", get(|| async { "x".repeat(200) }));
    let service = service(router).await;
    let away = service.ask(Method::GET, "/away", &[], 100).await;
    assert!(matches!(&away, Err(NetError::Broken { reason, .. }) if reason.contains("307")), "{away:?}");
    let large = service.ask(Method::GET, "/large", &[], 100).await;
    assert!(matches!(large, Err(NetError::TooLarge { limit: 100, .. })), "{large:?}");
}

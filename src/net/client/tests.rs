// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{Net, NetOptions};
use crate::error::NetError;
use crate::redactor::Redactor;
use crate::resolver::{Answer, CheckedResolver};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::Redirect;
use axum::routing::get;
use blufio_core::secret::SecretString;
use reqwest::Method;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

const TOKEN: &str = "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc";

fn net(loopback_origins: &[SocketAddr]) -> Net {
    let options = NetOptions { loopback_origins: loopback_origins.to_vec(), ..NetOptions::default() };
    let redactor = Arc::new(Redactor::new());
    redactor.add(&SecretString::new("hunter2-hunter2".into()));
    Net::new(options, redactor).unwrap()
}

/// Serves until the test's runtime ends.
async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Takes connections, reads what comes first, answers `answer` and closes.
async fn serve_raw(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer).await;
        }
    });
    address
}

fn url(address: SocketAddr, path: &str) -> Url {
    format!("http://{address}{path}").parse().unwrap()
}

async fn fetch(net: &Net, url: Url) -> Result<String, NetError> {
    let response = net.send(net.request(Method::GET, url)?).await?;
    Ok(String::from_utf8(net.read_capped(response, 1000).await?).unwrap())
}

#[test]
fn only_https_to_public_hosts_passes() {
    let net = net(&[]);
    for url in ["https://api.anthropic.com/v1/messages", "https://1.1.1.1/", "https://api.telegram.org:8443/"]
    {
        net.check(&url.parse().unwrap()).unwrap();
    }
    for (url, why) in [
        ("http://api.anthropic.com/", "only https"),
        ("ftp://example.com/", "ftp"),
        ("file:///etc/passwd", "file"),
        ("data:text/plain,hi", "data"),
        ("https://user@example.com/", "user name"),
        ("https://:pw@example.com/", "password"),
        ("https://localhost/", "this machine"),
        ("https://metadata.google.internal./", "metadata"),
        ("https://127.0.0.1/", "loopback"),
        ("https://2130706433/", "loopback"),
        ("https://0x7f.1/", "loopback"),
        ("https://0177.0.0.1/", "loopback"),
        ("https://１２７.0.0.1/", "loopback"),
        ("https://127.0.0.1./", "loopback"),
        ("https://0/", "unspecified"),
        ("https://169.254.169.254/latest", "metadata"),
        ("https://[::1]/", "loopback"),
        ("https://[::ffff:127.0.0.1]/", "IPv6 clothes"),
        ("https://[fd00:ec2::254]/", "metadata"),
        ("https://[64:ff9b::10.0.0.1]/", "private"),
    ] {
        let error = net.check(&url.parse().unwrap()).unwrap_err();
        assert!(
            matches!(error, NetError::Refused { .. }) && error.to_string().contains(why),
            "{url}: {error}"
        );
        assert!(!error.is_retryable());
    }
}

#[test]
fn a_refusal_does_not_repeat_the_password() {
    let error = net(&[]).check(&"https://me:hunter3@example.com/secret".parse().unwrap()).unwrap_err();
    let said = format!("{error} {error:?}");
    assert!(said.contains("example.com") && !said.contains("hunter3") && !said.contains("secret"), "{said}");
}

#[test]
fn the_loopback_exception_is_for_the_exact_address_and_port() {
    let net = net(&["127.0.0.1:8081".parse().unwrap(), "[::1]:8082".parse().unwrap()]);
    for url in
        ["http://127.0.0.1:8081/bot", "https://127.0.0.1:8081/", "http://[::1]:8082/", "http://0x7f.1:8081/"]
    {
        net.check(&url.parse().unwrap()).unwrap();
    }
    for url in [
        "http://127.0.0.1/",
        "http://127.0.0.1:8082/",
        "http://127.0.0.2:8081/",
        "http://localhost:8081/",
        "http://[::1]:8081/",
        "http://me@127.0.0.1:8081/",
        "http://[::ffff:127.0.0.1]:8081/",
    ] {
        net.check(&url.parse().unwrap()).unwrap_err();
    }
}

#[test]
fn an_exception_beyond_loopback_is_refused() {
    let options =
        NetOptions { loopback_origins: vec!["10.0.0.1:80".parse().unwrap()], ..NetOptions::default() };
    let error = Net::new(options, Arc::new(Redactor::new())).unwrap_err();
    assert!(error.to_string().contains("10.0.0.1:80"), "{error}");
}

#[tokio::test]
async fn a_request_leaves_with_our_name_and_asks_for_no_compression() {
    let echo = |headers: HeaderMap| async move {
        assert!(headers.get(header::ACCEPT_ENCODING).is_none());
        headers.get(header::USER_AGENT).unwrap().to_str().unwrap().to_owned()
    };
    let address = serve(Router::new().route("/", get(echo))).await;
    let said = fetch(&net(&[address]), url(address, "/")).await.unwrap();
    assert!(said.starts_with("blufio/"), "{said}");
}

#[tokio::test]
async fn redirects_on_one_origin_are_followed_up_to_five_times() {
    let hop = |axum::extract::Path(left): axum::extract::Path<u8>| async move {
        match left.checked_sub(1) {
            Some(left) => Redirect::temporary(&format!("/{left}")).into_response(),
            None => "there".into_response(),
        }
    };
    use axum::response::IntoResponse;
    let address = serve(Router::new().route("/{left}", get(hop))).await;
    let net = net(&[address]);
    assert_eq!(fetch(&net, url(address, "/5")).await.unwrap(), "there");
    let error = fetch(&net, url(address, "/6")).await.unwrap_err();
    assert!(error.to_string().contains("more than 5 times"), "{error}");
}

#[tokio::test]
async fn a_redirect_to_another_server_is_refused_and_gets_neither_key_nor_body() {
    static HITS: AtomicUsize = AtomicUsize::new(0);
    let count = || async { HITS.fetch_add(1, Ordering::SeqCst).to_string() };
    let other = serve(Router::new().fallback(count)).await;
    let target = url(other, "/take");
    let first =
        serve(Router::new().fallback(move || async move { Redirect::temporary(target.as_str()) })).await;
    // Both are listed: it is the change of servers that is refused.
    let net = net(&[first, other]);
    for client in [true, false] {
        let request = match client {
            true => net.client().post(url(first, "/")),
            false => net.request(Method::POST, url(first, "/")).unwrap(),
        };
        let error =
            net.send(request.header("x-api-key", "k").bearer_auth("k").body("words")).await.unwrap_err();
        assert!(error.to_string().contains(&format!("configure http://{other} as the address")), "{error}");
    }
    assert_eq!(HITS.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn redirects_to_forbidden_places_are_refused() {
    for (target, why) in [
        ("https://169.254.169.254/latest/meta-data", "metadata"),
        ("http://example.com/", "only https"),
        ("https://localhost/", "this machine"),
        ("http://127.0.0.1:1/", "only https"),
        ("https://user:pw@example.com/", "user name"),
        ("https://example.com/", "never follows to another server"),
    ] {
        let address = serve(Router::new().fallback(move || async move { Redirect::to(target) })).await;
        let error = fetch(&net(&[address]), url(address, "/")).await.unwrap_err();
        assert!(
            matches!(error, NetError::Refused { .. }) && error.to_string().contains(why),
            "{target}: {error}"
        );
    }
}

#[tokio::test]
async fn a_name_that_leads_into_the_private_network_is_refused_before_anything_is_sent() {
    let lookup = |_| Box::pin(async { Ok(vec!["127.0.0.1:0".parse().unwrap()]) }) as Answer;
    let net =
        Net::with_resolver(NetOptions::default(), Arc::new(Redactor::new()), CheckedResolver { lookup })
            .unwrap();
    // The port listens: only the resolver stands in the way.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url: Url = format!("https://rebind.example.com:{port}/").parse().unwrap();
    let error = net.send(net.client().get(url)).await.unwrap_err();
    let expected = NetError::Refused {
        host: "rebind.example.com".into(),
        reason: "its address 127.0.0.1 is a loopback address".into(),
    };
    assert_eq!(error, expected);
    assert!(tokio::time::timeout(Duration::from_millis(50), listener.accept()).await.is_err());
}

#[tokio::test]
async fn failures_are_told_apart() {
    let lookup = |_| Box::pin(async { Err(std::io::Error::other("no name server")) }) as Answer;
    let lost =
        Net::with_resolver(NetOptions::default(), Arc::new(Redactor::new()), CheckedResolver { lookup })
            .unwrap();
    let error = fetch(&lost, "https://api.anthropic.com/".parse().unwrap()).await.unwrap_err();
    assert_eq!((error.class(), error.is_retryable()), ("dns", true), "{error}");

    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = fetch(&net(&[closed]), url(closed, "/")).await.unwrap_err();
    assert_eq!((error.class(), error.is_retryable()), ("connect", true), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");

    let plain = serve_raw(b"HTTP/1.1 400 no TLS here\r\n\r\n").await;
    let error = fetch(&net(&[plain]), format!("https://{plain}/").parse().unwrap()).await.unwrap_err();
    assert_eq!((error.class(), error.is_retryable()), ("tls", false), "{error}");

    let hasty = serve_raw(b"").await;
    let error = fetch(&net(&[hasty]), url(hasty, "/")).await.unwrap_err();
    assert_eq!((error.class(), error.is_retryable()), ("broken", true), "{error}");

    let torn = serve_raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    let error = fetch(&net(&[torn]), url(torn, "/")).await.unwrap_err();
    assert_eq!((error.class(), error.is_retryable()), ("broken", true), "{error}");

    let slow =
        serve(Router::new().fallback(|| async { tokio::time::sleep(Duration::from_secs(60)).await })).await;
    let net = net(&[slow]);
    let request = net.request(Method::GET, url(slow, "/")).unwrap().timeout(Duration::from_millis(50));
    let error = net.send(request).await.unwrap_err();
    assert_eq!((error.class(), error.is_retryable()), ("timeout", true), "{error}");

    let request = net.request(Method::GET, url(slow, "/")).unwrap().header("bad\nname", "x");
    let error = net.send(request).await.unwrap_err();
    assert_eq!((error.class(), error.is_retryable()), ("request", false), "{error}");
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_in_time_is_told_apart_from_an_answer_that_does_not() {
    // The system takes the connection, and nobody ever speaks TLS on it.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let options = NetOptions {
        loopback_origins: vec![address],
        connect_timeout: Duration::from_millis(50),
        ..NetOptions::default()
    };
    let net = Net::new(options, Arc::new(Redactor::new())).unwrap();
    let error = fetch(&net, format!("https://{address}/").parse().unwrap()).await.unwrap_err();
    assert_eq!((error.class(), error.is_retryable()), ("connect", true), "{error}");
    assert!(error.to_string().contains("in time"), "{error}");
}

#[tokio::test]
async fn errors_hold_neither_the_url_nor_a_secret() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let torn = serve_raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    for address in [closed, torn] {
        let path = format!("/bot{TOKEN}/getMe?key=hunter2-hunter2");
        let error = fetch(&net(&[address]), url(address, &path)).await.unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(!said.contains(TOKEN) && !said.contains("hunter2") && !said.contains("getMe"), "{said}");
    }
}

#[tokio::test]
async fn an_answer_of_exactly_the_limit_is_read() {
    let address = serve(Router::new().fallback(|| async { "x".repeat(1000) })).await;
    assert_eq!(fetch(&net(&[address]), url(address, "/")).await.unwrap().len(), 1000);
}

#[tokio::test]
async fn an_announced_size_over_the_limit_is_refused_unread() {
    // Nothing follows the head: reading would wait for ever.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n").await.unwrap();
        stream
    });
    let error = fetch(&net(&[address]), url(address, "/")).await.unwrap_err();
    assert_eq!(error, NetError::TooLarge { host: "127.0.0.1".into(), limit: 1000, size: Some(1001) });
    drop(server.await.unwrap());
}

#[tokio::test]
async fn an_endless_answer_is_read_up_to_the_limit() {
    static SENT: AtomicUsize = AtomicUsize::new(0);
    let endless = || async {
        Body::from_stream(futures_util::stream::repeat_with(|| {
            SENT.fetch_add(100, Ordering::SeqCst);
            Ok::<_, std::io::Error>("x".repeat(100))
        }))
    };
    let address = serve(Router::new().fallback(endless)).await;
    let error = fetch(&net(&[address]), url(address, "/")).await.unwrap_err();
    assert_eq!(error, NetError::TooLarge { host: "127.0.0.1".into(), limit: 1000, size: None });
    assert!(!error.is_retryable());
}

/// The environment belongs to the whole process, so this test runs its other half in a process of its own.
#[test]
fn proxies_of_the_environment_are_ignored() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", nobody.local_addr().unwrap());
    let mut half = std::process::Command::new(std::env::current_exe().unwrap());
    half.args(["--exact", "client::tests::a_request_leaves_with_our_name_and_asks_for_no_compression"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        half.env(name, &proxy);
    }
    let output = half.env_remove("no_proxy").env_remove("NO_PROXY").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    nobody.set_nonblocking(true).unwrap();
    assert!(nobody.accept().is_err(), "somebody spoke to the proxy");
}

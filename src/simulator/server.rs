// SPDX-License-Identifier: MIT OR Apache-2.0
//! Listening: one port for each API, real HTTP/1.1, and connections that can be cut on purpose.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, body::Body};
use http::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
};
use tower::ServiceExt;

use crate::{anthropic, anthropic::Anthropic, telegram, telegram::Telegram};

/// Connections that one listener serves at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 1024;
/// How long a connection may be silent between requests, and take over the head of one. Longer than clients keep idle
/// connections, so that the simulator never closes one that a client is about to use.
const HEAD_TIME: Duration = Duration::from_secs(300);

/// Put into the extensions of a response: what was asked has been done, but the client sees the connection reset
/// instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut;

/// The end of a body that is cut half-way: a stream that yields this error has its connection reset.
#[derive(Debug)]
pub struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is cut on purpose")
    }
}

impl std::error::Error for Broken {}

/// Both stand-ins, listening. Dropping it ends them at once.
#[derive(Debug)]
pub struct Simulator {
    /// The stand-in for the Anthropic API: scripts faults, tells what was asked and what it costs.
    pub anthropic: Anthropic,
    /// The stand-in for the Telegram Bot API.
    pub telegram: Telegram,
    anthropic_addr: SocketAddr,
    telegram_addr: SocketAddr,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
}

impl Simulator {
    /// Listens for the Anthropic API on `addr`, and for Telegram's on the port above it; with `None`, or with port 0, on
    /// two free ports of 127.0.0.1. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// A port is taken, or there is none above it.
    pub async fn start(addr: Option<SocketAddr>) -> io::Result<Simulator> {
        let first = addr.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let above = match first.port() {
            0 => 0,
            port => port
                .checked_add(1)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "there is no port above 65535"))?,
        };
        Simulator::bind(first, SocketAddr::new(first.ip(), above)).await
    }

    /// Listens on exactly these two addresses.
    ///
    /// # Errors
    /// An address cannot be bound.
    pub async fn bind(anthropic: SocketAddr, telegram: SocketAddr) -> io::Result<Simulator> {
        let anthropic_listener = TcpListener::bind(anthropic).await?;
        let telegram_listener = TcpListener::bind(telegram).await?;
        let anthropic_addr = anthropic_listener.local_addr()?;
        let telegram_addr = telegram_listener.local_addr()?;
        let claude = Anthropic::new();
        let bot = Telegram::new();
        let (stop, stopped) = watch::channel(false);
        let mut listeners = JoinSet::new();
        listeners.spawn(serve(anthropic_listener, anthropic::router(claude.clone()), stopped.clone()));
        listeners.spawn(serve(telegram_listener, telegram::router(bot.clone()), stopped));
        Ok(Simulator { anthropic: claude, telegram: bot, anthropic_addr, telegram_addr, stop, listeners })
    }

    /// Where the Anthropic API listens; an allowed loopback origin for the client.
    pub fn anthropic_addr(&self) -> SocketAddr {
        self.anthropic_addr
    }

    /// Where the Telegram API listens; an allowed loopback origin for the client.
    pub fn telegram_addr(&self) -> SocketAddr {
        self.telegram_addr
    }

    /// The base URL for an Anthropic client, without a slash at the end.
    pub fn anthropic_url(&self) -> String {
        format!("http://{}", self.anthropic_addr)
    }

    /// The base URL for a Telegram client, without a slash at the end.
    pub fn telegram_url(&self) -> String {
        format!("http://{}", self.telegram_addr)
    }

    /// Stops listening, closes every connection, and returns when both ports are free again.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        while self.listeners.join_next().await.is_some() {}
    }
}

/// Accepts until told to stop, or until its task is aborted; the connections end with it.
async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let slot = tokio::select! {
            _ = stopped.changed() => break,
            slot = Arc::clone(&slots).acquire_owned() => slot,
        };
        let accepted = tokio::select! {
            _ = stopped.changed() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let router = router.clone();
                connections.spawn(async move {
                    let _slot = slot;
                    connection(stream, router).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    connections.shutdown().await;
}

/// Serves one connection until it ends, or is cut.
async fn connection(stream: TcpStream, router: Router) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let cut = Arc::new(AtomicBool::new(false));
    let io = TokioIo::new(Cuttable { stream, cut: Arc::clone(&cut) });
    let service = hyper::service::service_fn(|request: Request<hyper::body::Incoming>| {
        let router = router.clone();
        let cut = Arc::clone(&cut);
        async move {
            let response = match router.oneshot(request.map(Body::new)).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            if response.extensions().get::<Cut>().is_some() {
                cut.store(true, Ordering::Relaxed);
                return Err(Broken);
            }
            Ok::<Response<Body>, Broken>(response)
        }
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .serve_connection(io, service);
    // Pinned here, so that the stream outlives the error and can still be marked as cut.
    let mut serving = std::pin::pin!(serving);
    let served = serving.as_mut().await;
    if let Err(error) = served {
        // A body that broke on purpose arrives here as an error of the user of hyper.
        if error.is_user() {
            cut.store(true, Ordering::Relaxed);
        }
        tracing::debug!(%error, "a connection ended early");
    }
}

/// A TCP stream that leaves with a reset instead of a farewell when it has been cut.
struct Cuttable {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
}

impl Drop for Cuttable {
    fn drop(&mut self) {
        if self.cut.load(Ordering::Relaxed)
            && let Err(error) = self.stream.set_zero_linger()
        {
            tracing::debug!(%error, "the connection is closed, not reset");
        }
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{response::IntoResponse, routing::get};
    use bytes::Bytes;
    use futures_util::{StreamExt, stream};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn listening(router: Router) -> (SocketAddr, watch::Sender<bool>, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        (addr, stop, tokio::spawn(serve(listener, router, stopped)))
    }

    /// Sends a plain request and reads until the end, or the error.
    async fn ask(addr: SocketAddr, path: &str) -> (String, io::Result<()>) {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut bytes = Vec::new();
        let mut buffer = [0; 1024];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) => return (String::from_utf8(bytes).unwrap(), Ok(())),
                Ok(count) => bytes.extend(&buffer[..count]),
                Err(error) => return (String::from_utf8(bytes).unwrap(), Err(error)),
            }
        }
    }

    fn router() -> Router {
        let half = || {
            stream::iter([Ok(Bytes::from("half")), Err(Broken)]).then(|item| async {
                if item.is_err() {
                    tokio::time::sleep(Duration::from_millis(30)).await;
                }
                item
            })
        };
        Router::new()
            .route("/whole", get(|| async { "whole" }))
            .route(
                "/cut",
                get(|| async {
                    let mut response = "never seen".into_response();
                    response.extensions_mut().insert(Cut);
                    response
                }),
            )
            .route("/half", get(move || async move { Body::from_stream(half()) }))
    }

    #[tokio::test]
    async fn a_cut_is_a_reset_without_an_answer() {
        let (addr, _stop, _serving) = listening(router()).await;
        assert!(ask(addr, "/whole").await.0.ends_with("whole"));
        let (seen, outcome) = ask(addr, "/cut").await;
        assert_eq!((seen.as_str(), outcome.unwrap_err().kind()), ("", io::ErrorKind::ConnectionReset));
    }

    #[tokio::test]
    async fn a_broken_body_arrives_in_part_and_ends_with_a_reset() {
        let (addr, _stop, _serving) = listening(router()).await;
        let (seen, outcome) = ask(addr, "/half").await;
        assert!(seen.contains("half") && !seen.ends_with("0\r\n\r\n"), "{seen}");
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn shutting_down_ends_connections_and_frees_both_ports() {
        let simulator = Simulator::start(None).await.unwrap();
        let (anthropic, telegram) = (simulator.anthropic_addr(), simulator.telegram_addr());
        assert_ne!(anthropic, telegram);
        let mut idle = TcpStream::connect(anthropic).await.unwrap();
        simulator.shutdown().await;
        assert!(matches!(idle.read(&mut [0; 8]).await, Ok(0) | Err(_)));
        let again = Simulator::bind(anthropic, telegram).await.unwrap();
        assert_eq!((again.anthropic_addr(), again.telegram_addr()), (anthropic, telegram));
        drop(again);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(TcpStream::connect(anthropic).await.is_err());
    }

    #[tokio::test]
    async fn there_is_no_port_above_the_last() {
        let last = SocketAddr::from((Ipv4Addr::LOCALHOST, u16::MAX));
        assert_eq!(Simulator::start(Some(last)).await.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}

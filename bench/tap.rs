// SPDX-License-Identifier: MIT OR Apache-2.0
//! A tap: passes a TCP connection on to a server, and notes what went by and when.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Which way something went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Request,
    Response,
}

type Notes = Arc<Mutex<Vec<(Way, Instant, Vec<u8>)>>>;

/// Listens, passes on, notes.
pub(crate) struct Tap {
    address: SocketAddr,
    notes: Notes,
}

impl Tap {
    /// A tap before `server`.
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let notes = Notes::default();
        let shared = Arc::clone(&notes);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else { continue };
                let (_, _) = (client.set_nodelay(true), server.set_nodelay(true));
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass(from_client, to_server, Way::Request, Arc::clone(&shared)));
                tokio::spawn(pass(from_server, to_client, Way::Response, Arc::clone(&shared)));
            }
        });
        Self { address, notes }
    }

    /// The base URL of what lies behind it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn forget(&self) {
        self.notes.lock().unwrap().clear();
    }

    fn find(&self, way: Way, words: &str, last: bool) -> Instant {
        let notes = self.notes.lock().unwrap();
        let mut found = notes.iter().filter(|(its, _, bytes)| {
            *its == way
                && bytes
                    .windows(words.len().max(1))
                    .any(|window| words.is_empty() || window == words.as_bytes())
        });
        let note = if last { found.next_back() } else { found.next() };
        note.unwrap_or_else(|| panic!("nothing went by with {words:?}")).1
    }

    /// When a response with these words went by first.
    pub(crate) fn answered(&self, words: &str) -> Instant {
        self.find(Way::Response, words, false)
    }

    /// When the request with these words went by last.
    pub(crate) fn asked(&self, words: &str) -> Instant {
        self.find(Way::Request, words, true)
    }

    /// When the first request went by.
    pub(crate) fn first_asked(&self) -> Instant {
        self.find(Way::Request, "", false)
    }

    /// When the last piece of a response went by.
    pub(crate) fn last_answered(&self) -> Instant {
        self.find(Way::Response, "", true)
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, way: Way, notes: Notes) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        notes.lock().unwrap().push((way, Instant::now(), buffer[..count].to_vec()));
        if to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
    // Whoever has gone already need not be told.
    let _ = to.shutdown().await;
}

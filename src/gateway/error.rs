// SPDX-License-Identifier: MIT OR Apache-2.0
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the gateway could not be opened. Trying again helps only after someone has changed what the text names.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The address can be reached from outside this machine.
    #[error(
        "{0} is not a loopback address; health and metrics are served to this machine only. Listen on 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// The address could not be taken.
    #[error("cannot listen on {address}: {source}{}", if source.kind() == io::ErrorKind::AddrInUse { "; choose another port, or stop the program that has this one" } else { "" })]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A daemon answers at the socket.
    #[error("{}: a daemon is listening here already; stop it first, or give this one another socket", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// Something else lies where the socket should be.
    #[error("{}: is there and is not a socket; move it away, or choose another path for the socket", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The path is longer than a socket's address can be.
    #[error("{}: has {} bytes, and the path of a socket may have at most {limit}; choose a shorter one", path.display(), path.as_os_str().len())]
    PathTooLong {
        /// The path.
        path: PathBuf,
        /// Most bytes.
        limit: usize,
    },
    /// The socket or its folder could not be made.
    #[error("{}: cannot {what}: {source}", path.display())]
    Socket {
        /// The path.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

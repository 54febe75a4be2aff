// SPDX-License-Identifier: MIT OR Apache-2.0
//! The socket file: whose it is, and what becomes of a dead one.

use crate::error::GatewayError;
use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};

/// Most bytes of a socket's path on Linux, without the zero at its end.
const MAX_PATH_BYTES: usize = 107;
/// How long a listener may take to let a connection in before it counts as alive but busy.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// The listening socket; its file is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    listener: UnixListener,
    path: PathBuf,
    inode: (u64, u64),
}

impl Socket {
    /// Listens at `path`. Its folder is made if it is missing, a socket that nobody listens on is replaced.
    pub(crate) async fn bind(path: PathBuf) -> Result<Self, GatewayError> {
        if path.as_os_str().len() > MAX_PATH_BYTES {
            return Err(GatewayError::PathTooLong { path, limit: MAX_PATH_BYTES });
        }
        let failed = |what| {
            let path = path.clone();
            move |source| GatewayError::Socket { path, what, source }
        };
        if let Some(folder) =
            path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(failed("make its folder"))?;
        }
        clear(&path).await?;
        let listener = UnixListener::bind(&path).map_err(failed("listen there"))?;
        // Whoever connects in between is turned away by his user id.
        fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed("close it to others"))?;
        let inode = inode(&path).map_err(failed("look at it"))?;
        Ok(Self { listener, path, inode })
    }

    /// The next connection and the user at its other end, or `None` for a user who may not come in.
    ///
    /// Can be dropped at any await without losing a connection.
    pub(crate) async fn accept(&self) -> io::Result<Option<(UnixStream, u32)>> {
        let (stream, _) = self.listener.accept().await?;
        let uid = stream.peer_cred()?.uid();
        if may_speak(uid, own_uid()) {
            return Ok(Some((stream, uid)));
        }
        tracing::warn!(uid, "turned away another user at the socket");
        Ok(None)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Not the one that a successor may have put there meanwhile.
        if inode(&self.path).is_ok_and(|inode| inode == self.inode)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "the socket could not be removed");
        }
    }
}

/// The user that this process acts as.
pub(crate) fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether the user at the other end may give orders, or is to be trusted with a passphrase.
pub(crate) fn may_speak(uid: u32, own: u32) -> bool {
    uid == own || uid == 0
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Makes room at `path`: removes a socket whose process is dead, and nothing else.
async fn clear(path: &Path) -> Result<(), GatewayError> {
    let failed = |what| move |source| GatewayError::Socket { path: path.into(), what, source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("look there")(error)),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            return Err(GatewayError::NotASocket { path: path.into() });
        }
        Ok(_) => {}
    }
    match tokio::time::timeout(PROBE_TIMEOUT, UnixStream::connect(path)).await {
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(failed("remove the socket of a dead daemon"))
        }
        Ok(Err(error)) if error.kind() == ErrorKind::NotFound => Ok(()),
        // A full backlog is the sign of a living listener, too.
        Ok(Err(error)) if error.kind() != ErrorKind::WouldBlock => {
            Err(failed("see who listens there")(error))
        }
        _ => Err(GatewayError::InUse { path: path.into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_socket_is_for_its_owner_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/for/it/blufio.sock");
        let socket = Socket::bind(path.clone()).await.unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        drop(socket);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn the_socket_of_a_dead_daemon_is_replaced_and_that_of_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        // The standard library leaves the file behind, as a killed process does.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let first = Socket::bind(path.clone()).await.unwrap();
        let error = Socket::bind(path.clone()).await.unwrap_err();
        assert!(matches!(error, GatewayError::InUse { .. }), "{error}");
        assert!(UnixStream::connect(&path).await.is_ok());
        drop(first);
    }

    #[tokio::test]
    async fn what_is_not_a_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        fs::write(&path, "dear diary").unwrap();
        let error = Socket::bind(path.clone()).await.unwrap_err();
        assert!(matches!(error, GatewayError::NotASocket { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "dear diary");
    }

    #[tokio::test]
    async fn a_successor_keeps_its_socket_when_the_first_one_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let first = Socket::bind(path.clone()).await.unwrap();
        fs::rename(&path, folder.path().join("moved")).unwrap();
        let second = Socket::bind(path.clone()).await.unwrap();
        drop(first);
        assert!(UnixStream::connect(&path).await.is_ok());
        drop(second);
    }

    #[tokio::test]
    async fn a_path_that_is_too_long_is_named() {
        let error = Socket::bind(format!("/tmp/{}", "x".repeat(110)).into()).await.unwrap_err();
        assert!(error.to_string().contains("115 bytes"), "{error}");
    }

    #[test]
    fn only_the_owner_and_root_may_speak() {
        assert!(may_speak(1000, 1000) && may_speak(0, 1000) && may_speak(0, 0));
        assert!(!may_speak(1001, 1000) && !may_speak(1000, 0));
    }
}

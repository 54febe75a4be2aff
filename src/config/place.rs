// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the database and the local socket are when the configuration leaves it open.

use crate::environment::Environment;
use crate::model::Config;
use std::path::PathBuf;

/// There is no standard place in this environment.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no place for the database: set `store.path`, or one of $STATE_DIRECTORY, $XDG_STATE_HOME and $HOME"
)]
pub struct NoPlace;

impl Config {
    /// The database: `store.path`, else `blufio.db` in `$STATE_DIRECTORY`, in `$XDG_STATE_HOME/blufio`, or in
    /// `~/.local/state/blufio`.
    ///
    /// # Errors
    /// When none of them is set. Trying again does not help.
    pub fn database(&self, environment: &Environment) -> Result<PathBuf, NoPlace> {
        self.store
            .path
            .clone()
            .or_else(|| environment.folder("STATE_DIRECTORY").map(|folder| folder.join("blufio.db")))
            .or_else(|| environment.folder("XDG_STATE_HOME").map(|folder| folder.join("blufio/blufio.db")))
            .or_else(|| environment.folder("HOME").map(|home| home.join(".local/state/blufio/blufio.db")))
            .ok_or(NoPlace)
    }

    /// The local socket: `gateway.socket`, else `blufio.sock` in `$RUNTIME_DIRECTORY`, in `$XDG_RUNTIME_DIR`, or beside
    /// the database.
    ///
    /// # Errors
    /// When none of them is set. Trying again does not help.
    pub fn socket(&self, environment: &Environment) -> Result<PathBuf, NoPlace> {
        if let Some(path) = &self.gateway.socket {
            return Ok(path.clone());
        }
        let folder =
            environment.folder("RUNTIME_DIRECTORY").or_else(|| environment.folder("XDG_RUNTIME_DIR"));
        match folder {
            Some(folder) => Ok(folder.join("blufio.sock")),
            None => Ok(self.database(environment)?.with_file_name("blufio.sock")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layers, load};
    use std::path::Path;

    #[test]
    fn the_service_manager_comes_before_the_home_folder() {
        let config = load(&Layers::default()).unwrap().config;
        let home = [("HOME", "/home/ada")];
        let service =
            [("HOME", "/"), ("STATE_DIRECTORY", "/var/lib/blufio"), ("RUNTIME_DIRECTORY", "/run/blufio")];
        let (home, service) = (Environment::from_iter(home), Environment::from_iter(service));
        assert_eq!(config.database(&home).unwrap(), Path::new("/home/ada/.local/state/blufio/blufio.db"));
        assert_eq!(config.socket(&home).unwrap(), Path::new("/home/ada/.local/state/blufio/blufio.sock"));
        assert_eq!(config.database(&service).unwrap(), Path::new("/var/lib/blufio/blufio.db"));
        assert_eq!(config.socket(&service).unwrap(), Path::new("/run/blufio/blufio.sock"));
        assert!(config.database(&Environment::default()).is_err());
    }

    #[test]
    fn a_configured_path_comes_before_all() {
        let environment = Environment::from_iter([
            ("BLUFIO_STORE__PATH", "/data/x.db"),
            ("BLUFIO_GATEWAY__SOCKET", "/data/x.sock"),
            ("STATE_DIRECTORY", "/var/lib/blufio"),
        ]);
        let config = load(&Layers { files: Vec::new(), environment: environment.clone() }).unwrap().config;
        assert_eq!(config.database(&environment).unwrap(), Path::new("/data/x.db"));
        assert_eq!(config.socket(&environment).unwrap(), Path::new("/data/x.sock"));
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where things lie: the configuration, the state file, the local socket.

use crate::exit::Coded;
use crate::global::Global;
use blufio_config::{Config, Environment, LayerFile, Layers, Loaded, Problems};
use std::path::PathBuf;

/// The configuration and what follows from it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The effective configuration.
    pub(crate) config: Config,
    /// The state file.
    pub(crate) database: PathBuf,
    /// The socket that the daemon listens on.
    pub(crate) socket: PathBuf,
}

/// The files and the environment that make up the configuration.
pub(crate) fn layers(global: &Global) -> Layers {
    let environment = Environment::of_process();
    if !global.isolated {
        return Layers::standard(environment, global.config.clone());
    }
    let named = global.config.iter().map(|path| LayerFile { path: path.clone(), required: true });
    Layers { files: named.collect(), environment }
}

/// Reads the configuration; all problems at once when there are some.
pub(crate) fn find(global: &Global) -> anyhow::Result<Place> {
    let layers = layers(global);
    place(&layers, blufio_config::load(&layers))
}

/// As [`find`], for the commands that take plaintext secrets out of the files: their being there is no problem.
pub(crate) fn find_despite_secrets(global: &Global) -> anyhow::Result<Place> {
    let layers = layers(global);
    place(&layers, blufio_config::load_despite_secrets(&layers))
}

fn place(layers: &Layers, loaded: Result<Loaded, Problems>) -> anyhow::Result<Place> {
    let Loaded { config, .. } = loaded.map_err(|problems| Coded::usage(problems.to_string()))?;
    let named = |error: blufio_config::NoPlace| Coded::usage(error.to_string());
    let database = config.database(&layers.environment).map_err(named)?;
    let socket = config.socket(&layers.environment).map_err(named)?;
    Ok(Place { config, database, socket })
}

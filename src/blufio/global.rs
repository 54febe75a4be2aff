// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every command takes.

use std::path::PathBuf;

/// The flags that stand before or after any command.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Global {
    /// A configuration file, read after /etc/blufio/blufio.toml and the one in your home
    #[arg(long, global = true, value_name = "FILE", env = "BLUFIO_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration file but that of --config
    #[arg(long, global = true, hide = true)]
    pub(crate) isolated: bool,
    /// Report as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

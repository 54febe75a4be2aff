// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::cli::Global;
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}
pub(crate) fn run(_global: &Global, _args: &Args) -> anyhow::Result<()> { Ok(()) }

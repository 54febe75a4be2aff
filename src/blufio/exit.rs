// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 refused by policy or budget, 4 sealed,
//! 5 nobody there yet (of the health check, and of `provision` alone).

use blufio_core::control::{Refusal, RefusalKind};
use std::fmt;
use std::io::{self, ErrorKind, Write as _};
use std::panic::PanicHookInfo;
use std::process::ExitCode;

/// An error that knows its exit code. Everything else exits with 1.
#[derive(Debug)]
pub(crate) struct Coded {
    code: u8,
    message: String,
}

impl Coded {
    /// Wrong usage or configuration.
    pub(crate) fn usage(message: impl Into<String>) -> anyhow::Error {
        Self { code: 2, message: message.into() }.into()
    }

    /// What the configuration names cannot be used. That is wrong configuration, unless it is the disk or the system that
    /// fails: then trying again may help.
    pub(crate) fn unusable(what: &str, error: &io::Error) -> anyhow::Error {
        let message = format!("{what}: {error}");
        match error.kind() {
            ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::AlreadyExists
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::InvalidData => Self::usage(message),
            _ => anyhow::Error::msg(message),
        }
    }

    /// The message has been printed already; only the exit code is left to say.
    pub(crate) fn silent(code: u8) -> anyhow::Error {
        Self { code, message: String::new() }.into()
    }
}

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Coded {}

/// The code of an error.
pub(crate) fn code(error: &anyhow::Error) -> u8 {
    if let Some(coded) = error.downcast_ref::<Coded>() {
        return coded.code;
    }
    match error.downcast_ref::<Refusal>().map(|refusal| refusal.kind) {
        Some(RefusalKind::Usage) => 2,
        Some(RefusalKind::Policy) => 3,
        Some(RefusalKind::Sealed) => 4,
        Some(RefusalKind::Failed) | None => 1,
    }
}

/// Prints an error and its causes, and gives its code to the system.
pub(crate) fn report(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = format!("{error:#}");
            // Diagnostics of the configuration bring their own beginning.
            match text.as_str() {
                "" => {}
                diagnostics if diagnostics.starts_with("error: ") => say(diagnostics),
                text => say(&format!("blufio: {text}")),
            }
            ExitCode::from(code(&error))
        }
    }
}

/// What happens at a panic: `tell` is told. Not of that of `println!` at a closed pipe: whoever reads no further has
/// enough, and that is no failure.
pub(crate) fn on_panic(tell: impl Fn(&PanicHookInfo<'_>) + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to stdout") && said.contains("Broken pipe") {
            std::process::exit(0);
        }
        tell(panic);
    }));
}

/// To standard error, if that still exists: `eprintln!` would panic without it.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn an_error_keeps_its_code_under_context() {
        let sealed = Refusal { kind: RefusalKind::Sealed, message: "sealed".into() };
        assert_eq!(code(&anyhow::Error::from(sealed)), 4);
        assert_eq!(code(&Coded::usage("what?")), 2);
        let wrapped = Err::<(), _>(Coded::usage("what?")).context("reading").unwrap_err();
        assert_eq!(code(&wrapped), 2);
        assert_eq!(code(&anyhow::anyhow!("broken")), 1);
        let unusable = |kind: ErrorKind| code(&Coded::unusable("log.file", &kind.into()));
        assert_eq!((unusable(ErrorKind::NotFound), unusable(ErrorKind::StorageFull)), (2, 1));
    }
}

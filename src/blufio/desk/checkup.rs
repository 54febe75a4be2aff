// SPDX-License-Identifier: MIT OR Apache-2.0
//! The self-test: cheap enough for every minute, and what is dear once a day.

use super::{Desk, Phase};
use crate::secrets;
use blufio_core::checkup::{Checkup, Point, Standing};
use blufio_core::control::VaultState;
use blufio_core::embedding::Patience;
use blufio_core::time::Timestamp;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// How long the sentence model may take, loading included.
const EMBEDS_WITHIN: Duration = Duration::from_secs(90);
/// How long a sentence that was embedded is good for: a day, in milliseconds. Loading the model takes memory.
const GOOD_FOR: i64 = 24 * 60 * 60 * 1000;

impl Desk {
    /// Looks at everything that the daemon needs to work.
    pub(crate) async fn check_up(&self) -> Checkup {
        let standing = standing(&self.phase());
        let mut points =
            vec![self.daemon_point(standing), self.state_point().await, self.vault_point().await];
        // Sealed, nobody knows yet what is in the vault.
        if matches!(standing, Standing::Trial | Standing::Running) {
            points.push(self.secrets_point().await);
            points.extend(self.memory_point().await);
        }
        Checkup { version: env!("CARGO_PKG_VERSION").into(), standing, points }
    }

    fn daemon_point(&self, standing: Standing) -> Point {
        let reason = blufio_core::control::Control::health(self).reason;
        let ok = match standing {
            // On trial nothing is answered, and that is as it should be.
            Standing::Trial => self.moves(),
            Standing::Running => reason == super::WELL,
            _ => false,
        };
        Point {
            name: "daemon".into(),
            ok,
            says: if reason == super::WELL { standing.to_string() } else { reason },
        }
    }

    async fn state_point(&self) -> Point {
        let found = self.storage.examine(self.clock.now()).await;
        point(
            "state",
            match found {
                Ok(found) if found.schema == found.known => {
                    Ok(format!("sound, written and read back; schema {}", found.schema))
                }
                Ok(found) => Err(format!(
                    "it has schema {}, and this program knows {}; start the daemon again",
                    found.schema, found.known
                )),
                Err(error) => Err(error.to_string()),
            },
        )
    }

    async fn vault_point(&self) -> Point {
        point(
            "vault",
            match self.vault.status().await {
                Ok(status) => match status.state {
                    VaultState::Uninitialised => Ok("there is none".to_owned()),
                    VaultState::Unsealed => Ok(format!("open; it holds {} secrets", status.secrets)),
                    VaultState::Sealed => Err("sealed; open it with `blufio vault unseal`".to_owned()),
                },
                Err(error) => Err(error.to_string()),
            },
        )
    }

    async fn secrets_point(&self) -> Point {
        let mut there = 0_usize;
        for name in &self.used {
            match secrets::find(&self.vault, name).await {
                Ok(Some(_)) => there = there.saturating_add(1),
                Ok(None) if name == secrets::ANTHROPIC => {
                    return point("secrets", Err(secrets::remedy(name)));
                }
                // Whatever else the configuration cannot do without was missed when the agent was put together.
                Ok(None) => {}
                Err(error) => {
                    let says = format!("{name}: {error:#}; store it anew with `blufio vault set {name}`");
                    return point("secrets", Err(says));
                }
            }
        }
        point("secrets", Ok(format!("{there} can be read")))
    }

    /// `None`: nothing is remembered by meaning.
    async fn memory_point(&self) -> Option<Point> {
        if !self.remembers {
            return None;
        }
        let Some(embedding) = &self.embedding else {
            let says = "memory.model cannot be used, the log says why; correct it, or remove the key";
            return Some(point("memory", Err(says.into())));
        };
        let now = self.clock.now();
        let embedded = || self.embedded.lock().unwrap_or_else(PoisonError::into_inner);
        if embedded().is_some_and(|at: Timestamp| (0..GOOD_FOR).contains(&now.0.saturating_sub(at.0))) {
            return Some(point("memory", Ok("a sentence was embedded today".into())));
        }
        let began = Instant::now();
        let sentence = ["The self-test embeds one sentence."];
        Some(point(
            "memory",
            match embedding.embed(&sentence, Patience::Within(EMBEDS_WITHIN)).await {
                Ok(_) => {
                    *embedded() = Some(now);
                    Ok(format!("a sentence was embedded in {} ms", began.elapsed().as_millis()))
                }
                Err(error) if error.is_transient() => Err(format!("{error}; ask again")),
                Err(error) => Err(error.to_string()),
            },
        ))
    }
}

fn point(name: &str, found: Result<String, String>) -> Point {
    let ok = found.is_ok();
    let (Ok(says) | Err(says)) = found;
    Point { name: name.into(), ok, says }
}

fn standing(phase: &Phase) -> Standing {
    match phase {
        Phase::Absent => Standing::Absent,
        Phase::Starting => Standing::Starting,
        Phase::Sealed(_) => Standing::Sealed,
        Phase::Waiting(_) => Standing::Waiting,
        Phase::Trial(_) => Standing::Trial,
        Phase::Running => Standing::Running,
        Phase::Reloading => Standing::Reloading,
        Phase::Draining => Standing::Draining,
    }
}

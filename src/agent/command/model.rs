// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{Asked, Words, strs};
use blufio_core::route::Route;
use blufio_core::storage::StorageError;

const USAGE: &str = "`/model fast`, `/model standard` or `/model deep` pins one for this conversation, `/model auto` lets me \
    choose again; `!deep` before a message asks for one once.";

pub(super) async fn run(asked: Asked<'_>, words: &Words) -> Result<String, StorageError> {
    let storage = &asked.shared.storage;
    match strs(words).as_slice() {
        [] => Ok(format!("{}\n{USAGE}", tell(asked).await?)),
        ["auto"] => {
            storage.set_pin(asked.conversation(), None).await?;
            tell(asked).await
        }
        [name] => match Route::named(name) {
            Some(route) => {
                storage.set_pin(asked.conversation(), Some(route)).await?;
                tell(asked).await
            }
            None => Ok(format!("“{name}” is no route. {USAGE}")),
        },
        _ => Ok(USAGE.into()),
    }
}

/// Which model answers in this conversation.
pub(super) async fn tell(asked: Asked<'_>) -> Result<String, StorageError> {
    let pin = asked.shared.storage.pin(asked.conversation()).await?;
    let routing = &asked.shared.options.routing;
    let slot = |route: Route| routing.slots.model(route);
    Ok(match (pin, routing.always) {
        (Some(route), _) => format!("Model: {} ({route}, as you pinned it)", slot(route)),
        (None, Some(route)) => format!("Model: {} ({route}, as configured)", slot(route)),
        (None, None) => {
            let slots: Vec<String> =
                Route::ALL.into_iter().map(|route| format!("{route}: {}", slot(route))).collect();
            format!("Model: chosen for each message (auto; {})", slots.join(", "))
        }
    })
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The adapter: what the rest of the house holds.

use crate::call::Call;
use crate::models::ModelTable;
use crate::options::AnthropicOptions;
use crate::retry::{Jitter, random};
use crate::wire;
use blufio_core::model::ModelSpec;
use blufio_core::money::Usage;
use blufio_core::provider::{Event, Provider, ProviderError, ProviderErrorKind, Request};
use blufio_core::route::Route;
use blufio_core::secret::SecretString;
use blufio_net::{Net, NetError};
use futures_core::stream::BoxStream;
use futures_util::stream::{self, StreamExt};
use reqwest::header::HeaderValue;
use std::fmt;
use url::Url;

/// Largest request that the provider takes. A larger one is not even sent.
const MAX_REQUEST: usize = 32 * 1024 * 1024;

/// Why the adapter cannot be set up. A retry does not help; the configuration has to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnthropicError {
    /// The key cannot be one.
    #[error("the Anthropic API key {0}; store the key again, exactly as the console shows it")]
    ApiKey(&'static str),
    /// The address may not be called.
    #[error("the Anthropic base URL cannot be used: {0}")]
    BaseUrl(#[from] NetError),
}

/// Claude, through the Messages API.
pub struct Anthropic {
    pub(crate) net: Net,
    pub(crate) options: AnthropicOptions,
    pub(crate) endpoint: Url,
    pub(crate) jitter: Jitter,
    models: ModelTable,
}

impl Anthropic {
    /// Sets the adapter up; nothing is sent yet. The key is made known to the redactor of `net`.
    ///
    /// # Errors
    /// When the key cannot stand in a header, or the address is one that `net` refuses.
    pub fn new(net: Net, mut options: AnthropicOptions, models: ModelTable) -> Result<Self, AnthropicError> {
        // Files end with a line break, and keys in files do too.
        options.api_key = SecretString::new(options.api_key.expose().trim().to_owned());
        if options.api_key.expose().is_empty() {
            return Err(AnthropicError::ApiKey("is empty"));
        }
        if HeaderValue::from_str(options.api_key.expose()).is_err() {
            return Err(AnthropicError::ApiKey("has characters that no key has"));
        }
        net.redactor().add(&options.api_key);
        let mut endpoint = options.base_url.clone();
        let path = format!("{}/v1/messages", endpoint.path().trim_end_matches('/'));
        endpoint.set_path(&path);
        net.check(&endpoint)?;
        Ok(Self { net, options, endpoint, jitter: random(), models })
    }

    /// Takes chance from somewhere else, so that waits can be foreseen.
    #[must_use]
    pub fn with_jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// The models that can be called.
    #[must_use]
    pub fn models(&self) -> &ModelTable {
        &self.models
    }

    fn prepare(&self, request: &Request) -> Result<Call<'_>, ProviderError> {
        let refuse = |kind, message: String| ProviderError {
            kind,
            message,
            usage: Usage::default(),
            request_id: None,
        };
        let model = self.models.get(&request.model).ok_or_else(|| {
            refuse(
                ProviderErrorKind::UnknownModel,
                format!(
                    "`{}` is not in the table of models; correct the name, or add the model with its prices",
                    request.model
                ),
            )
        })?;
        let body = wire::body(request, model)
            .map_err(|error| refuse(ProviderErrorKind::InvalidRequest, error.to_string()))?;
        if body.len() > MAX_REQUEST {
            let size = body.len() / (1024 * 1024);
            let limit = MAX_REQUEST / (1024 * 1024);
            return Err(refuse(
                ProviderErrorKind::TooLarge,
                format!(
                    "the request has {size} MiB and the provider takes {limit}; leave out images or documents"
                ),
            ));
        }
        Ok(Call::new(self, body.into()))
    }
}

impl fmt::Debug for Anthropic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anthropic")
            .field("endpoint", &self.endpoint.as_str())
            .field("models", &self.models.version())
            .finish_non_exhaustive()
    }
}

impl Provider for Anthropic {
    fn name(&self) -> &str {
        "anthropic"
    }

    fn model(&self, id: &str) -> Option<&ModelSpec> {
        self.models.get(id).map(|model| &model.spec)
    }

    fn newest(&self, route: Route) -> Option<&ModelSpec> {
        self.models.newest(route).map(|model| &model.spec)
    }

    fn call(&self, request: Request) -> BoxStream<'_, Result<Event, ProviderError>> {
        match self.prepare(&request) {
            Ok(call) => stream::unfold(call, async |mut call| {
                let item = call.next().await?;
                Some((item, call))
            })
            // Asking once more after the end is harmless, and must not bring the program down.
            .fuse()
            .boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }
}

#[cfg(test)]
mod tests;

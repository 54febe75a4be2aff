// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the provider is, who asks, and how long to wait.

use blufio_core::secret::SecretString;
use std::time::Duration;
use url::Url;

/// Where Anthropic answers.
pub const DEFAULT_BASE_URL: &str = "https://api.anthropic.com";

/// Three, one more than the vendor's own clients: an overload rarely lasts longer than the seconds this takes, and
/// nobody is there to press a key again.
const MAX_RETRIES: u32 = 3;
/// As the vendor's own clients wait.
const BACKOFF_INITIAL: Duration = Duration::from_millis(500);
/// As the vendor's own clients wait.
const BACKOFF_CAP: Duration = Duration::from_secs(8);
/// The head of the answer comes when the prompt has been read; a million tokens take the better part of a minute.
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(90);
/// While a model thinks, pings come every few seconds. A minute and a half without one: the connection is dead.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
/// The longest answer, 128,000 tokens at a slow 75 a second, takes 28 minutes.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// How the provider is reached.
#[derive(Clone, Debug)]
pub struct AnthropicOptions {
    /// Where it answers, without `/v1`.
    pub base_url: Url,
    /// The key of the account.
    pub api_key: SecretString,
    /// How often a failed attempt is repeated. 3 unless set.
    pub max_retries: u32,
    /// Wait before the first repetition; it doubles with each. Half a second unless set.
    pub backoff_initial: Duration,
    /// Longest wait between attempts, when the provider does not ask for one. 8 seconds unless set.
    pub backoff_cap: Duration,
    /// Longest wait for the head of an answer, beyond the time that sending the request takes on a slow line.
    /// 90 seconds unless set.
    pub first_byte_timeout: Duration,
    /// Longest silence within an answer. 90 seconds unless set.
    pub idle_timeout: Duration,
    /// Longest time of one attempt in all. 30 minutes unless set.
    pub request_timeout: Duration,
}

impl AnthropicOptions {
    /// The usual times to wait, for an address and a key.
    #[must_use]
    pub fn new(base_url: Url, api_key: SecretString) -> Self {
        Self {
            base_url,
            api_key,
            max_retries: MAX_RETRIES,
            backoff_initial: BACKOFF_INITIAL,
            backoff_cap: BACKOFF_CAP,
            first_byte_timeout: FIRST_BYTE_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
            request_timeout: REQUEST_TIMEOUT,
        }
    }
}

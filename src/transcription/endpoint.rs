// SPDX-License-Identifier: MIT OR Apache-2.0
//! A server that speaks as OpenAI's `/v1/audio/transcriptions` does.

use crate::file_name::file_name;
use crate::words::{MAX_TEXT, quote, words};
use async_trait::async_trait;
use blufio_core::secret::SecretString;
use blufio_core::transcribe::{TranscribeError, Transcriber};
use blufio_net::{Net, NetError};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// JSON escapes may make a text six times as long, and a frame stands around it.
const MAX_ANSWER: u64 = MAX_TEXT * 6 + 4096;

/// What the configuration says about the endpoint.
#[derive(Clone, Debug)]
pub struct EndpointOptions {
    /// The whole address that is posted to, such as `https://api.example.com/v1/audio/transcriptions`.
    pub url: Url,
    /// Name of the model; servers that have only one ignore it.
    pub model: Option<String>,
    /// The language that is spoken, in ISO 639-1 (`de`). The server guesses without it.
    pub language: Option<String>,
    /// Sent as bearer token.
    pub bearer: Option<SecretString>,
    /// How long one recording may take, upload included.
    pub timeout: Duration,
}

/// Posts the recording to an endpoint, and takes the `text` of its JSON answer as the words.
#[derive(Debug)]
pub struct EndpointTranscriber {
    net: Net,
    options: EndpointOptions,
}

impl EndpointTranscriber {
    /// Speaks to the endpoint through `net`, whose redactor learns the token.
    ///
    /// # Errors
    /// [`TranscribeError::Failed`] when the rules of `net` stand against the address.
    pub fn new(net: Net, options: EndpointOptions) -> Result<Self, TranscribeError> {
        net.check(&options.url).map_err(|error| failed(format!("transcription.url: {error}")))?;
        if let Some(bearer) = &options.bearer {
            net.redactor().add(bearer);
        }
        Ok(Self { net, options })
    }

    fn form(&self, audio: &[u8], media_type: &str) -> Result<Form, TranscribeError> {
        let file = Part::bytes(audio.to_vec())
            .file_name(file_name(media_type))
            .mime_str(media_type)
            .map_err(|_| failed(format!("{:?} is no media type", quote(media_type))))?;
        let mut form = Form::new().part("file", file).text("response_format", "json");
        for (name, value) in [("model", &self.options.model), ("language", &self.options.language)] {
            if let Some(value) = value {
                form = form.text(name, value.clone());
            }
        }
        Ok(form)
    }

    fn authorization(&self) -> Result<Option<HeaderValue>, TranscribeError> {
        let Some(bearer) = &self.options.bearer else { return Ok(None) };
        let mut value =
            HeaderValue::from_str(&format!("Bearer {}", bearer.expose().trim())).map_err(|_| {
                failed("the secret of transcription.secret holds characters that no token has; set it again")
            })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    fn unreachable(&self, error: NetError) -> TranscribeError {
        match error {
            NetError::Timeout { .. } => TranscribeError::Timeout(self.options.timeout),
            error => failed(format!("transcription.url: {error}")),
        }
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> TranscribeError {
        let body = String::from_utf8_lossy(body);
        let said = serde_json::from_str::<Complaint>(&body)
            .map_or_else(|_| body.to_string(), |said| said.error.message);
        let said = quote(&self.net.redactor().redact(&said));
        let remedy = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                "check the secret that transcription.secret names"
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => "check the path of transcription.url",
            StatusCode::PAYLOAD_TOO_LARGE => "the recording is too long for it",
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                "check transcription.model and transcription.language"
            }
            _ => "a later recording may work",
        };
        failed(format!("transcription.url answered {}: {said:?}; {remedy}", status.as_u16()))
    }
}

#[async_trait]
impl Transcriber for EndpointTranscriber {
    async fn transcribe(&self, audio: &[u8], media_type: &str) -> Result<String, TranscribeError> {
        let mut request = self
            .net
            .request(Method::POST, self.options.url.clone())
            .map_err(|error| self.unreachable(error))?
            .timeout(self.options.timeout)
            .multipart(self.form(audio, media_type)?);
        if let Some(authorization) = self.authorization()? {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = self.net.send(request).await.map_err(|error| self.unreachable(error))?;
        let status = response.status();
        let body =
            self.net.read_capped(response, MAX_ANSWER).await.map_err(|error| self.unreachable(error))?;
        if !status.is_success() {
            return Err(self.refused(status, &body));
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| {
            failed(format!(
                "transcription.url did not answer with {{\"text\": …}}: {error}; it should be the address of an OpenAI-compatible /v1/audio/transcriptions"
            ))
        })?;
        words(&answer.text)
    }
}

fn failed(reason: impl Into<String>) -> TranscribeError {
    TranscribeError::Failed(reason.into())
}

/// A good answer.
#[derive(Deserialize)]
struct Answer {
    text: String,
}

/// A bad one, where the server follows the shape.
#[derive(Deserialize)]
struct Complaint {
    error: Message,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

#[cfg(test)]
mod tests;

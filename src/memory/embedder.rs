// SPDX-License-Identifier: MIT OR Apache-2.0
//! The model on a thread of its own: loaded when it is first needed, given back when it is not needed for a while.

use crate::error::ModelError;
use crate::form::Form;
use crate::model::{Loaded, Model, Source};
use crate::queue::{Job, Next, Queue, Reply};
use async_trait::async_trait;
use blufio_core::embedding::{EmbedError, Embedding, EmbeddingModel, Patience};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, oneshot};

/// Calls that may wait, of each kind.
const PLACES: usize = 32;
/// Texts that wait at one place; a longer list takes its turn again and again.
const TEXTS: usize = 16;
/// Bytes of a text that are looked at. The longest text that the model takes in has a few hundred words.
const BYTES: usize = 16 * 1024;
/// After a failed load the next one is tried no sooner than this.
const AGAIN: Duration = Duration::from_secs(60);

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the model is.
    pub source: Source,
    /// The form of the weights; `None` takes what is best for this processor.
    pub form: Option<Form>,
    /// A folder in which a fresh one can be made for the moment of loading. It takes up to 55 MB there.
    pub scratch: PathBuf,
    /// After this long without a question the model is given back; it takes seconds to load again.
    pub idle: Duration,
}

impl Options {
    /// The model of this place in the form that suits the processor, given back after ten minutes.
    #[must_use]
    pub fn new(source: Source, scratch: PathBuf) -> Self {
        Self { source, form: None, scratch, idle: Duration::from_secs(600) }
    }
}

/// Sentences in, vectors out. Dropping it ends the thread when the sentence at hand is done.
#[derive(Debug)]
pub struct Embedder {
    identity: EmbeddingModel,
    form: Form,
    queue: Arc<Queue>,
    hurried: Arc<Semaphore>,
    unhurried: Arc<Semaphore>,
}

impl Embedder {
    /// Finds the model and starts the thread. Nothing is loaded yet, but a foreign model is read once for its checksum.
    ///
    /// # Errors
    /// See [`ModelError`]: the files of the model are not there, or do not fit together.
    pub fn open(options: Options) -> Result<Self, ModelError> {
        let model = Model::find(&options.source)?;
        let identity = model.identity();
        let form = options.form.unwrap_or_else(Form::of_this_processor);
        let queue = Arc::new(Queue::default());
        let worker = Worker {
            queue: Arc::clone(&queue),
            model,
            form,
            scratch: options.scratch,
            idle: options.idle,
            loaded: None,
            failed: None,
        };
        std::thread::Builder::new()
            .name("embedding".into())
            .spawn(move || worker.run())
            .map_err(ModelError::Thread)?;
        let places = || Arc::new(Semaphore::new(PLACES));
        Ok(Self { identity, form, queue, hurried: places(), unhurried: places() })
    }

    /// The form of the weights.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    async fn ask(&self, texts: &[&str], place: OwnedSemaphorePermit, hurried: bool) -> Reply {
        let (reply, answer) = oneshot::channel();
        let texts = texts.iter().map(|text| beginning(text).to_owned()).collect();
        self.queue.add(Job { texts, vectors: Vec::new(), hurried, reply, _place: place });
        answer.await.unwrap_or(Err(EmbedError::Closed))
    }

    async fn in_time(&self, texts: &[&str], patience: Duration) -> Reply {
        let work = async {
            let mut vectors = Vec::with_capacity(texts.len());
            for few in texts.chunks(TEXTS) {
                let place = Arc::clone(&self.hurried).try_acquire_owned().map_err(|error| match error {
                    TryAcquireError::NoPermits => EmbedError::Full,
                    TryAcquireError::Closed => EmbedError::Closed,
                })?;
                vectors.extend(self.ask(few, place, true).await?);
            }
            Ok(vectors)
        };
        tokio::time::timeout(patience, work).await.unwrap_or(Err(EmbedError::NotInTime(patience)))
    }

    async fn at_leisure(&self, texts: &[&str]) -> Reply {
        let mut vectors = Vec::with_capacity(texts.len());
        for few in texts.chunks(TEXTS) {
            let place = Arc::clone(&self.unhurried).acquire_owned().await.map_err(|_| EmbedError::Closed)?;
            vectors.extend(self.ask(few, place, false).await?);
        }
        Ok(vectors)
    }
}

#[async_trait]
impl Embedding for Embedder {
    fn model(&self) -> &EmbeddingModel {
        &self.identity
    }

    async fn embed(&self, texts: &[&str], patience: Patience) -> Reply {
        match patience {
            Patience::Within(patience) => self.in_time(texts, patience).await,
            Patience::Unhurried => self.at_leisure(texts).await,
        }
    }
}

impl Drop for Embedder {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// Hands over an answer. Whoever asked may have gone meanwhile; nothing was lost then but the work.
fn answer(to: oneshot::Sender<Reply>, answer: Reply) {
    if to.send(answer).is_err() {
        tracing::trace!("nobody waits for these vectors any more");
    }
}

/// Loading runs through code that nothing else needs: it shall not count as the program's memory until the next time.
fn give_back_code() {
    if let Err(error) = blufio_pages::release_code() {
        tracing::debug!(%error, "the pages of code that loading needed stay in memory");
    }
}

/// The part of a text that is looked at.
fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(BYTES)).unwrap_or(text)
}

/// The thread.
struct Worker {
    queue: Arc<Queue>,
    model: Model,
    form: Form,
    scratch: PathBuf,
    idle: Duration,
    loaded: Option<Loaded>,
    failed: Option<(Instant, EmbedError)>,
}

impl Worker {
    fn run(mut self) {
        loop {
            // While nothing is loaded there is nothing to give back, and no reason to wake up.
            let patience = if self.loaded.is_some() { self.idle } else { Duration::MAX };
            match self.queue.next(patience) {
                Next::Job(job) => self.go_on(job),
                Next::Idle => {
                    self.loaded = None;
                    give_back_code();
                    tracing::debug!("the embedding model was given back");
                }
                Next::Closed => return,
            }
        }
    }

    /// Works on one text, so that somebody in a hurry never waits for more than one.
    fn go_on(&mut self, mut job: Job) {
        if job.reply.is_closed() {
            // A call that gave up may have been the first one: the next one shall be in time.
            if job.hurried && self.loaded.is_none() && self.ready().is_err() {
                tracing::debug!("nobody waited for the embedding model, and it could not be loaded");
            }
            return;
        }
        let Some(text) = job.texts.pop_front() else {
            answer(job.reply, Ok(job.vectors));
            return;
        };
        match self.embed(&text) {
            Ok(vector) => {
                job.vectors.push(vector);
                if job.texts.is_empty() {
                    answer(job.reply, Ok(job.vectors));
                } else {
                    self.queue.put_back(job);
                }
            }
            Err(error) => answer(job.reply, Err(error)),
        }
    }

    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let loaded = self.ready()?;
        // What the backend does not expect it answers with a panic; the thread must outlive it.
        let result = catch_unwind(AssertUnwindSafe(|| loaded.embed(text)));
        let result = result.unwrap_or_else(|_| Err(ModelError::Graph("the backend panicked".into())));
        result.map_err(|error| {
            tracing::error!(%error, "a sentence has no vector");
            // What is left of the session is not to be trusted.
            self.loaded = None;
            EmbedError::Unusable(error.to_string())
        })
    }

    /// The model, loaded if it is not yet.
    fn ready(&mut self) -> Result<&mut Loaded, EmbedError> {
        if self.loaded.is_none() {
            if let Some((when, error)) = &self.failed
                && when.elapsed() < AGAIN
            {
                return Err(error.clone());
            }
            self.failed = None;
            let began = Instant::now();
            let loading = catch_unwind(AssertUnwindSafe(|| self.model.load(self.form, &self.scratch)));
            match loading.unwrap_or_else(|_| Err(ModelError::Graph("the backend panicked".into()))) {
                Ok(loaded) => {
                    tracing::debug!(form = %self.form, took = ?began.elapsed(), "the embedding model is loaded");
                    give_back_code();
                    self.loaded = Some(loaded);
                }
                Err(error) => {
                    tracing::error!(%error, "the embedding model cannot be loaded");
                    self.failed = Some((Instant::now(), EmbedError::Unusable(error.to_string())));
                }
            }
        }
        match (&mut self.loaded, &self.failed) {
            (Some(loaded), _) => Ok(loaded),
            (None, Some((_, error))) => Err(error.clone()),
            (None, None) => Err(EmbedError::Closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn dropping_the_embedder_ends_its_thread() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/model").into();
        let options = Options::new(Source::Folder(folder), std::env::temp_dir());
        let embedder = Embedder::open(options).unwrap();
        let queue = Arc::downgrade(&embedder.queue);
        drop(embedder);
        // The thread holds the queue as long as it runs.
        let ended = async {
            while queue.strong_count() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ended).await.unwrap();
    }

    #[tokio::test]
    async fn who_waits_when_the_embedder_ends_is_told() {
        let queue = Arc::new(Queue::default());
        let (reply, answer) = oneshot::channel();
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        queue.add(Job {
            texts: ["a".to_owned()].into(),
            vectors: Vec::new(),
            hurried: true,
            reply,
            _place: place,
        });
        queue.close();
        assert!(answer.await.is_err());
    }

    #[test]
    fn a_text_is_looked_at_up_to_a_whole_character() {
        let text = "é".repeat(BYTES);
        assert_eq!(beginning(&text).len(), BYTES);
        assert_eq!(beginning(&format!("a{text}")).len(), BYTES - 1);
        assert_eq!(beginning("short"), "short");
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one place that knows every adapter. Adding one means a crate and a line here.

use crate::clock::SystemClock;
use crate::exit::Coded;
use crate::paths::Place;
use crate::secrets;
use blufio_agent::options::{
    BudgetOptions, ContextOptions, Deliver, HeartbeatOptions, MemoryOptions, RoutingOptions, Slots, WhenSpent,
};
use blufio_agent::{Agent, AgentOptions, Parts};
use blufio_anthropic::{Anthropic, AnthropicError, AnthropicOptions, ModelTable};
use blufio_calendar::Zone;
use blufio_config::{
    self as config, AgentConfig, Config, MemoryConfig, ModelForm, PersonaError, Problem, ProblemKind, Switch,
};
use blufio_core::channel::Channel;
use blufio_core::control::Control;
use blufio_core::embedding::Embedding;
use blufio_core::observe::Observability;
use blufio_core::recall::Recall;
use blufio_core::route::Route;
use blufio_core::secret::SecretString;
use blufio_core::storage::{Storage, StorageError};
use blufio_core::time::Clock;
use blufio_core::transcribe::Transcriber;
use blufio_gateway::{Gateway, GatewayOptions, LocalChannel};
use blufio_memory::{Embedder, Form, ModelError, Options as EmbedderOptions, Recaller, Source};
use blufio_metrics::{Metrics, MetricsOptions};
use blufio_net::{Net, NetOptions, Redactor};
use blufio_skills::builtin::Builtin;
use blufio_store::{Store, StoreOptions};
use blufio_telegram::{SetupError, Telegram, TelegramOptions};
use blufio_transcription::{CommandTranscriber, EndpointOptions, EndpointTranscriber};
use blufio_vault::Vault;
use blufio_watch::Watcher;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;

pub(crate) use blufio_gateway::{client, wire};
pub(crate) use blufio_memory::evaluation;
pub(crate) use blufio_store::{backups, in_use};

/// The state file and the vault in it.
pub(crate) struct State {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Finds what fits, in what is remembered.
    pub(crate) recall: Arc<dyn Recall>,
    /// The sentence model; nothing of it is loaded before it is needed.
    pub(crate) embedding: Option<Arc<dyn Embedding>>,
    /// Whether there is to be one.
    pub(crate) remembers: bool,
}

/// Opens a state file in a folder that is there.
pub(crate) fn open(database: &Path) -> Result<Arc<dyn Storage>, StorageError> {
    Ok(Arc::new(Store::open(database, StoreOptions::default())?))
}

/// Makes the folder of a state file, for its owner alone.
pub(crate) fn make_folder(database: &Path) -> anyhow::Result<()> {
    if let Some(folder) = database.parent() {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| {
            Coded::unusable(&format!("store.path: the folder {} cannot be made", folder.display()), &error)
        })?;
    }
    Ok(())
}

/// Opens the state file, and nothing else.
pub(crate) fn storage(database: &Path) -> anyhow::Result<Arc<dyn Storage>> {
    make_folder(database)?;
    Ok(open(database)?)
}

/// Opens the state.
pub(crate) fn state(database: &Path, memory: &MemoryConfig) -> anyhow::Result<State> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let storage = storage(database)?;
    let vault = Arc::new(Vault::new(Arc::clone(&storage) as _, Arc::clone(&clock)));
    let embedding = embedding(memory, database.parent().unwrap_or(Path::new(".")));
    let recall = Arc::new(Recaller::new(Arc::clone(&storage) as _, embedding.clone()));
    Ok(State { storage, vault, clock, recall, embedding, remembers: memory.enabled })
}

/// The sentence model that the configuration names. One that cannot be used is no reason not to start: what is remembered
/// is found by its words then.
fn embedding(memory: &MemoryConfig, folder: &Path) -> Option<Arc<dyn Embedding>> {
    if !memory.enabled {
        return None;
    }
    match embedder(memory, folder) {
        Ok(embedding) => Some(embedding),
        Err(error) => {
            tracing::error!(%error, "memory.model: the sentence model cannot be used; what is remembered is found by its words alone");
            None
        }
    }
}

/// The sentence model that the configuration names.
pub(crate) fn embedder(memory: &MemoryConfig, folder: &Path) -> Result<Arc<dyn Embedding>, ModelError> {
    let options = EmbedderOptions {
        source: memory.model.clone().map_or(Source::Inside, Source::Folder),
        form: match memory.form {
            ModelForm::Auto => None,
            ModelForm::Int8 => Some(Form::Int8),
            ModelForm::Nibbles => Some(Form::Nibbles),
            ModelForm::Float => Some(Form::Float),
        },
        scratch: folder.to_path_buf(),
        idle: memory.idle,
    };
    Ok(Arc::new(Embedder::open(options)?))
}

/// The parts that run in every phase: metrics, the doors, the channel of the local socket.
pub(crate) struct Doors {
    pub(crate) gateway: Gateway,
    pub(crate) local: Arc<dyn Channel>,
}

/// The metrics, and the table of models whose names they may carry.
pub(crate) fn metrics(config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Observability>> {
    let options = MetricsOptions {
        version: env!("CARGO_PKG_VERSION").into(),
        models: models(config)?.iter().map(|model| model.spec.id.clone()).collect(),
        channels: vec!["local".into(), "telegram".into()],
    };
    Ok(Arc::new(Metrics::new(options, Arc::clone(clock))?))
}

/// Opens the doors.
pub(crate) async fn doors(
    place: &Place,
    control: Arc<dyn Control>,
    metrics: Arc<dyn Observability>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Doors> {
    let local = Arc::new(LocalChannel::new(clock));
    let options = GatewayOptions { listen: place.config.gateway.listen, socket: place.socket.clone() };
    let gateway = Gateway::bind(options, control, metrics, Arc::clone(&local)).await?;
    Ok(Doors { gateway, local })
}

fn models(config: &Config) -> anyhow::Result<ModelTable> {
    Ok(ModelTable::builtin()?.with_overrides(&config.anthropic.models)?)
}

/// The model of each purpose, by the key that names it: the newest of its class where the key is empty. Those of the
/// background follow no key of the chat, nor the models that an operator adds: what runs unasked changes only by name.
fn chosen_models(
    config: &Config,
    models: &ModelTable,
) -> anyhow::Result<[(&'static str, Option<String>); 6]> {
    let routing = &config.routing;
    let built_in = ModelTable::builtin()?;
    let choice = |named: &Option<String>, table: &ModelTable, route| {
        named.clone().or_else(|| table.newest(route).map(|model| model.spec.id.clone()))
    };
    Ok([
        ("routing.fast", choice(&routing.fast, models, Route::Fast)),
        ("routing.standard", choice(&routing.standard, models, Route::Standard)),
        ("routing.deep", choice(&routing.deep, models, Route::Deep)),
        ("context.summary_model", choice(&config.context.summary_model, &built_in, Route::Fast)),
        ("heartbeat.model", choice(&config.heartbeat.model, &built_in, Route::Fast)),
        ("memory.learning_model", choice(&config.memory.learning_model, &built_in, Route::Fast)),
    ])
}

/// The time zone in which people mean their times.
pub(crate) fn zone(config: &Config) -> Zone {
    config.agent.zone()
}

/// What the configuration alone cannot know to be wrong, because it takes the adapters to tell.
pub(crate) fn check(config: &Config) -> Vec<Problem> {
    let problem = |key: &str, message: String| Problem {
        kind: ProblemKind::Invalid,
        spot: Box::default(),
        key: Some(key.to_owned()),
        message: format!("`{key}`: {message}"),
        help: None,
    };
    let mut problems = Vec::new();
    match models(config).and_then(|models| Ok((chosen_models(config, &models)?, models))) {
        Ok((chosen, models)) => {
            let known: Vec<_> = models.iter().map(|model| model.spec.id.as_str()).collect();
            for (key, id) in chosen {
                let message = match id {
                    None => "no model of this class is in the table; name one".to_owned(),
                    Some(id) if models.get(&id).is_none() => {
                        format!("{id:?} is no known model; there are {}", known.join(", "))
                    }
                    Some(_) => continue,
                };
                problems.push(problem(key, message));
            }
        }
        Err(error) => problems.push(problem("anthropic.models", format!("{error:#}"))),
    }
    let options = NetOptions { loopback_origins: config.loopback_origins(), ..NetOptions::default() };
    match Net::new(options, Arc::new(Redactor::new())) {
        Ok(net) => {
            for (key, url) in config.urls() {
                if let Err(error) = net.check(url) {
                    problems.push(problem(key, error.to_string()));
                }
            }
        }
        Err(error) => problems.push(problem("net", error.to_string())),
    }
    problems
}

/// Why there is no agent yet.
pub(crate) enum Unready {
    /// A secret is missing: the operator can provide it while the daemon runs.
    Missing(String),
    /// It cannot be put together.
    Broken(anyhow::Error),
}

/// A secret, wherever it comes from. One that cannot be had can be mended while the daemon runs.
async fn secret(state: &State, name: &str) -> Result<Option<SecretString>, Unready> {
    secrets::find(&state.vault, name).await.map_err(|error| Unready::Missing(format!("{name}: {error:#}")))
}

impl<E: Into<anyhow::Error>> From<E> for Unready {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// Puts an agent together from the configuration and the secrets that can be had now. Returns it with the names of
/// its channels.
pub(crate) async fn agent(
    config: &Config,
    state: &State,
    observe: &Arc<dyn Observability>,
    redactor: &Arc<Redactor>,
    local: &Arc<dyn Channel>,
    with_telegram: bool,
) -> Result<(Agent, Vec<String>), Unready> {
    let net = Net::new(
        NetOptions {
            loopback_origins: config.loopback_origins(),
            connect_timeout: config.net.connect_timeout,
            ..NetOptions::default()
        },
        Arc::clone(redactor),
    )?;

    let api_key = secret(state, secrets::ANTHROPIC).await?;
    let api_key = api_key.ok_or_else(|| Unready::Missing(secrets::remedy(secrets::ANTHROPIC)))?;
    redactor.add(&api_key);
    let anthropic = AnthropicOptions {
        request_timeout: config.anthropic.request_timeout,
        max_retries: config.anthropic.max_retries,
        ..AnthropicOptions::new(config.anthropic.base_url.clone(), api_key)
    };
    let provider = match Anthropic::new(net.clone(), anthropic, models(config)?) {
        Err(error @ AnthropicError::ApiKey(_)) => return Err(Unready::Missing(error.to_string())),
        made => made?,
    };

    let mut channels = vec![Arc::clone(local)];
    if with_telegram && config.telegram.enabled != Switch::Off {
        match secret(state, secrets::TELEGRAM).await? {
            Some(token) => {
                redactor.add(&token);
                let telegram = TelegramOptions {
                    streaming: config.telegram.streaming,
                    edit_interval: config.telegram.edit_interval,
                    poll_timeout: config.telegram.poll_timeout,
                    ..TelegramOptions::new(token, config.telegram.base_url.clone())
                };
                let clock = Arc::clone(&state.clock);
                match Telegram::new(net.clone(), telegram, clock, Arc::clone(observe)) {
                    Err(error @ SetupError::Token) => return Err(Unready::Missing(error.to_string())),
                    made => channels.push(Arc::new(made?)),
                }
            }
            None if config.telegram.enabled == Switch::On => {
                return Err(Unready::Missing(secrets::remedy(secrets::TELEGRAM)));
            }
            None => tracing::warn!("no Telegram: {}", secrets::remedy(secrets::TELEGRAM)),
        }
    }
    let names = channels.iter().map(|channel| channel.name().to_owned()).collect();

    let mut skills = Builtin::new(Arc::clone(&state.clock), Arc::clone(&state.storage) as _, zone(config));
    if config.memory.enabled {
        skills = skills.remembering(Arc::clone(&state.storage) as _, Arc::clone(&state.recall));
    }
    let parts = Parts {
        storage: Arc::clone(&state.storage),
        provider: Arc::new(provider),
        skills: Arc::new(skills),
        watch: Arc::new(Watcher::new(net.clone())),
        recall: Arc::clone(&state.recall),
        embedding: state.embedding.clone(),
        channels,
        transcriber: transcriber(config, state, &net).await?,
        observe: Arc::clone(observe),
        clock: Arc::clone(&state.clock),
    };
    Ok((Agent::new(parts, options(config, local.name())?), names))
}

async fn transcriber(
    config: &Config,
    state: &State,
    net: &Net,
) -> Result<Option<Arc<dyn Transcriber>>, Unready> {
    let wanted = &config.transcription;
    if !wanted.command.is_empty() {
        return Ok(Some(Arc::new(CommandTranscriber::new(wanted.command.clone(), wanted.timeout)?)));
    }
    let Some(url) = &wanted.url else { return Ok(None) };
    let bearer = match &wanted.secret {
        None => None,
        Some(name) => {
            let missing = || Unready::Missing(format!("transcription.secret: {}", secrets::remedy(name)));
            Some(secret(state, name).await?.ok_or_else(missing)?)
        }
    };
    let options = EndpointOptions {
        url: url.clone(),
        model: wanted.model.clone(),
        language: wanted.language.clone(),
        bearer,
        timeout: wanted.timeout,
    };
    Ok(Some(Arc::new(EndpointTranscriber::new(net.clone(), options)?)))
}

/// What may be spent, and in which periods: all that the operator's desk needs of the options.
pub(crate) fn spending(config: &Config) -> AgentOptions {
    let budget = &config.budget;
    AgentOptions {
        zone: zone(config),
        budget: BudgetOptions {
            daily: budget.daily_usd,
            monthly: budget.monthly_usd,
            session: budget.session_usd,
            when_spent: match budget.when_spent {
                config::WhenSpent::Wait => WhenSpent::Wait,
                config::WhenSpent::Decline => WhenSpent::Decline,
            },
        },
        heartbeat: HeartbeatOptions {
            enabled: config.heartbeat.enabled,
            interval: config.heartbeat.interval,
            hours: config.heartbeat.hours,
            model: String::new(),
            watch: config.heartbeat.watch.iter().map(ToString::to_string).collect(),
            monthly: config.heartbeat.monthly_usd,
            deliver: match config.heartbeat.deliver {
                config::Deliver::Now => Deliver::Now,
                config::Deliver::Next => Deliver::WithNext,
            },
        },
        ..AgentOptions::default()
    }
}

fn persona(agent: &AgentConfig) -> anyhow::Result<String> {
    agent.persona_text().map_err(|error| match &error {
        PersonaError::Unreadable { source, .. } => Coded::unusable(&error.to_string(), source),
        PersonaError::TooLarge { .. } => Coded::usage(error.to_string()),
    })
}

fn options(config: &Config, local: &str) -> anyhow::Result<AgentOptions> {
    let agent = &config.agent;
    let [fast, standard, deep, summary, heartbeat, learning] =
        chosen_models(config, &models(config)?)?.map(|(_, id)| id.unwrap_or_default());
    let spending = spending(config);
    let people = |ids: &[u64]| ids.iter().map(|id| ("telegram".into(), id.to_string())).collect();
    Ok(AgentOptions {
        name: agent.name.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        system: persona(agent)?,
        routing: RoutingOptions {
            always: config.routing.mode,
            slots: Slots { fast, standard, deep },
            fallback: config.routing.fallback.clone(),
        },
        context: ContextOptions {
            soft_limit: config.context.soft_limit_tokens,
            keep: config.context.keep_tokens,
            tool_result: config.context.tool_result_tokens,
            summary_model: summary,
        },
        heartbeat: HeartbeatOptions { model: heartbeat, ..spending.heartbeat.clone() },
        memory: MemoryOptions {
            enabled: config.memory.enabled,
            tokens: config.memory.tokens,
            patience: config.memory.patience,
            learn: config.memory.learn,
            quiet: config.memory.quiet,
            model: learning,
        },
        max_output_tokens: agent.max_output_tokens,
        max_concurrent_turns: agent.max_concurrent_turns,
        max_tool_rounds: agent.max_tool_rounds,
        turn_timeout: agent.turn_timeout,
        drain_timeout: agent.drain_timeout,
        trusted_channels: vec![local.to_owned()],
        allowed: people(&config.telegram.allowed_users),
        operators: people(&config.telegram.operators),
        ..spending
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use blufio_config::Layers;

    #[test]
    fn a_model_that_is_added_for_the_chat_is_not_taken_for_the_background() {
        let mut config = config::load(&Layers::default()).unwrap().config;
        let before = chosen_models(&config, &models(&config).unwrap()).unwrap();
        config.anthropic.models = toml::from_str(
            r#"
            [dear]
            route = "fast"
            released = "2099-01-01"
            context_window = 100000
            max_output = 1000
            prices = [
                { input = 900, output = 900, cache_read = 900, cache_write_5m = 900, cache_write_1h = 900 },
            ]
            [claude-opus-5-5]
            route = "fast"
            "#,
        )
        .unwrap();
        let after = chosen_models(&config, &models(&config).unwrap()).unwrap();
        assert_eq!(after[0], ("routing.fast", Some("dear".into())));
        assert_eq!(after[3..], before[3..]);
        config.heartbeat.model = Some("dear".into());
        let named = chosen_models(&config, &models(&config).unwrap()).unwrap();
        assert_eq!(named[4], ("heartbeat.model", Some("dear".into())));
    }
}

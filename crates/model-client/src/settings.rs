//! Settings of the providers: addresses, keys and deadlines.

use std::{collections::BTreeMap, time::Duration};

use http::Uri;
use http_kit::config::Env;

use crate::api_key::ApiKey;

const OPENAI: &str = "https://api.openai.com/v1";
const ANTHROPIC: &str = "https://api.anthropic.com";
const GEMINI: &str = "https://generativelanguage.googleapis.com/v1beta";

const ENDPOINTS: &str = "OPENAI_COMPATIBLE_ENDPOINTS";

/// The longest deadline that can be set.
const LONGEST_SECONDS: u64 = 900;

/// Settings of all providers.
pub struct ProviderSettings {
    /// `None` without a key: it cannot be used. The same holds for the next two.
    pub openai: Option<Endpoint>,
    pub anthropic: Option<Endpoint>,
    pub gemini: Option<Endpoint>,
    /// The endpoints of `OPENAI_COMPATIBLE`, by name.
    pub compatible: BTreeMap<String, CompatibleEndpoint>,
    pub deadlines: Deadlines,
}

/// The address of a provider.
#[derive(Clone)]
pub struct Endpoint {
    /// The URL without a trailing slash.
    pub url: String,
    /// The key; a local endpoint may need none.
    pub key: Option<ApiKey>,
}

/// An endpoint that speaks as OpenAI does.
pub struct CompatibleEndpoint {
    pub endpoint: Endpoint,
    /// Its models, if the settings list them: it is asked for no others then.
    pub models: Vec<String>,
    /// The most tests that run there at once, over all processes, if it takes no more.
    pub concurrency: Option<u32>,
    /// Whether its answers are paid for: one that broke off is then not asked for again.
    pub charges: bool,
}

/// The longest time for each part of a call.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    pub connect: Duration,
    /// Time from the question to the first sign of an answer: a model may think first.
    pub first_byte: Duration,
    /// Time between two events.
    pub idle: Duration,
    /// Time for the whole call, all attempts included.
    pub whole: Duration,
}

impl ProviderSettings {
    pub fn read(env: &mut Env) -> Self {
        Self {
            openai: hosted(env, "OPENAI", OPENAI),
            anthropic: hosted(env, "ANTHROPIC", ANTHROPIC),
            gemini: hosted(env, "GEMINI", GEMINI),
            compatible: compatible(env),
            deadlines: Deadlines::read(env),
        }
    }
}

impl Deadlines {
    fn read(env: &mut Env) -> Self {
        Self {
            connect: seconds(env, "PROVIDER_CONNECT_TIMEOUT_SECONDS", 5),
            first_byte: seconds(env, "PROVIDER_FIRST_BYTE_TIMEOUT_SECONDS", 120),
            idle: seconds(env, "PROVIDER_IDLE_TIMEOUT_SECONDS", 60),
            whole: seconds(env, "PROVIDER_TIMEOUT_SECONDS", 300),
        }
    }
}

fn seconds(env: &mut Env, name: &str, default: u64) -> Duration {
    let seconds = env.parse_or(name, default);
    if !(1..=LONGEST_SECONDS).contains(&seconds) {
        env.problem(name, &format!("must be 1 to {LONGEST_SECONDS}"));
    }
    Duration::from_secs(seconds)
}

/// Reads a provider with one endpoint. The address is checked even without a key, so that a bad one is
/// always named.
fn hosted(env: &mut Env, provider: &str, default: &str) -> Option<Endpoint> {
    let name = format!("{provider}_BASE_URL");
    let given = env.optional(&name);
    let url = base_url(env, &name, given.as_deref().unwrap_or(default));
    let key = ApiKey::read(env, &format!("{provider}_API_KEY"))?;
    Some(Endpoint { url, key: Some(key) })
}

fn base_url(env: &mut Env, name: &str, url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    let good = url.parse::<Uri>().is_ok_and(|uri| {
        let http = matches!(uri.scheme_str(), Some("http" | "https"));
        let credentials = uri.authority().is_some_and(|it| it.as_str().contains('@'));
        http && !credentials && uri.query().is_none()
    });
    if !good {
        env.problem(name, "must hold http:// or https:// URLs without credentials or query");
    }
    url.to_owned()
}

/// Reads `OPENAI_COMPATIBLE_ENDPOINTS`, `name=url` comma-separated, and for each
/// `OPENAI_COMPATIBLE_<NAME>_API_KEY`, `_MODELS`, `_CONCURRENCY` and `_CHARGES`.
fn compatible(env: &mut Env) -> BTreeMap<String, CompatibleEndpoint> {
    let mut endpoints = BTreeMap::new();
    for entry in env.list(ENDPOINTS) {
        let Some((name, url)) = entry.split_once('=') else {
            env.problem(ENDPOINTS, "must be name=url, comma-separated");
            continue;
        };
        let name = name.trim().to_owned();
        let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase());
        let chars_fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !starts_well || name.len() > 40 || !name.chars().all(chars_fit) {
            env.problem(
                ENDPOINTS,
                "must have names of up to 40 lower-case letters, digits and '-', a letter first",
            );
            continue;
        }
        let url = base_url(env, ENDPOINTS, url);
        let prefix = format!("OPENAI_COMPATIBLE_{}", name.to_uppercase().replace('-', "_"));
        let key = ApiKey::read(env, &format!("{prefix}_API_KEY"));
        let endpoint = CompatibleEndpoint {
            endpoint: Endpoint { url, key },
            models: env.list(&format!("{prefix}_MODELS")),
            concurrency: concurrency(env, &format!("{prefix}_CONCURRENCY")),
            charges: env.parse_or(&format!("{prefix}_CHARGES"), false),
        };
        if endpoints.insert(name, endpoint).is_some() {
            env.problem(ENDPOINTS, "names an endpoint twice");
        }
    }
    endpoints
}

fn concurrency(env: &mut Env, name: &str) -> Option<u32> {
    let concurrency = env.parse_optional(name)?;
    if !(1..=1000).contains(&concurrency) {
        env.problem(name, "must be 1 to 1000");
    }
    Some(concurrency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_without_a_key_is_not_there() {
        let mut env = Env::with([("ANTHROPIC_API_KEY", " sk-ant-123456 "), ("GEMINI_API_KEY", "")]);
        let settings = ProviderSettings::read(&mut env);
        assert!(settings.gemini.is_none());
        assert_eq!(settings.anthropic.unwrap().url, "https://api.anthropic.com");
        env.finish(()).unwrap();
    }

    #[test]
    fn endpoints_have_names_keys_and_models() {
        let mut env = Env::with([
            (
                "OPENAI_COMPATIBLE_ENDPOINTS",
                "local=http://localhost:11434/v1/, my-host=https://x/v1",
            ),
            ("OPENAI_COMPATIBLE_MY_HOST_API_KEY", "abcdefgh"),
            ("OPENAI_COMPATIBLE_LOCAL_MODELS", "llama3.2, qwen3:8b"),
            ("OPENAI_COMPATIBLE_LOCAL_CONCURRENCY", "1"),
            ("OPENAI_COMPATIBLE_MY_HOST_CHARGES", "true"),
        ]);
        let endpoints = ProviderSettings::read(&mut env).compatible;
        assert_eq!(endpoints["local"].endpoint.url, "http://localhost:11434/v1");
        assert_eq!(endpoints["local"].models, ["llama3.2", "qwen3:8b"]);
        assert!(endpoints["local"].endpoint.key.is_none());
        assert!(endpoints["my-host"].endpoint.key.is_some());
        assert_eq!((endpoints["local"].concurrency, endpoints["local"].charges), (Some(1), false));
        assert_eq!((endpoints["my-host"].concurrency, endpoints["my-host"].charges), (None, true));
        env.finish(()).unwrap();
    }

    #[test]
    fn every_bad_setting_is_named_and_no_secret_shown() {
        let mut env = Env::with([
            ("OPENAI_API_KEY", "short"),
            ("OPENAI_BASE_URL", "api.openai.com"),
            ("ANTHROPIC_BASE_URL", "https://user:secret@host"),
            ("GEMINI_BASE_URL", "https://host/?key=secret"),
            ("PROVIDER_TIMEOUT_SECONDS", "0"),
            ("PROVIDER_IDLE_TIMEOUT_SECONDS", "901"),
            ("PROVIDER_FIRST_BYTE_TIMEOUT_SECONDS", "soon"),
            ("PROVIDER_CONNECT_TIMEOUT_SECONDS", "-1"),
        ]);
        ProviderSettings::read(&mut env);
        let error = env.finish(()).unwrap_err().to_string();
        for name in [
            "OPENAI_API_KEY",
            "OPENAI_BASE_URL",
            "ANTHROPIC_BASE_URL",
            "GEMINI_BASE_URL",
            "PROVIDER_TIMEOUT_SECONDS",
            "PROVIDER_IDLE_TIMEOUT_SECONDS",
            "PROVIDER_FIRST_BYTE_TIMEOUT_SECONDS",
            "PROVIDER_CONNECT_TIMEOUT_SECONDS",
        ] {
            assert!(error.contains(name), "{name} in {error}");
        }
        assert!(!error.contains("secret") && !error.contains("short"), "{error}");
        for endpoints in
            ["http://x", "A=http://x", "a=ftp://x", "a=http://x,a=http://y", "=http://x"]
        {
            let mut env = Env::with([(ENDPOINTS, endpoints)]);
            ProviderSettings::read(&mut env);
            assert!(env.finish(()).unwrap_err().to_string().contains(ENDPOINTS), "{endpoints}");
        }
    }
}

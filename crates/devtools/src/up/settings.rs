//! The settings of each process of the fleet.

use std::path::{Path, PathBuf};

use http_kit::config::Env;
use promptforge::{
    fleet::Process,
    local::{StateDir, secrets},
};
use rustix::process::Signal;

use super::fleet_ports::FleetPorts;
use crate::local::program::{Probe, ProgramSpec, is_endpoint_key, private_settings};

/// The addresses of the fleet, the stores and the broker, and where the web client is.
pub struct Addresses {
    pub fleet: FleetPorts,
    pub postgres: String,
    pub mongo: String,
    pub kafka: String,
    pub web_dir: Option<PathBuf>,
}

impl Addresses {
    fn url(&self, process: Process) -> String {
        format!("http://127.0.0.1:{}", self.fleet.of(process))
    }
}

/// Returns how to run a process of the fleet. Other settings (`RUST_LOG`, …) come from the environment of
/// the launcher.
///
/// # Errors
/// When a secret cannot be made, or an address is not valid.
pub fn spec(
    process: Process,
    program: &Path,
    dir: &StateDir,
    addresses: &Addresses,
    http: &reqwest::Client,
) -> anyhow::Result<ProgramSpec> {
    let env = settings(process, dir, addresses)?;
    let mut ready = format!("{}/health/ready", addresses.url(process));
    if process == Process::Gateway && Env::new().optional("TLS_CERT_FILE").is_some() {
        ready = ready.replacen("http:", "https:", 1);
    }
    Ok(ProgramSpec {
        name: process.name(),
        program: program.to_owned(),
        args: vec!["serve".into(), process.name().into()],
        unset: private_settings()
            .into_iter()
            .filter(|name| env.iter().all(|(given, _)| given != name))
            .filter(|name| process != Process::Test || !is_endpoint_key(name))
            .collect(),
        env,
        account: None,
        log: dir.log(process.name()),
        stop: Signal::TERM,
        probe: Probe::Http(http.clone(), ready),
    })
}

fn settings(
    process: Process,
    dir: &StateDir,
    addresses: &Addresses,
) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut env = vec![
        ("PORT", addresses.fleet.of(process).to_string()),
        ("KAFKA_BROKERS", addresses.kafka.clone()),
        ("USER_SERVICE_URL", addresses.url(Process::User)),
        ("PROMPT_SERVICE_URL", addresses.url(Process::Prompt)),
        ("TEST_SERVICE_URL", addresses.url(Process::Test)),
        ("MARKETPLACE_SERVICE_URL", addresses.url(Process::Marketplace)),
        ("ANALYTICS_SERVICE_URL", addresses.url(Process::Analytics)),
        ("JWKS_URL", format!("{}/.well-known/jwks.json", addresses.url(Process::User))),
    ];
    let chosen = |name: &str| Env::new().optional(name);
    env.push((
        "INTERNAL_TOKEN",
        match chosen("INTERNAL_TOKEN") {
            Some(token) => token,
            None => secrets::read_or_create(&dir.secret("internal-token"), secrets::random_token)?,
        },
    ));
    // The environment of the launcher may choose these.
    for (name, value) in [("RATE_LIMIT_PROFILE", "dev"), ("LOG_FORMAT", "json")] {
        if chosen(name).is_none() {
            env.push((name, value.to_owned()));
        }
    }

    if let Some(database) = process.database() {
        env.push(("DATABASE_URL", database.url_on(&addresses.postgres)?));
    }
    let given = |names: &[&'static str]| -> Vec<(&'static str, String)> {
        names.iter().filter_map(|name| Some((*name, chosen(name)?))).collect()
    };
    match process {
        Process::User => {
            let key = match chosen("JWT_SIGNING_KEY") {
                Some(key) => key,
                None => {
                    let file = dir.secret("jwt-signing-key.pem");
                    secrets::read_or_create(&file, secrets::signing_key)?;
                    file.display().to_string()
                }
            };
            env.push(("JWT_SIGNING_KEY", key));
            env.extend(given(&["ADMIN_EMAIL", "ADMIN_PASSWORD"]));
        }
        Process::Prompt => {
            env.push(("MONGODB_URI", addresses.mongo.clone()));
            env.push(("SEARCH_DIR", dir.search().display().to_string()));
        }
        // Only the gateway may serve other machines; services stay on the loopback.
        Process::Gateway => {
            env.extend(given(&["BIND_ADDR"]));
            // Empty where there is none: the launcher's own may be a directory that it was told not to serve.
            let web_dir = addresses.web_dir.as_deref().unwrap_or(Path::new(""));
            env.push(("WEB_DIR", web_dir.display().to_string()));
            // Nothing balances here, and who stops the stack waits.
            if chosen("DRAIN_DELAY_SECONDS").is_none() {
                env.push(("DRAIN_DELAY_SECONDS", "2".to_owned()));
            }
        }
        Process::Test => {
            env.extend(given(&["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"]));
        }
        Process::Marketplace | Process::Analytics => {}
    }
    Ok(env)
}

#[cfg(test)]
mod tests {
    use clap::{Args, FromArgMatches};
    use tempfile::tempdir;

    use super::*;
    use crate::up::args;

    #[test]
    fn each_process_gets_its_own_secrets_and_nobody_elses() {
        let scratch = tempdir().unwrap();
        let dir = StateDir::open(scratch.path()).unwrap();
        let args = ["up", "--port-base=9100", "--port=user=8081"];
        let chosen = args::Args::augment_args(clap::Command::new("up"));
        let chosen = chosen.try_get_matches_from(args).unwrap();
        let chosen = args::Args::from_arg_matches(&chosen).unwrap();
        let addresses = Addresses {
            fleet: FleetPorts::new(&chosen.ports).unwrap(),
            postgres: "postgres://postgres:pw@127.0.0.1:5432/postgres".to_owned(),
            mongo: "mongodb://127.0.0.1:27017".to_owned(),
            kafka: "127.0.0.1:9092".to_owned(),
            web_dir: Some("/srv/web".into()),
        };
        let of = |process| -> ProgramSpec {
            let program = Path::new("promptforge");
            spec(process, program, &dir, &addresses, &reqwest::Client::new()).unwrap()
        };
        let value = |spec: &ProgramSpec, name: &str| {
            spec.env.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone())
        };
        let (user, gateway) = (of(Process::User), of(Process::Gateway));
        assert!(value(&user, "DATABASE_URL").unwrap().ends_with("/user_service_db"));
        assert!(value(&user, "JWT_SIGNING_KEY").unwrap().ends_with("jwt-signing-key.pem"));
        assert_eq!(value(&user, "PORT").as_deref(), Some("8081"));
        assert_eq!(value(&gateway, "WEB_DIR").as_deref(), Some("/srv/web"));
        assert_eq!(value(&user, "WEB_DIR"), None);
        assert_eq!(value(&gateway, "DRAIN_DELAY_SECONDS").as_deref(), Some("2"));
        assert_eq!(value(&gateway, "USER_SERVICE_URL").as_deref(), Some("http://127.0.0.1:8081"));
        assert_eq!(value(&user, "PROMPT_SERVICE_URL").as_deref(), Some("http://127.0.0.1:9102"));
        assert_eq!(value(&user, "INTERNAL_TOKEN"), value(&gateway, "INTERNAL_TOKEN"));
        for name in
            ["DATABASE_URL", "MONGODB_URI", "JWT_SIGNING_KEY", "ADMIN_PASSWORD", "OPENAI_API_KEY"]
        {
            assert_eq!(value(&gateway, name), None);
            assert!(gateway.unset.iter().any(|unset| unset == name));
        }
    }
}

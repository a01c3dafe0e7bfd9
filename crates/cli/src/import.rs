//! `promptforge import`: prompts from a CSV file, through a running gateway.
//!
//! - [`rows`]: lines of the file as prompts.
//! - [`placeholders`]: `${Name}` as `{{Name}}`, and all else as text.
//! - [`gateway`]: the session and its calls, with their retries.
//! - [`responses`]: reading the gateway's responses.
//! - [`credentials`]: the importer's user and password.
//! - [`summary`]: the result of each row.

mod credentials;
mod gateway;
mod placeholders;
mod responses;
mod rows;
mod summary;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use futures_util::{StreamExt, stream};
use reqwest::Url;

use crate::{
    console::{self, Bar},
    fleet::Process,
    local::{StateDir, record::Record, state_dir},
};
use credentials::Credentials;
use gateway::{Gateway, ImportError};
use placeholders::Markup;
use rows::Fingerprint;
use summary::{Outcome, Summary};

/// Import prompts from a CSV file through a running gateway
///
/// Columns: act (title), prompt (content), contributor and type (tags), separated by commas,
/// semicolons or tabs. `${Name}` and `${Name:default}` become `{{Name}}` and `{{Name:default}}`, and
/// other double braces stay text. Safe to run again: prompts that the user has already are skipped.
#[derive(clap::Args)]
pub struct Args {
    file: PathBuf,
    /// The gateway's address [default: of the stack that runs, or else http://localhost:9000]
    #[arg(long)]
    gateway: Option<Url>,
    /// The author of the prompts; registered if there is no such user
    #[arg(long, default_value = "importer")]
    username: String,
    /// The address of a user to be registered; USERNAME@promptforge.example by default
    #[arg(long)]
    email: Option<String>,
    /// The password; by default a random one, kept in the state directory
    #[arg(long, env = "PROMPTFORGE_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    #[arg(long, default_value = "General")]
    category: String,
    /// The placeholders of the file [default: dollar where it has any of these]
    #[arg(long)]
    placeholders: Option<Markup>,
    /// The number of requests at once
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// Import them as private prompts
    #[arg(long)]
    private: bool,
    /// The directory with passwords made earlier
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let rows = rows::read(&args.file, args.placeholders)?;
    let url = match &args.gateway {
        Some(url) => url.clone(),
        None => running_gateway(&args.state_dir)?,
    };
    let credentials = Credentials::from_args(&args, &url)?;
    let gateway = Gateway::sign_in(url, credentials).await?;
    let mut existing = gateway.own_prompts().await.context("cannot list the importer's prompts")?;

    let mut summary = Summary::default();
    let mut new = Vec::new();
    for row in rows {
        match row.prompt {
            // Also skips a prompt that the file has twice.
            Ok(prompt) if !existing.insert(Fingerprint::of(&prompt.title, &prompt.content)) => {
                summary.record(row.location, Outcome::Skipped);
            }
            Ok(prompt) => new.push((row.location, prompt)),
            Err(problem) => summary.record(row.location, Outcome::Refused(problem)),
        }
    }

    let bar = Bar::new(new.len() as u64, BAR);
    let mut requests = stream::iter(new)
        .map(|(location, prompt)| {
            let (gateway, category) = (&gateway, &args.category);
            async move {
                let result = gateway.create(&prompt, category, !args.private).await;
                (location, prompt.changes, result)
            }
        })
        .buffer_unordered(args.jobs.into());
    let mut stopped = None;
    while let Some((location, changes, result)) = requests.next().await {
        match result {
            Ok(outcome) => {
                if let Outcome::Imported = outcome {
                    changes.iter().for_each(|change| summary.record_change(&location, change));
                }
                summary.record(location, outcome);
                bar.advance(1);
            }
            Err(stop) => {
                stopped = Some(stop);
                break;
            }
        }
    }
    drop(requests);
    bar.end();
    console::print(&summary.to_string());
    match stopped {
        Some(ImportError(error)) => Err(error.context("not finished; run it again to go on")),
        None if summary.failed() => Ok(ExitCode::FAILURE),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Returns the address of the gateway of a running local stack, else the default address.
fn running_gateway(state_dir: &Path) -> anyhow::Result<Url> {
    let record = match state_dir.is_dir() {
        true => StateDir::open(state_dir)?.record().filter(Record::is_current),
        false => None,
    };
    let gateway = Process::Gateway;
    let running = record.as_ref().and_then(|record| record.address(gateway.name()));
    let usual = || format!("http://localhost:{}", gateway.port());
    Ok(Url::parse(&running.map_or_else(usual, str::to_owned))?)
}

const BAR: &str = "importing {bar:40.cyan} {pos}/{len}  {per_sec}  {eta} left";

/// The fingerprints of the user's prompts.
type ExistingPrompts = HashSet<Fingerprint>;

//! `promptforge health`: the health check of an image that has no other HTTP client.

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use reqwest::Url;

use crate::console;

/// Exit with 0 if an HTTP GET of the URL is answered with success, else with 1
#[derive(clap::Args)]
pub struct Args {
    /// The URL, such as http://127.0.0.1:9000/health/ready
    url: Url,
    /// The longest wait for the answer, in seconds
    #[arg(long, default_value_t = 3)]
    timeout: u64,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let http =
        reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(args.timeout)).build()?;
    let response = http.get(args.url.clone()).send().await.context("no answer")?;
    let status = response.status();
    if status.is_success() {
        return Ok(ExitCode::SUCCESS);
    }
    let body = response.text().await.unwrap_or_default();
    console::eprint(&format!("{}: {status} {body}", args.url));
    Ok(ExitCode::FAILURE)
}

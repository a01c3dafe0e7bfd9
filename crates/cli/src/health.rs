//! `promptforge health`: the health check of an image that has no other HTTP client.

use std::{net::IpAddr, process::ExitCode, time::Duration};

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
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(args.timeout))
        // On this machine nobody is in between, and no certificate names its address.
        .tls_danger_accept_invalid_certs(is_loopback(&args.url))
        .build()?;
    let response = http.get(args.url.clone()).send().await.context("no answer")?;
    let status = response.status();
    if status.is_success() {
        return Ok(ExitCode::SUCCESS);
    }
    let body = response.text().await.unwrap_or_default();
    console::eprint(&format!("{}: {status} {body}", args.url));
    Ok(ExitCode::FAILURE)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

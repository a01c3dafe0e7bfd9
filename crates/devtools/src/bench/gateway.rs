//! `promptforge-dev bench gateway`: what the gateway costs, beside nginx and HAProxy.
//!
//! Every proxy stands before the same static upstream. One core runs the proxy under test, the other the
//! load and the upstream, so that `/proc` tells what the proxy alone spends. Proxies are measured by turns,
//! since the machine may have other work: the CPU time of a request hardly depends on it, its latency does.
//!
//! - [`proxies`]: the programs and their settings. [`callers`]: tokens, and who publishes their keys.
//! - [`load`]: requests. [`report`]: the result, beside the bars.

pub mod callers;
pub mod load;
mod proxies;
pub mod report;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use promptforge::{
    console,
    local::{StateDir, state_dir::remove},
};

use crate::{
    bench::events::{cpu, processes::Running},
    local::{program, signals},
};
use callers::UserService;
use load::{Load, Target};
use proxies::{Kind, Ports};
use report::{Added, Measured, Report};

/// Measure what the gateway costs beside nginx and HAProxy: CPU time, throughput, latency, memory
///
/// Needs nginx, haproxy, wrk and taskset, and a release build of the gateway.
#[derive(clap::Args)]
pub struct Args {
    /// The directory of settings and logs
    #[arg(long, value_name = "DIR", default_value = ".promptforge/bench-gateway")]
    dir: PathBuf,
    /// The program of the gateway, which gets the arguments `serve gateway` [default: the promptforge
    /// beside this program]
    #[arg(long, value_name = "PROGRAM")]
    gateway: Option<PathBuf>,
    /// A bare Pingora proxy to measure too; it gets the arguments `<port> <port of the upstream>`
    #[arg(long, value_name = "PROGRAM")]
    pingora: Option<PathBuf>,
    /// The core of the proxy under test
    #[arg(long, default_value_t = 1)]
    proxy_core: u32,
    /// The core of the load and the upstream
    #[arg(long, default_value_t = 0)]
    load_core: u32,
    /// The number of connections
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// The time of each measurement in seconds
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// The number of measurements of each proxy, by turns; their median is reported
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The fixed rate in requests a second at which added latency is measured; 0 leaves it out
    #[arg(long, default_value_t = 3000)]
    rate: u32,
    /// The number of distinct client addresses after which memory is measured; 0 leaves it out
    #[arg(long, default_value_t = 1_000_000)]
    addresses: u64,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let shutdown = signals::stop_signal()?;
    if cfg!(debug_assertions) {
        console::eprint("a debug build: its own load, at the fixed rate, adds to every latency");
    }
    let outcome = tokio::select! {
        outcome = measure(&args) => outcome.map(Some),
        () = shutdown.cancelled() => Ok(None),
    };
    let Some(report) = outcome? else { return Ok(ExitCode::from(130)) };
    console::print(report.to_string().trim_end());
    Ok(ExitCode::SUCCESS)
}

/// A proxy that runs.
struct Proxy {
    name: &'static str,
    running: Running,
    target: Target,
    is_gateway: bool,
}

async fn measure(args: &Args) -> anyhow::Result<Report> {
    proxies::check_tools()?;
    let dir = StateDir::open(&args.dir)?;
    let load = Load::new(&dir, Some(args.load_core), args.connections)?;
    let users = UserService::start().await?;
    let ports = Ports::choose()?;
    let upstream = Running::start(proxies::upstream(&dir, &ports, args.load_core)?).await?;
    let direct = Target { port: ports.upstream, token: None };
    let proxies = start(args, &dir, &ports, &users).await?;
    for proxy in &proxies {
        // The first requests fetch keys, open connections and fill caches.
        load.check(&proxy.target)
            .await
            .with_context(|| format!("{} does not serve", proxy.name))?;
        load.saturate(&proxy.target, Duration::from_secs(1)).await?;
    }
    let mut report = Report::new(args.seconds, args.connections, args.rate);
    for round in 1..=args.rounds {
        console::eprint(&format!("round {round} of {}", args.rounds));
        for proxy in &proxies {
            report.add(proxy.name, saturate(args, &load, proxy).await?);
        }
    }
    if args.rate > 0 {
        measure_latency(args, &load, &direct, &proxies, &mut report).await?;
    }
    if args.addresses > 0 {
        measure_memory(args, &load, &proxies, &mut report).await?;
    }
    for proxy in proxies {
        proxy.running.stop().await;
    }
    upstream.stop().await;
    remove(dir.path())?;
    Ok(report)
}

/// Starts every proxy.
async fn start(
    args: &Args,
    dir: &StateDir,
    ports: &Ports,
    users: &UserService,
) -> anyhow::Result<Vec<Proxy>> {
    let gateway = match &args.gateway {
        Some(program) => program.clone(),
        None => program::promptforge()?,
    };
    let mut kinds =
        vec![Kind::Nginx, Kind::Haproxy, Kind::HaproxyJwt { public_key: users.public_key_pem() }];
    if let Some(program) = &args.pingora {
        kinds.push(Kind::Pingora { program: program.clone() });
    }
    kinds.push(Kind::Gateway { program: gateway, users: users.url.clone() });
    let mut proxies = Vec::new();
    for (kind, port) in kinds.into_iter().zip(ports.proxies) {
        let token = match kind {
            Kind::HaproxyJwt { .. } => Some(users.es256_token()?),
            Kind::Gateway { .. } => Some(users.access_token()?),
            _ => None,
        };
        let name = kind.name();
        let is_gateway = matches!(kind, Kind::Gateway { .. });
        let spec = proxies::spec(kind, dir, port, ports.upstream, args.proxy_core)?;
        let running = Running::start(spec).await?;
        proxies.push(Proxy { name, running, target: Target { port, token }, is_gateway });
    }
    Ok(proxies)
}

/// Measures a proxy with all requests that it can take.
async fn saturate(args: &Args, load: &Load, proxy: &Proxy) -> anyhow::Result<Measured> {
    let before = cpu::Snapshot::take()?.tree(proxy.running.pid());
    let outcome = load.saturate(&proxy.target, Duration::from_secs(args.seconds)).await?;
    let snapshot = cpu::Snapshot::take()?;
    Ok(Measured {
        per_second: outcome.requests as f64 / outcome.took.as_secs_f64(),
        cpu: (snapshot.tree(proxy.running.pid()) - before).div_f64(outcome.requests.max(1) as f64),
        p50: outcome.p50,
        p99: outcome.p99,
        resident: snapshot.resident(proxy.running.pid()),
    })
}

/// Measures what each proxy adds to the latency of the upstream at a fixed rate.
async fn measure_latency(
    args: &Args,
    load: &Load,
    direct: &Target,
    proxies: &[Proxy],
    report: &mut Report,
) -> anyhow::Result<()> {
    let time = Duration::from_secs(args.seconds);
    for round in 1..=args.rounds {
        console::eprint(&format!("{} requests a second, round {round}", args.rate));
        let base = load.steady(direct, args.rate, time).await?;
        report.add_latency("the upstream itself", Added::of(&base, &base));
        for proxy in proxies {
            let through = load.steady(&proxy.target, args.rate, time).await?;
            report.add_latency(proxy.name, Added::of(&through, &base));
        }
    }
    Ok(())
}

/// Measures the gateway's memory after requests from many client addresses.
async fn measure_memory(
    args: &Args,
    load: &Load,
    proxies: &[Proxy],
    report: &mut Report,
) -> anyhow::Result<()> {
    console::eprint("requests from many addresses");
    for proxy in proxies.iter().filter(|proxy| proxy.is_gateway) {
        let addresses = load.send_from_addresses(&proxy.target, args.addresses).await?;
        let resident = cpu::Snapshot::take()?.resident(proxy.running.pid());
        report.memory = Some((addresses, resident));
    }
    Ok(())
}

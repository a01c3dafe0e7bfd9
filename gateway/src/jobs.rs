//! Background work, started from one list.

use std::{sync::Arc, time::Duration};

use service_kit::Job;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::spawn_blocking,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::{
    revocations::{Source, follow},
    state::AppState,
    tls::Tls,
    web::Web,
};

/// The pause before a job is started again; the keys and revocations that it received stay in force.
const PAUSE: Duration = Duration::from_secs(1);

/// The time between two counts of the requests in flight.
const MEASURE_INTERVAL: Duration = Duration::from_secs(1);

/// The files that are looked at again and again, and the time between two looks.
pub struct Files {
    pub tls: Option<Arc<Tls>>,
    pub web: Option<Arc<Web>>,
    pub interval: Duration,
}

/// Returns every job of the gateway.
pub fn all(state: &AppState, revocations: Source, files: Files) -> Vec<Job> {
    let following = (state.clone(), Arc::new(revocations));
    let mut jobs = vec![
        Job::long_running("keep_metrics", (), keep_metrics),
        Job::long_running("refresh_signing_keys", state.clone(), refresh_signing_keys)
            .restarted_after(PAUSE),
        Job::long_running("follow_revocations", following, follow_revocations)
            .restarted_after(PAUSE),
        Job::long_running("resolve_instances", state.clone(), resolve_instances)
            .restarted_after(PAUSE),
        Job::long_running("check_instances", state.clone(), check_instances).restarted_after(PAUSE),
        Job::long_running("reload_at_hangup", state.clone(), reload_at_hangup)
            .restarted_after(PAUSE),
        Job::long_running("measure_requests", state.clone(), measure_requests)
            .restarted_after(PAUSE),
    ];
    let Files { tls, web, interval } = files;
    jobs.extend(tls.map(|tls| {
        Job::long_running("reload_certificate", (tls, interval), reload_certificate)
            .restarted_after(PAUSE)
    }));
    jobs.extend(web.map(|web| {
        Job::long_running("reload_web_client", (web, interval), reload_web_client)
            .restarted_after(PAUSE)
    }));
    jobs
}

async fn keep_metrics((): (), shutdown: CancellationToken) -> anyhow::Result<()> {
    shutdown.run_until_cancelled(http_kit::telemetry::keep_metrics()).await;
    Ok(())
}

async fn refresh_signing_keys(state: AppState, shutdown: CancellationToken) -> anyhow::Result<()> {
    shutdown.run_until_cancelled(state.verifier.keep_fresh()).await;
    Ok(())
}

async fn follow_revocations(
    (state, source): (AppState, Arc<Source>),
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    shutdown.run_until_cancelled(follow(&state.revocations, &source)).await;
    Ok(())
}

async fn resolve_instances(state: AppState, shutdown: CancellationToken) -> anyhow::Result<()> {
    shutdown.run_until_cancelled(state.upstreams.follow_names()).await;
    Ok(())
}

async fn check_instances(state: AppState, shutdown: CancellationToken) -> anyhow::Result<()> {
    shutdown.run_until_cancelled(state.upstreams.check_health()).await;
    Ok(())
}

/// Counts the requests in flight, and not as they come and go: that would cost each of them.
async fn measure_requests(state: AppState, shutdown: CancellationToken) -> anyhow::Result<()> {
    while shutdown.run_until_cancelled(sleep(MEASURE_INTERVAL)).await.is_some() {
        state.load_shedding.measure();
    }
    Ok(())
}

/// Reads the file of addresses again at each SIGHUP. A file with a mistake changes nothing.
async fn reload_at_hangup(state: AppState, shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    while let Some(Some(())) = shutdown.run_until_cancelled(hangup.recv()).await {
        match state.addresses.read() {
            Ok(authorities) => {
                state.upstreams.replace(authorities).await;
                tracing::info!("read the addresses of services again");
            }
            Err(problems) => tracing::error!("the addresses stay: {}", problems.join("; ")),
        }
    }
    Ok(())
}

/// Reads the certificate and its key again every few seconds, and at each SIGHUP.
async fn reload_certificate(
    (tls, interval): (Arc<Tls>, Duration),
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    while !next_look(&mut hangup, interval, &shutdown).await {
        let tls = tls.clone();
        spawn_blocking(move || tls.reload()).await?;
    }
    Ok(())
}

/// Looks for a new build of the web client every few seconds, and at each SIGHUP.
async fn reload_web_client(
    (web, interval): (Arc<Web>, Duration),
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    while !next_look(&mut hangup, interval, &shutdown).await {
        let web = web.clone();
        spawn_blocking(move || web.reload()).await?;
    }
    Ok(())
}

/// Waits until files are to be looked at; returns whether to end instead.
async fn next_look(hangup: &mut Signal, interval: Duration, shutdown: &CancellationToken) -> bool {
    tokio::select! {
        _ = hangup.recv() => false,
        () = sleep(interval) => false,
        () = shutdown.cancelled() => true,
    }
}

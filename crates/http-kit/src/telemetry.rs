//! Logs, metrics, and the layer that gives each request its context.
//!
//! - [`access_log`]: a line for each request. [`request_metrics`]: its counter and histogram.

pub mod access_log;
mod request_metrics;

use std::{
    any::Any,
    io,
    net::SocketAddr,
    panic::AssertUnwindSafe,
    sync::OnceLock,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::{Method, StatusCode, header};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Instrument;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use access_log::{AccessLog, Entry, Format};

use crate::{
    config::Env,
    context::{RequestContext, TRACEPARENT, X_REQUEST_ID},
    problem::ApiError,
};

/// Bucket bounds in seconds, around the latencies that the services should have.
const LATENCY_BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Bucket bounds in seconds for calls of model providers: from the mock's answer to the timeout.
const PROVIDER_BUCKETS: [f64; 11] =
    [0.005, 0.05, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

/// The time for which samples wait to be counted, of 24 bytes each: a gateway has some 50,000 requests a second.
const METRICS_UPKEEP: Duration = Duration::from_secs(1);

/// The access log of the process.
static ACCESS_LOG: OnceLock<AccessLog> = OnceLock::new();

/// Starts logging as `RUST_LOG` (default `info`) and `LOG_FORMAT` (`json` or `pretty`) say.
pub fn init(env: &mut Env) {
    let filter = env.parse_or("RUST_LOG", EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let format = match env.optional("LOG_FORMAT").as_deref() {
        Some("json") => Format::Json,
        None | Some("pretty") => Format::Pretty,
        Some(_) => {
            env.problem("LOG_FORMAT", "must be json or pretty");
            return;
        }
    };
    // A second call in one process (tests) keeps the first subscriber and the first access log.
    let _ = match format {
        Format::Json => registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(false),
            )
            .try_init(),
        Format::Pretty => registry.with(fmt::layer().with_target(false)).try_init(),
    };
    if ACCESS_LOG.get().is_none() {
        match AccessLog::start(format, io::stdout()) {
            Ok(log) => drop(ACCESS_LOG.set(log)),
            Err(error) => tracing::error!("there is no access log: {error}"),
        }
    }
}

/// Returns the process-wide metrics registry, which is installed at the first call.
pub fn metrics() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY_BUCKETS)
            .and_then(|builder| {
                let providers = Matcher::Full("test_provider_duration_seconds".to_owned());
                builder.set_buckets_for_metric(providers, &PROVIDER_BUCKETS)
            })
            .unwrap_or_else(|_| PrometheusBuilder::new())
            .build_recorder();
        let handle = recorder.handle();
        // Fails only if another recorder is installed; then /metrics is empty and all else works.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}

/// Gives a request its context, answers a panic with a 500, logs and counts. The outermost layer.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let context = RequestContext::from_request(request.headers(), request.uri().path());
    request.headers_mut().insert(&X_REQUEST_ID, context.request_id.clone());
    request.headers_mut().insert(&TRACEPARENT, context.traceparent.clone());

    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let span = context.span(&method);
    let started = Instant::now();

    let answered = catch_panic(next.run(request)).instrument(span);
    let mut response = context.clone().scope(answered).await;

    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    served(&Served {
        context: &context,
        method: &method,
        route,
        status: response.status(),
        took: started.elapsed(),
        instance: None,
        upstream_took: None,
    });
    response.headers_mut().insert(&X_REQUEST_ID, context.request_id);
    response
}

/// Answers a request whose handler panics with a 500.
///
/// A combinator and no `async fn`, which would hold the future twice: as its argument and as what it waits for.
pub fn catch_panic(answered: impl Future<Output = Response>) -> impl Future<Output = Response> {
    let caught = AssertUnwindSafe(answered).catch_unwind();
    caught.map(|answered| answered.unwrap_or_else(|panic| answer_panic(panic.as_ref())))
}

fn answer_panic(panic: &(dyn Any + Send)) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    ApiError::internal(anyhow::anyhow!("panic: {text}")).into_response()
}

/// A request that was answered.
pub struct Served<'a> {
    pub context: &'a RequestContext,
    pub method: &'a Method,
    /// The template of the route: what a client chooses is no label.
    pub route: &'a str,
    pub status: StatusCode,
    pub took: Duration,
    /// The instance of another process that answered, and the time in which it began its answer.
    pub instance: Option<SocketAddr>,
    pub upstream_took: Option<Duration>,
}

/// Counts a request, and writes its line of the access log unless `RUST_LOG` leaves it out.
pub fn served(served: &Served<'_>) {
    request_metrics::count(served.method, served.route, served.status, served.took);
    if let Some(log) = ACCESS_LOG.get()
        && is_logged(served)
    {
        log.record(&Entry {
            method: request_metrics::method_label(served.method),
            route: served.route,
            status: served.status.as_u16(),
            took: served.took,
            request_id: served.context.request_id(),
            instance: served.instance,
            upstream_took: served.upstream_took,
        });
    }
}

/// Returns whether `RUST_LOG` wants the line of a request. Those of checks that find nothing wrong come every
/// second from every side, and are wanted at `access=debug` only.
fn is_logged(served: &Served<'_>) -> bool {
    let is_good_check = served.route.starts_with("/health") && served.status.is_success();
    match is_good_check {
        true => tracing::enabled!(target: "access", tracing::Level::DEBUG),
        false => tracing::enabled!(target: "access", tracing::Level::INFO),
    }
}

/// Writes the lines of the access log that wait.
pub fn flush() {
    if let Some(log) = ACCESS_LOG.get() {
        log.flush();
    }
}

/// Folds recorded samples into the histograms periodically. Otherwise, while nothing scrapes
/// `/metrics`, every sample would be kept.
pub async fn keep_metrics() {
    loop {
        tokio::time::sleep(METRICS_UPKEEP).await;
        metrics().run_upkeep();
    }
}

/// Renders the metrics in Prometheus's text format.
pub async fn render_metrics() -> impl IntoResponse {
    let handle = metrics();
    handle.run_upkeep();
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        handle.render(),
    )
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn a_good_health_check_has_no_line_unless_it_is_asked_for() {
        let context = RequestContext::from_request(&HeaderMap::new(), "/");
        let is_logged = |filter: &str, route, status| {
            let subscriber = tracing_subscriber::registry().with(EnvFilter::new(filter));
            let served = Served {
                context: &context,
                method: &Method::GET,
                route,
                status,
                took: Duration::ZERO,
                instance: None,
                upstream_took: None,
            };
            tracing::subscriber::with_default(subscriber, || is_logged(&served))
        };
        assert!(!is_logged("info", "/health/ready", StatusCode::OK));
        assert!(is_logged("info,access=debug", "/health/ready", StatusCode::OK));
        assert!(is_logged("info", "/health/ready", StatusCode::SERVICE_UNAVAILABLE));
        assert!(is_logged("info", "/prompts/{id}", StatusCode::OK));
    }
}

//! Logs, metrics, and the layer that gives each request its context.

use std::{
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

const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Starts logging as `RUST_LOG` (default `info`) and `LOG_FORMAT` (`json` or `pretty`) say.
pub fn init(env: &mut Env) {
    let filter = env.parse_or("RUST_LOG", EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    // A second call in one process (tests) keeps the first subscriber.
    let _ = match env.optional("LOG_FORMAT").as_deref() {
        Some("json") => registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(false),
            )
            .try_init(),
        None | Some("pretty") => registry.with(fmt::layer().with_target(false)).try_init(),
        Some(_) => {
            env.problem("LOG_FORMAT", "must be json or pretty");
            Ok(())
        }
    };
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

/// The `route` label of a request that matched no route here: the gateway puts it into the response's
/// extensions.
#[derive(Clone, Copy)]
pub struct RouteLabel(pub &'static str);

/// Gives a request its context, answers a panic with a 500, logs and counts. The outermost layer.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let context = RequestContext::from_request(request.headers(), request.uri().path());
    request.headers_mut().insert(&X_REQUEST_ID, context.request_id.clone());
    request.headers_mut().insert(&TRACEPARENT, context.traceparent.clone());

    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!("request", request_id = context.request_id(), %method, path = %context.path);
    let started = Instant::now();

    let mut response = context
        .clone()
        .scope(
            async {
                match AssertUnwindSafe(next.run(request)).catch_unwind().await {
                    Ok(response) => response,
                    Err(panic) => {
                        let text = panic
                            .downcast_ref::<String>()
                            .map(String::as_str)
                            .or_else(|| panic.downcast_ref::<&str>().copied())
                            .unwrap_or("no message");
                        ApiError::internal(anyhow::anyhow!("panic: {text}")).into_response()
                    }
                }
            }
            .instrument(span.clone()),
        )
        .await;

    let route = match (&matched, response.extensions().get::<RouteLabel>()) {
        (Some(path), _) => path.as_str().to_owned(),
        (None, Some(label)) => label.0.to_owned(),
        (None, None) => "unmatched".to_owned(),
    };
    let status = response.status();
    let elapsed = started.elapsed();
    let labels = [
        ("method", method_label(&method).to_owned()),
        ("route", route),
        ("status", status.as_u16().to_string()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels[..2])
        .record(elapsed.as_secs_f64());
    span.in_scope(|| {
        tracing::info!(status = status.as_u16(), ms = elapsed.as_secs_f64() * 1e3, "served");
    });

    response.headers_mut().insert(&X_REQUEST_ID, context.request_id);
    response
}

/// Returns the `method` label. Clients can invent methods, and each label is kept for good.
fn method_label(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "PATCH" | "OPTIONS") => known,
        _ => "OTHER",
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

//! The metrics of requests, through handles that are made once for each route, method and status.

use std::{cell::RefCell, collections::HashMap, time::Duration};

use http::{Method, StatusCode};
use metrics::{Counter, Histogram};

/// The `method` labels. Clients can invent methods, and each label is kept for good.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "OTHER"];

/// The handles of one route, by method.
type RouteHandles = [Option<Handles>; METHODS.len()];

struct Handles {
    duration: Histogram,
    /// The counter of each status that was answered; a route has a handful.
    requests: Vec<(StatusCode, Counter)>,
}

thread_local! {
    /// The handles of this thread; routes are those of the program, so their number is bounded.
    static ROUTES: RefCell<HashMap<String, RouteHandles>> = RefCell::default();
}

/// Counts a request and its time.
pub fn count(method: &Method, route: &str, status: StatusCode, took: Duration) {
    let index = method_index(method);
    ROUTES.with_borrow_mut(|routes| {
        let handles = match routes.get_mut(route) {
            Some(known) => known,
            None => routes.entry(route.to_owned()).or_default(),
        };
        let handles = handles[index].get_or_insert_with(|| Handles::new(METHODS[index], route));
        handles.counter(METHODS[index], route, status).increment(1);
        handles.duration.record(took.as_secs_f64());
    });
}

impl Handles {
    fn new(method: &'static str, route: &str) -> Self {
        let duration = metrics::histogram!(
            "http_request_duration_seconds", "method" => method, "route" => route.to_owned()
        );
        Self { duration, requests: Vec::new() }
    }

    fn counter(&mut self, method: &'static str, route: &str, status: StatusCode) -> &Counter {
        let known = self.requests.iter().position(|(known, _)| *known == status);
        let position = known.unwrap_or_else(|| {
            let counter = metrics::counter!(
                "http_requests_total", "method" => method, "route" => route.to_owned(),
                "status" => status.as_u16().to_string()
            );
            self.requests.push((status, counter));
            self.requests.len() - 1
        });
        &self.requests[position].1
    }
}

/// Returns the `method` label.
pub fn method_label(method: &Method) -> &'static str {
    METHODS[method_index(method)]
}

fn method_index(method: &Method) -> usize {
    let other = METHODS.len() - 1;
    METHODS[..other].iter().position(|known| *known == method.as_str()).unwrap_or(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_a_client_invents_makes_no_label_of_its_own() {
        assert_eq!(method_label(&Method::PATCH), "PATCH");
        assert_eq!(method_label(&Method::from_bytes(b"BREW").unwrap()), "OTHER");
        assert_eq!(method_label(&Method::TRACE), "OTHER");
    }

    #[test]
    fn each_status_of_a_route_is_counted_by_itself() {
        let handle = crate::telemetry::metrics();
        let took = Duration::from_millis(3);
        for status in [StatusCode::OK, StatusCode::OK, StatusCode::NOT_FOUND] {
            count(&Method::GET, "/counted", status, took);
        }
        let text = handle.render();
        for line in [
            r#"http_requests_total{method="GET",route="/counted",status="200"} 2"#,
            r#"http_requests_total{method="GET",route="/counted",status="404"} 1"#,
            r#"http_request_duration_seconds_count{method="GET",route="/counted"} 3"#,
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}

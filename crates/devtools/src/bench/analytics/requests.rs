//! The requests: arguments as people would choose them, the same for the same seed.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use reqwest::Method;
use uuid::Uuid;

use crate::{
    seed::rng::{Rng, Stream},
    seed_analytics::plan::Plan,
};

/// Zones, some with half and quarter hours, some whose clocks change.
const ZONES: [&str; 6] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "America/Santiago",
];

const METRICS: [&str; 3] = ["views", "registrations", "prompts"];

/// The number of the most popular prompts from which one kind of request chooses.
const POPULAR: usize = 20;

/// The longest period in days: 13 months.
const LONGEST: usize = 390;

/// The sender of a request.
#[derive(Clone, Copy, Debug)]
pub enum Caller {
    Nobody,
    User(Uuid),
    Admin,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub caller: Caller,
    /// True for an answer that does not end; its time runs to its first event.
    pub live: bool,
}

impl Request {
    fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            caller: Caller::Nobody,
            live: false,
        }
    }

    fn by(self, caller: Caller) -> Self {
        Self { caller, ..self }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// Adds a period of some days that ends now or, as often, earlier.
    fn over_days(self, rng: &mut Rng, plan: &Plan, days: usize) -> Self {
        let ago = if rng.chance(0.5) { 0 } else { rng.below(LONGEST - days + 1) };
        let until = time(plan.until) - TimeDelta::days(ago as i64);
        let from = until - TimeDelta::days(days as i64);
        let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let zone = ZONES[rng.below(ZONES.len())];
        self.with("from", text(from)).with("to", text(until)).with("tz", zone)
    }
}

/// A kind of request.
pub struct Operation {
    pub name: &'static str,
    pub requests: Vec<Request>,
}

/// Returns every kind of request with this many requests, in the data of a plan.
pub fn operations(plan: &Plan, letters: &[String], count: usize) -> Vec<Operation> {
    let mut operations = Vec::new();
    let mut add = |name, make: &dyn Fn(&mut Rng) -> Request| {
        let request = |number| make(&mut Rng::new(plan.seed, Stream::Bench, number as u64));
        operations.push(Operation { name, requests: (0..count).map(request).collect() });
    };
    add("stats", &|_| Request::get("/analytics/stats"));
    add("trending", &|rng| {
        Request::get("/analytics/trending")
            .with("days", [1, 7, 7, 30, 90][rng.below(5)])
            .with("limit", [10, 10, 20, 50, 100][rng.below(5)])
    });
    add("timeseries by hour, 1 to 60 days", &|rng| {
        let days = rng.between(1, 60);
        timeseries(rng, "hour").over_days(rng, plan, days)
    });
    add("timeseries by day, 7 to 390 days", &|rng| {
        let days = rng.between(7, LONGEST);
        timeseries(rng, "day").over_days(rng, plan, days)
    });
    add("a prompt, 30 days", &|rng| prompt(plan.viewed_prompt(rng)));
    add("a prompt, 1 to 390 days", &|rng| {
        let days = rng.between(1, LONGEST);
        prompt(plan.viewed_prompt(rng)).over_days(rng, plan, days)
    });
    add("one of the 20 most viewed prompts, 390 days", &|rng| {
        prompt(plan.prompt_of_rank(rng.below(POPULAR))).over_days(rng, plan, LONGEST)
    });
    add("an author, 30 days", &|rng| author(plan.author_of(rng.below(plan.numbers.prompts))));
    add("an author, 1 to 390 days", &|rng| {
        let days = rng.between(1, LONGEST);
        author(plan.author_of(rng.below(plan.numbers.prompts))).over_days(rng, plan, days)
    });
    add("live, to the first event", &|_| Request { live: true, ..Request::get("/analytics/live") });
    add("pipeline", &|_| Request::get("/analytics/pipeline").by(Caller::Admin));
    add("dead letters, a page", &|rng| {
        Request::get("/analytics/dead-letters")
            .with("page", rng.below(10))
            .with("size", 20)
            .by(Caller::Admin)
    });
    if !letters.is_empty() {
        let path = |rng: &mut Rng| {
            format!("/analytics/dead-letters/{}", letters[rng.below(letters.len())])
        };
        add("a dead letter", &|rng| Request::get(path(rng)).by(Caller::Admin));
        add("a dead letter's replay", &|rng| Request {
            method: Method::POST,
            ..Request::get(format!("{}/replay", path(rng))).by(Caller::Admin)
        });
    }
    operations
}

fn timeseries(rng: &mut Rng, interval: &str) -> Request {
    Request::get("/analytics/timeseries")
        .with("metric", METRICS[rng.below(METRICS.len())])
        .with("interval", interval)
}

fn prompt(id: Uuid) -> Request {
    Request::get(format!("/analytics/prompts/{id}"))
}

fn author(id: Uuid) -> Request {
    Request::get(format!("/analytics/users/{id}")).by(Caller::User(id))
}

fn time(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

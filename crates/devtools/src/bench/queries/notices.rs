//! The notices by which Postgres tells a session the time and the plan of each statement.

use anyhow::Context;
use reqwest::Url;

/// The options of a session that gets these notices.
const WATCH: [(&str, &str); 8] = [
    ("client_min_messages", "log"),
    ("log_min_duration_statement", "0"),
    ("session_preload_libraries", "auto_explain"),
    ("auto_explain.log_min_duration", "0"),
    ("auto_explain.log_analyze", "on"),
    ("auto_explain.log_buffers", "on"),
    // As a notice, to the session alone; as LOG it would fill the server's log too.
    ("auto_explain.log_level", "notice"),
    ("auto_explain.log_nested_statements", "on"),
];

/// Returns a database's URL with these options.
///
/// # Errors
/// When `url` is no URL.
pub fn with_auto_explain(url: &str) -> anyhow::Result<String> {
    let mut url = Url::parse(url).context("not a Postgres URL")?;
    let options = WATCH.map(|(name, value)| format!("-c {name}={value}")).join(" ");
    url.query_pairs_mut().append_pair("options", &options);
    Ok(url.into())
}

/// All executions of a statement by one request.
#[derive(Clone, Default)]
pub struct Statement {
    pub sql: String,
    /// The time of parsing, planning and executing, in milliseconds; 0 within a function, whose caller's time
    /// includes it.
    pub ms: f64,
    /// The time of executing alone, in milliseconds.
    pub executing_ms: f64,
    /// The plan of the longest execution, and its time in milliseconds.
    pub plan: Option<(String, f64)>,
}

impl Statement {
    /// Tells whether a function executed the statement.
    pub fn is_inner(&self) -> bool {
        self.ms == 0.0
    }
}

/// Adds a notice to its statement.
pub fn add_notice(statements: &mut Vec<Statement>, notice: &str) {
    let Some(Notice { ms, sql, plan }) = Notice::read(notice) else { return };
    let known = statements.iter().position(|statement| statement.sql == sql);
    let known = known.unwrap_or_else(|| {
        statements.push(Statement { sql: sql.to_owned(), ..Statement::default() });
        statements.len() - 1
    });
    let statement = &mut statements[known];
    match plan {
        // The execution, which has a notice of its own, includes this time.
        Some(plan) => {
            statement.executing_ms += ms;
            if statement.plan.as_ref().is_none_or(|(_, longest)| *longest < ms) {
                statement.plan = Some((plan.to_owned(), ms));
            }
        }
        None => statement.ms += ms,
    }
}

struct Notice<'a> {
    ms: f64,
    sql: &'a str,
    plan: Option<&'a str>,
}

impl<'a> Notice<'a> {
    /// Reads `duration: 0.12 ms  execute sqlx_s_1: select …`, also with `parse`, `bind` or `statement`, or
    /// `duration: 0.12 ms  plan:\nQuery Text: select …\nIndex Scan … (cost=…`.
    fn read(notice: &'a str) -> Option<Self> {
        let (ms, rest) = notice.strip_prefix("duration: ")?.split_once(" ms  ")?;
        let ms = ms.parse().ok()?;
        let Some(explained) = rest.strip_prefix("plan:\nQuery Text: ") else {
            let (_, sql) = rest.split_once(": ")?;
            return Some(Self { ms, sql: sql.trim(), plan: None });
        };
        // The plan begins with the first line that has a cost, which no query has.
        let cost = explained.find("  (cost=")?;
        let start = explained[..cost].rfind('\n')?;
        let (sql, plan) = explained.split_at(start);
        Some(Self { ms, sql: sql.trim(), plan: Some(plan.trim_matches('\n')) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_parsed_planned_and_executed_and_its_plan_is_kept() {
        let mut statements = Vec::new();
        for notice in [
            "duration: 0.250 ms  parse sqlx_s_1: select a:b\n  from t",
            "duration: 0.500 ms  bind sqlx_s_1: select a:b\n  from t",
            "duration: 1.250 ms  execute sqlx_s_1: select a:b\n  from t",
            "duration: 1.100 ms  plan:\nQuery Text: select a:b\n  from t\nLimit  (cost=0..1)\n  ->  Scan",
            "duration: 0.125 ms  statement: BEGIN",
            "something else",
        ] {
            add_notice(&mut statements, notice);
        }
        assert_eq!(statements.len(), 2);
        assert_eq!(statements[0].sql, "select a:b\n  from t");
        assert_eq!(statements[0].ms, 2.0);
        let (plan, longest) = statements[0].plan.as_ref().unwrap();
        assert_eq!((plan.as_str(), *longest), ("Limit  (cost=0..1)\n  ->  Scan", 1.1));
        assert_eq!((statements[1].sql.as_str(), statements[1].ms), ("BEGIN", 0.125));
    }

    #[test]
    fn of_what_a_function_does_again_and_again_the_longest_is_kept() {
        let mut statements = Vec::new();
        for ms in ["0.5", "2.5", "1.0"] {
            let notice =
                format!("duration: {ms} ms  plan:\nQuery Text: select 1\nPlan of {ms}  (cost=1)");
            add_notice(&mut statements, &notice);
        }
        assert_eq!(statements.len(), 1);
        assert!(statements[0].is_inner());
        assert_eq!(statements[0].executing_ms, 4.0);
        assert!(statements[0].plan.as_ref().unwrap().0.starts_with("Plan of 2.5"));
    }

    #[test]
    fn a_watched_session_keeps_what_its_url_asked_for() {
        let url = with_auto_explain("postgres://me:pw@db/prompts?sslmode=require").unwrap();
        assert!(
            url.starts_with("postgres://me:pw@db/prompts?sslmode=require&options=-c+"),
            "{url}"
        );
        let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
        assert!(options.get_options().unwrap().contains("-c auto_explain.log_analyze=on"));
    }
}

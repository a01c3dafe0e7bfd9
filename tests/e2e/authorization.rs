//! Every route of the five services, called through the gateway anonymously, as a stranger, as the owner of the thing, as an administrator, and with a
//! bad token.
//!
//! A route that a service describes and the table does not name fails the test, and the other way
//! round.

mod analytics;
mod callers;
mod marketplace;
mod prompt;
mod test;
mod user;

use std::collections::BTreeSet;

use http::Method;
use serde_json::Value;
use testkit::eventually;

use crate::{fleet::Fleet, people::account};
use callers::{Callers, sign_in, with_token};

/// The route whose answer does not end.
const ENDLESS: &str = "GET /analytics/live";

const ADMIN_EMAIL: &str = "root@example.com";

/// A call, and the status that each caller is answered with.
pub struct Row {
    /// The method and path as the service describes them: `PUT /prompts/{id}`.
    route: &'static str,
    /// The path that is called. A `$name`, here and in the body, stands for a thing of the owner's.
    path: &'static str,
    /// The body: JSON, or empty.
    body: &'static str,
    /// The statuses for an anonymous caller, a stranger, the owner, and an administrator.
    answers: [u16; 4],
}

pub const fn row(
    route: &'static str,
    path: &'static str,
    body: &'static str,
    answers: [u16; 4],
) -> Row {
    Row { route, path, body, answers }
}

/// The part of a table for which the same accounts make all calls.
enum CallersFor {
    Table,
    /// New accounts for each row, which may end them.
    Row,
}

/// Makes every call as every caller, and fails with all differences from the table.
async fn check_table(service: &str, rows: &[Row], callers_for: CallersFor) {
    let password = account("root")["password"].as_str().unwrap().to_owned();
    let fleet =
        Fleet::start_with(&[("ADMIN_EMAIL", ADMIN_EMAIL), ("ADMIN_PASSWORD", &password)]).await;
    eventually("the first administrator", || async {
        let found = fleet.client().get("/users/by-username/root").await;
        (found.status == 200).then_some(())
    })
    .await;
    let session = sign_in(&fleet, ADMIN_EMAIL).await;
    let root = with_token(&fleet, &session);
    // A token with a signature that is not ours.
    let (claims, _) = session["accessToken"].as_str().unwrap().rsplit_once('.').unwrap();
    let forged = fleet.client().with_bearer(&format!("{claims}.{}", "A".repeat(86)));
    let api = fleet.client().get(&format!("/api-docs/{service}.json")).await.expect(200);

    let mut wrong = Vec::new();
    let mut callers = Callers::register(&fleet, &root).await;
    for row in rows {
        if matches!(callers_for, CallersFor::Row) {
            callers = Callers::register(&fleet, &root).await;
        }
        let (method, template) = row.route.split_once(' ').unwrap();
        let described = &api["paths"][template][method.to_lowercase()]["responses"];
        let method: Method = method.parse().unwrap();
        let anonymous = fleet.client();
        let clients = [
            ("nobody", &anonymous, row.answers[0]),
            ("a stranger", &callers.stranger.client, row.answers[1]),
            ("its owner", &callers.owner.client, row.answers[2]),
            ("an administrator", &callers.admin.client, row.answers[3]),
        ];
        for (who, client, expected) in clients {
            let path = callers.fill(row.path).await;
            let body = callers.fill(row.body).await;
            let body: Option<Value> =
                (!body.is_empty()).then(|| serde_json::from_str(&body).unwrap());
            // The bad token comes first: if it were accepted, the thing would not be there for the
            // next call.
            let refused = forged.try_call(method.clone(), &path, body.as_ref()).await.unwrap();
            if refused.status != 401 || refused.json["code"] != "INVALID_TOKEN" {
                wrong.push(format!("{} with a bad token: {}", row.route, refused.text));
            }
            let (status, text) = if row.route == ENDLESS {
                (client.status(&path).await, String::new())
            } else {
                let answer = client.try_call(method.clone(), &path, body.as_ref()).await.unwrap();
                (answer.status, answer.text)
            };
            let status = status.as_u16();
            if status != expected {
                wrong.push(format!(
                    "{} ({}) as {who}: {status} instead of {expected}: {text}",
                    row.route, row.path
                ));
            } else if described.get(status.to_string()).is_none() {
                wrong.push(format!("{} does not describe its {status}", row.route));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));

    let named: BTreeSet<String> = rows.iter().map(|row| row.route.to_owned()).collect();
    assert_eq!(named, routes(&api), "the table and the description name the same routes");
}

/// Returns every route that a service describes.
fn routes(api: &Value) -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            routes.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_user_service_answers_everyone_as_it_should() {
    check_table("user", user::ROWS, CallersFor::Row).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_prompt_service_answers_everyone_as_it_should() {
    check_table("prompt", prompt::ROWS, CallersFor::Table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_test_service_answers_everyone_as_it_should() {
    check_table("test", test::ROWS, CallersFor::Table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_marketplace_service_answers_everyone_as_it_should() {
    check_table("marketplace", marketplace::ROWS, CallersFor::Table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_analytics_service_answers_everyone_as_it_should() {
    check_table("analytics", analytics::ROWS, CallersFor::Table).await;
}

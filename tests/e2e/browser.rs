//! A page in a browser that keeps its session in a cookie.

use serde_json::json;
use testkit::Answer;

use crate::{fleet::Fleet, people::account};

const ORIGIN: &str = "http://localhost:5173";

/// Returns the cookie that an answer sets, as a browser would send it back to `/auth`.
fn cookie(answer: &Answer) -> String {
    // Without this the browser would keep both the answer and the cookie from the page.
    assert_eq!(answer.headers["access-control-allow-credentials"], "true");
    assert_eq!(answer.headers["access-control-allow-origin"], ORIGIN);
    let set = answer.headers["set-cookie"].to_str().unwrap();
    assert!(set.contains("HttpOnly") && !set.contains("Secure"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_allowed_origin_stays_signed_in_through_the_gateway() {
    let fleet = Fleet::start().await;
    let page = fleet.client().with_header("origin", ORIGIN);
    let mut ada = account("ada");
    ada["cookie"] = json!(true);
    let registered = page.post("/auth/register", ada).await;
    let first = cookie(&registered);
    assert!(registered.expect(201).get("refreshToken").is_none());

    let refreshed = page.with_header("cookie", &first).post("/auth/refresh", json!({})).await;
    let second = cookie(&refreshed);
    let auth = refreshed.expect(200);
    let signed_in = page.with_bearer(auth["accessToken"].as_str().unwrap());
    signed_in.get("/users/me").await.expect(200);
    let sessions = signed_in.get("/auth/sessions").await.expect(200);
    assert_eq!(
        (&sessions[0]["current"], &sessions[0]["address"]),
        (&json!(true), &json!("127.0.0.1"))
    );

    // A page of the gateway's own origin is allowed; one of another origin is refused.
    let own = fleet.client().with_header("origin", &fleet.url()).with_header("cookie", &second);
    own.post("/auth/refresh", json!({})).await.expect(200);
    let elsewhere = fleet.client().with_header("origin", "http://localhost:6666");
    elsewhere
        .with_header("cookie", &second)
        .post("/auth/refresh", json!({}))
        .await
        .expect_problem(403, "ORIGIN_NOT_ALLOWED");

    let signed_out = signed_in.with_header("cookie", &second).post("/auth/logout", json!({})).await;
    assert!(signed_out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    signed_out.expect(204);
    page.with_header("cookie", &second)
        .post("/auth/refresh", json!({}))
        .await
        .expect_problem(401, "INVALID_REFRESH_TOKEN");
}

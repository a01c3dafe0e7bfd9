//! What is hidden, deleted, or of a deleted account is gone from every answer of analytics, and events that
//! come later bring nothing back.

use serde_json::json;
use testkit::{Client, eventually};

use crate::{
    fleet::Fleet,
    people::{account, register, stats_where},
};

async fn trending(client: &Client) -> Vec<String> {
    let answer = client.get("/analytics/trending").await.expect(200);
    let rows = answer["trending"].as_array().unwrap();
    let titles = rows.iter().map(|row| row["title"].as_str().unwrap_or_default().to_owned());
    titles.collect()
}

async fn views_of(client: &Client, prompt: &str) -> Option<i64> {
    let answer = client.get(&format!("/analytics/prompts/{prompt}")).await;
    (answer.status == 200).then(|| answer.json["views"].as_i64().unwrap())
}

async fn top(client: &Client, author: &str) -> Vec<String> {
    let answer = client.get(&format!("/analytics/users/{author}")).await.expect(200);
    let top = answer["topPrompts"].as_array().unwrap();
    top.iter().map(|prompt| prompt["title"].as_str().unwrap().to_owned()).collect()
}

async fn sign_in_root(fleet: &Fleet) -> Client {
    let login = json!({"email": "root@example.com", "password": account("root")["password"]});
    let session = fleet.client().post("/auth/login", login).await.expect(200);
    fleet.client().with_bearer(session["accessToken"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_gone_from_every_answer_and_later_views_bring_nothing_back() {
    let password = account("root")["password"].as_str().unwrap().to_owned();
    let admin = [("ADMIN_EMAIL", "root@example.com"), ("ADMIN_PASSWORD", password.as_str())];
    let fleet = Fleet::start_with(&admin).await;
    let (anyone, ada) = (fleet.client(), register(&fleet, "ada").await);
    let eve = register(&fleet, "eve").await;
    eventually("the first administrator", || async {
        let found = anyone.get("/users/by-username/root").await;
        (found.status == 200).then_some(())
    })
    .await;
    let root = sign_in_root(&fleet).await;
    let kept = ada.creates("Kept").await;
    let hidden = ada.creates("Hidden").await;
    let deleted = ada.creates("Deleted").await;
    let mut live = anyone.events("/analytics/live").await;
    live.next().await.unwrap();
    for prompt in [&kept, &hidden, &deleted] {
        eve.client.get(&format!("/prompts/{prompt}")).await.expect(200);
    }
    while live.next().await.unwrap().data["promptViewsLast24h"] != 3 {}
    eventually("all three to trend", || async {
        (trending(&anyone).await.len() == 3).then_some(())
    })
    .await;
    for prompt in [&kept, &hidden, &deleted] {
        assert_eq!(views_of(&anyone, prompt).await, Some(1));
    }
    let series = anyone.get("/analytics/timeseries?metric=views&interval=hour").await.expect(200);
    let points = series["points"].as_array().unwrap();
    let sum: i64 = points.iter().map(|point| point["value"].as_i64().unwrap()).sum();
    assert_eq!((points.len(), sum), (48, 3));

    let private = json!({"visibility": "PRIVATE"});
    ada.client.put(&format!("/prompts/{hidden}"), private).await.expect(200);
    ada.client.delete(&format!("/prompts/{deleted}")).await.expect(204);
    let both_gone = || async {
        let gone = trending(&anyone).await == ["Kept"]
            && trending(&eve.client).await == ["Kept"]
            && views_of(&eve.client, &hidden).await.is_none()
            && views_of(&ada.client, &deleted).await.is_none();
        gone.then_some(())
    };
    eventually("the two to go", both_gone).await;
    eventually("its author to see the hidden one still", || async {
        let mut titles = top(&ada.client, &ada.id).await;
        titles.sort();
        (titles == ["Hidden", "Kept"]).then_some(())
    })
    .await;

    // An administrator may open the hidden one, which is a view.
    root.get(&format!("/prompts/{hidden}")).await.expect(200);
    stats_where(&fleet, "the later view", |stats| stats["promptViewsLast24h"] == 4).await;
    both_gone().await.unwrap();
    assert_eq!(views_of(&ada.client, &hidden).await, Some(2));

    eve.client.get(&format!("/analytics/users/{}", ada.id)).await.expect_problem(403, "FORBIDDEN");
    root.get(&format!("/analytics/users/{}", ada.id)).await.expect(200);
    let password = json!({"password": account("ada")["password"]});
    let gone = ada.client.try_call(http::Method::DELETE, "/users/me", Some(&password)).await;
    gone.unwrap().expect(200);
    eventually("the account and its name to go", || async {
        let answer = root.get(&format!("/analytics/users/{}", ada.id)).await;
        let trending = anyone.get("/analytics/trending").await.expect(200).to_string();
        let gone = views_of(&root, &hidden).await.is_none();
        (answer.status == 404 && gone && !trending.contains("\"ada\"")).then_some(())
    })
    .await;
}

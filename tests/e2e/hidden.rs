//! Prompts that are hidden, renamed or deleted, as other services show them.

use serde_json::{Value, json};
use testkit::eventually;

use crate::{
    fleet::Fleet,
    people::{account, register},
};

#[tokio::test(flavor = "multi_thread")]
async fn trending_and_listings_show_what_a_prompt_is_now_and_nothing_of_what_is_gone() {
    let fleet = Fleet::start().await;
    let anyone = fleet.client();
    let ada = register(&fleet, "ada").await;
    let eve = register(&fleet, "eve").await;
    let kept = ada.creates("Summarise anything").await;
    let hidden = ada.creates("A secret to come").await;
    let sold = ada.creates("Sold under its name").await;
    let offer = json!({"promptId": sold, "price": 9.9});
    let listing = ada.client.post("/api/marketplace/listings", offer).await.expect(201);
    let listing = format!("/api/marketplace/listings/{}", listing["id"].as_str().unwrap());
    for id in [&kept, &hidden, &sold] {
        eve.client.get(&format!("/prompts/{id}")).await.expect(200);
    }
    let titles_when = async |what: &str, wanted: &[&str]| {
        eventually(what, || async {
            let answer = anyone.get("/analytics/trending").await.expect(200);
            let rows = answer["trending"].as_array().unwrap();
            let mut titles: Vec<&str> =
                rows.iter().map(|row| row["title"].as_str().unwrap_or_default()).collect();
            titles.sort_unstable();
            (titles == wanted).then(|| answer.clone())
        })
        .await
    };
    let all = ["A secret to come", "Sold under its name", "Summarise anything"];
    let trending = titles_when("all three to trend", &all).await;
    assert_eq!(trending["trending"][0]["username"], "ada");

    // A hidden or renamed prompt changes within seconds in trending, within a minute in the listing.
    let private = json!({"visibility": "PRIVATE"});
    ada.client.put(&format!("/prompts/{hidden}"), private).await.expect(200);
    let renamed = json!({"title": "Sold under another name"});
    ada.client.put(&format!("/prompts/{sold}"), renamed).await.expect(200);
    titles_when("the new titles", &["Sold under another name", "Summarise anything"]).await;
    let shown: Value = eventually("the listing to follow", || async {
        let shown = anyone.get(&listing).await.expect(200);
        (shown["prompt"]["title"] == "Sold under another name").then_some(shown)
    })
    .await;
    assert_eq!(shown["title"], "Sold under another name");

    // One prompt is deleted, and then its author.
    ada.client.delete(&format!("/prompts/{kept}")).await.expect(204);
    titles_when("the deleted one to go", &["Sold under another name"]).await;
    let password = json!({"password": account("ada")["password"]});
    let gone = ada.client.try_call(http::Method::DELETE, "/users/me", Some(&password)).await;
    gone.unwrap().expect(200);
    eventually("the name to go", || async {
        let answer = anyone.get("/analytics/trending").await.expect(200);
        (!answer.to_string().contains("\"ada\"")).then_some(())
    })
    .await;
    eventually("the offer to end", || async {
        (anyone.get(&listing).await.status == 404).then_some(())
    })
    .await;
}

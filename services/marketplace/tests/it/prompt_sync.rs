//! What reaches the prompt service: which prompts are premium, and which licences are valid.

use ids::PromptId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{eventually, user};

use crate::support::{Fixture, path_of, start, start_app, start_with};

/// A pause longer than any test, so that only the request itself pushes its change, and not the job.
const WITHOUT_JOB: [(&str, &str); 1] = [("PROMPT_STEP_RETRY_MS", "600000")];

fn prompt_of(listing: &Value) -> PromptId {
    listing["promptId"].as_str().unwrap().parse().unwrap()
}

/// Whether the prompt service knows this price; `None` for a prompt that is not premium.
fn knows_price(fixture: &Fixture, listing: &Value, price: Option<f64>) -> bool {
    let told = fixture.prompts.premium(prompt_of(listing)).unwrap();
    told["premium"] == price.is_some() && told["price"].as_f64() == price
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn when_a_seller_is_answered_the_prompt_is_as_its_listing_says(pool: PgPool) {
    let fixture = start_with(&pool, &WITHOUT_JOB).await;
    let ada = user("ada");
    let client = fixture.client(&ada);
    let listing = fixture.list(&ada, json!({"price": 9.9})).await;
    let path = path_of(&listing);
    assert!(knows_price(&fixture, &listing, Some(9.9)));
    client.put(&path, json!({"price": 5})).await.expect(200);
    assert!(knows_price(&fixture, &listing, Some(5.0)));
    client.post(&format!("{path}/pause"), ()).await.expect(200);
    assert!(knows_price(&fixture, &listing, None));
    client.put(&path, json!({"price": 6})).await.expect(200);
    assert!(knows_price(&fixture, &listing, None), "paused");
    client.post(&format!("{path}/activate"), ()).await.expect(200);
    assert!(knows_price(&fixture, &listing, Some(6.0)));
    client.delete(&path).await.expect(204);
    assert!(knows_price(&fixture, &listing, None));

    // A new listing continues the revisions of the old one; lower ones would be ignored.
    let anew = json!({"promptId": listing["promptId"], "price": 7});
    let anew = client.post("/api/marketplace/listings", anew).await.expect(201);
    assert!(knows_price(&fixture, &anew, Some(7.0)));
    let calls = fixture.prompts.calls(prompt_of(&listing));
    let revisions: Vec<_> =
        calls.iter().map(|call| call.body["revision"].as_i64().unwrap()).collect();
    assert!(revisions.is_sorted_by(|a, b| a < b), "{revisions:?}");

    // A change of the title does not concern the prompt service.
    client.put(&path_of(&anew), json!({"title": "Other"})).await.expect(200);
    assert_eq!(fixture.prompts.calls(prompt_of(&listing)).len(), calls.len());
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn when_a_buyer_is_answered_the_licence_is_known(pool: PgPool) {
    let fixture = start_with(&pool, &WITHOUT_JOB).await;
    let bob = user("bob");
    let listing = fixture.list(&user("ada"), json!({"price": 1, "commercialPrice": 2})).await;
    let bought = fixture.buy_as(&bob, &listing, "COMMERCIAL", "WALLET").await.expect(201);
    let license = &bought["license"];
    assert_eq!(
        fixture.prompts.entitlement(license).unwrap(),
        json!({
            "promptId": listing["promptId"], "userId": bob.id, "version": 3,
            "expiresAt": license["expiresAt"],
        }),
    );
    fixture.buy_as(&bob, &listing, "PERSONAL", "DECLINED").await.expect(402);
    assert_eq!(fixture.count("prompt_steps where about = 'LICENSE'").await, 1);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn while_the_prompt_service_is_away_all_goes_on_and_is_made_up_for(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob, eve) = (user("ada"), user("bob"), user("eve"));
    let client = fixture.client(&ada);
    let one = fixture.list(&ada, json!({"price": 1})).await;
    let two = fixture.list(&ada, json!({"price": 2})).await;
    fixture.prompts.set_away(true);
    client.post(&format!("{}/pause", path_of(&one)), ()).await.expect(200);
    client.put(&path_of(&two), json!({"price": 3})).await.expect(200);
    client.put(&path_of(&two), json!({"price": 4})).await.expect(200);
    let kept = fixture.buy(&bob, &two).await.expect(201);
    let given_back = fixture.buy(&eve, &two).await.expect(201);
    fixture.refund(&ada, &given_back).await.expect(200);
    assert!(knows_price(&fixture, &one, Some(1.0)), "away");
    assert_eq!(fixture.prompts.entitlement(&kept["license"]), None);

    fixture.prompts.set_away(false);
    fixture.wait_for_prompt_sync().await;
    assert!(knows_price(&fixture, &one, None));
    assert!(knows_price(&fixture, &two, Some(4.0)));
    assert_eq!(fixture.prompts.entitlement(&kept["license"]).unwrap()["userId"], json!(bob.id));
    let revoked = fixture.prompts.entitlement(&given_back["license"]);
    assert_eq!(revoked, Some(json!({"revoked": true})));
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_a_killed_process_did_not_tell_the_next_one_does(pool: PgPool) {
    let mut fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    fixture.prompts.set_away(true);
    let bought = fixture.buy(&bob, &listing).await.expect(201);
    fixture.client(&ada).post(&format!("{}/pause", path_of(&listing)), ()).await.expect(200);

    let next = start_app(&pool, &fixture.prompts, &[]).await;
    std::mem::replace(&mut fixture.app, next).stop().await;
    fixture.prompts.set_away(false);
    fixture.wait_for_prompt_sync().await;
    assert!(knows_price(&fixture, &listing, None));
    assert!(fixture.prompts.entitlement(&bought["license"]).is_some());
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn two_processes_and_many_changes_at_once_end_as_the_last_one_says(pool: PgPool) {
    let fixture = start(&pool).await;
    let other = start_app(&pool, &fixture.prompts, &[]).await;
    let ada = user("ada");
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    let path = path_of(&listing);
    let clients = [fixture.client(&ada), other.anonymous().forwarded_for(&ada)];
    let mut changes = tokio::task::JoinSet::new();
    for i in 0..40 {
        let (client, path) = (clients[i % 2].clone(), path.clone());
        changes.spawn(async move {
            match i % 4 {
                0 => client.post(&format!("{path}/pause"), ()).await.expect(200),
                1 => client.post(&format!("{path}/activate"), ()).await.expect(200),
                _ => client.put(&path, json!({"price": 10 + i})).await.expect(200),
            }
        });
        if i == 20 {
            fixture.prompts.set_away(true);
        }
    }
    changes.join_all().await;
    fixture.prompts.set_away(false);
    fixture.wait_for_prompt_sync().await;
    let listing = fixture.client(&ada).get(&path).await.expect(200);
    let price = (listing["isActive"] == true).then(|| listing["price"].as_f64().unwrap());
    assert!(knows_price(&fixture, &listing, price), "{listing}");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn of_a_deleted_prompt_nothing_more_knows_price(pool: PgPool) {
    let fixture = start_with(&pool, &WITHOUT_JOB).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    fixture.prompts.delete(prompt_of(&listing));
    // The copy can still be sold.
    fixture.buy(&bob, &listing).await.expect(201);
    fixture.client(&ada).delete(&path_of(&listing)).await.expect(204);
    fixture.wait_for_prompt_sync().await;
    let calls = fixture.prompts.calls(prompt_of(&listing)).len();
    assert_eq!(calls, 3);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn steps_that_fail_are_tried_ever_more_seldom(pool: PgPool) {
    let fixture = start_with(&pool, &[("PROMPT_STEP_RETRY_MS", "200")]).await;
    let ada = user("ada");
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    fixture.prompts.set_away(true);
    fixture.client(&ada).delete(&path_of(&listing)).await.expect(204);
    // The third attempt waits 800 ms and up to a quarter more, the first 200 ms.
    let far = "prompt_steps where attempts >= 3 and due_at > now() + interval '300 ms'";
    eventually("a long wait", || async { (fixture.count(far).await == 1).then_some(()) }).await;
    fixture.prompts.set_away(false);
    fixture.wait_for_prompt_sync().await;
}

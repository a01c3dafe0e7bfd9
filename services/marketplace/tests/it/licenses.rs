//! `/api/marketplace/licenses`.

use ids::LicenseId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::user;

use crate::support::{admin, start};

const LICENSES: &str = "/api/marketplace/licenses";

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_licence_is_for_its_holder(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let mut held = Vec::new();
    for _ in 0..3 {
        let listing = fixture.list(&ada, json!({"price": 1})).await;
        held.push(fixture.buy(&bob, &listing).await.expect(201)["license"].clone());
    }
    held.reverse();
    let client = fixture.client(&bob);
    let page = client.get(LICENSES).await.expect(200);
    assert_eq!(page["content"], json!(held));
    assert_eq!(page["totalElements"], 3);
    let first = client.get(&format!("{LICENSES}?size=2")).await.expect(200);
    let cursor = first["nextCursor"].as_str().unwrap();
    let rest = client.get(&format!("{LICENSES}?size=2&cursor={cursor}")).await.expect(200);
    assert_eq!(rest["content"], json!([held[2]]));

    let path = format!("{LICENSES}/{}", held[0]["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.expect(200), held[0]);
    for other in [&ada, &admin()] {
        assert_eq!(fixture.client(other).get(LICENSES).await.expect(200)["content"], json!([]));
        fixture.client(other).get(&path).await.expect_problem(404, "LICENSE_NOT_FOUND");
    }
    for path in [LICENSES, &path] {
        fixture.app.anonymous().get(path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    }
    let absent = format!("{LICENSES}/{}", LicenseId::new());
    client.get(&absent).await.expect_problem(404, "LICENSE_NOT_FOUND");
    let malformed = format!("{LICENSES}/7");
    client.get(&malformed).await.expect_problem(400, "VALIDATION_FAILED");
    let bad_page = format!("{LICENSES}?size=1000");
    client.get(&bad_page).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn anyone_can_verify_a_key_and_an_unknown_one_tells_nothing(pool: PgPool) {
    let fixture = start(&pool).await;
    let listing = fixture.list(&user("ada"), json!({"price": 1, "commercialPrice": 2})).await;
    let license = fixture.buy_as(&user("bob"), &listing, "COMMERCIAL", "WALLET").await.expect(201)
        ["license"]
        .clone();
    let key = license["licenseKey"].as_str().unwrap();
    let client = fixture.app.anonymous();
    let verify = |key: &str| {
        let path = format!("{LICENSES}/verify/{key}");
        let client = client.clone();
        async move { client.get(&path).await.expect(200) }
    };
    let good = json!({
        "valid": true, "licenseType": "COMMERCIAL", "promptId": listing["promptId"],
        "expiresAt": license["expiresAt"],
    });
    assert!(license["expiresAt"].is_string());
    assert_eq!(verify(key).await, good);
    // A key as a person may type it.
    assert_eq!(verify(&key.to_lowercase().replace('-', "%20")).await, good);

    let unknown =
        json!({"valid": false, "licenseType": null, "promptId": null, "expiresAt": Value::Null});
    let last = if key.ends_with('0') { "1" } else { "0" };
    let mistyped = format!("{}{last}", &key[..key.len() - 1]);
    for key in ["3WB8-0Z7R-MV9P-3AHC-B91M-ZNFG-Q4WB", &mistyped, "nonsense", "%F0%9F%94%91"] {
        assert_eq!(verify(key).await, unknown, "{key}");
    }

    sqlx::query("update licenses set expires_at = date_trunc('second', now()) - interval '1 hour'")
        .execute(&fixture.pool)
        .await
        .unwrap();
    let expired = verify(key).await;
    assert_eq!(expired["valid"], false);
    assert_eq!(expired["licenseType"], "COMMERCIAL");
}

//! Suspended users, whom nobody sees.

use serde_json::json;
use sqlx::PgPool;

use crate::support::{Fixture, Person, join, join_admin, start, usernames};

/// Registers Ada and Eve, who follow each other.
async fn befriended(fixture: &Fixture) -> (Person, Person) {
    let (ada, eve) = (join(fixture, "ada").await, join(fixture, "eve").await);
    for (who, whom) in [(&ada, &eve), (&eve, &ada)] {
        who.client.post(&format!("/users/follow/{}", whom.id), ()).await.expect(200);
    }
    (ada, eve)
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_suspended_person_is_nowhere_to_be_seen(pool: PgPool) {
    let fixture = start(&pool).await;
    let boss = join_admin(&fixture, &pool, "boss").await;
    let (ada, eve) = befriended(&fixture).await;
    let bob = join(&fixture, "bob").await;
    bob.client.post(&format!("/users/follow/{}", ada.id), ()).await.expect(200);
    boss.client.post(&format!("/users/{}/suspend", eve.id), ()).await.expect(200);

    let anonymous = fixture.app.anonymous();
    let id = eve.id;
    for client in [&anonymous, &ada.client, &boss.client] {
        for path in [
            format!("/users/{id}"),
            "/users/by-username/eve".to_owned(),
            "/users/by-username/EVE".to_owned(),
            format!("/users/stats/{id}"),
            format!("/users/followers/{id}"),
            format!("/users/following/{id}"),
        ] {
            client.get(&path).await.expect_problem(404, "USER_NOT_FOUND");
        }
    }
    let follow = format!("/users/follow/{id}");
    ada.client.post(&follow, ()).await.expect_problem(404, "USER_NOT_FOUND");
    ada.client.delete(&follow).await.expect_problem(404, "USER_NOT_FOUND");
    let check = format!("/users/following/{id}/check");
    ada.client.get(&check).await.expect_problem(404, "USER_NOT_FOUND");

    // Lists of followers and of followed users leave the suspended user out, and so do the counts.
    for (list, expected) in [("followers", vec!["bob"]), ("following", vec![])] {
        let page = anonymous.get(&format!("/users/{list}/{}", ada.id)).await.expect(200);
        assert_eq!(usernames(&page), expected, "{list}");
        assert_eq!(page["totalElements"], expected.len(), "{list}");
    }
    let stats = anonymous.get(&format!("/users/stats/{}", ada.id)).await.expect(200);
    assert_eq!((&stats["followersCount"], &stats["followingCount"]), (&json!(1), &json!(0)));

    // Everything is back when the account is.
    boss.client.post(&format!("/users/{id}/activate"), ()).await.expect(200);
    anonymous.get("/users/by-username/eve").await.expect(200);
    let stats = anonymous.get(&format!("/users/stats/{}", ada.id)).await.expect(200);
    assert_eq!((&stats["followersCount"], &stats["followingCount"]), (&json!(2), &json!(1)));
    assert_eq!(ada.client.get(&check).await.expect(200)["isFollowing"], true);
}

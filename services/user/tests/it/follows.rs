//! `/users/follow…`, `/users/stats`.

use axum::{Json, Router, extract::Path, routing::get};
use ids::UserId;
use internal_api::{
    Call,
    prompt::{AuthorStatsResponse, GetAuthorStats},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, eventually};
use tokio::net::TcpListener;

use crate::support::{
    Fixture, Person, assert_snapshot, join, start, start_with_settings, usernames,
};

async fn follow(person: &Person, whom: UserId) -> Answer {
    person.client.post(&format!("/users/follow/{whom}"), ()).await
}

async fn stats(fixture: &Fixture, id: UserId) -> Value {
    fixture.app.anonymous().get(&format!("/users/stats/{id}")).await.expect(200)
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn following_and_unfollowing_may_be_repeated(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, eve) = (join(&fixture, "ada").await, join(&fixture, "eve").await);
    let path = format!("/users/follow/{}", eve.id);
    let check = format!("/users/following/{}/check", eve.id);
    for _ in 0..2 {
        let answer = ada.client.post(&path, ()).await.expect(200);
        assert_snapshot("follow", &answer);
    }
    let expected = json!({"isFollowing": true, "followerId": ada.id, "followingId": eve.id});
    assert_eq!(ada.client.get(&check).await.expect(200), expected);
    assert_eq!(stats(&fixture, eve.id).await["followersCount"], 1);
    assert_eq!(stats(&fixture, ada.id).await["followingCount"], 1);
    // Following is one way only.
    let back = format!("/users/following/{}/check", ada.id);
    assert_eq!(eve.client.get(&back).await.expect(200)["isFollowing"], false);

    for _ in 0..2 {
        assert_eq!(ada.client.delete(&path).await.expect(200)["isFollowing"], false);
    }
    assert_eq!(ada.client.get(&check).await.expect(200)["isFollowing"], false);
    assert_eq!(stats(&fixture, eve.id).await["followersCount"], 0);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn nobody_follows_themselves_or_nobody(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = join(&fixture, "ada").await;
    let anonymous = fixture.app.anonymous();
    let own = format!("/users/follow/{}", ada.id);
    ada.client.post(&own, ()).await.expect_problem(400, "CANNOT_FOLLOW_SELF");
    ada.client.delete(&own).await.expect_problem(400, "CANNOT_FOLLOW_SELF");
    let unknown = UserId::new();
    let path = format!("/users/follow/{unknown}");
    ada.client.post(&path, ()).await.expect_problem(404, "USER_NOT_FOUND");
    ada.client.delete(&path).await.expect_problem(404, "USER_NOT_FOUND");
    ada.client.post("/users/follow/x", ()).await.expect_problem(400, "VALIDATION_FAILED");
    for path in [
        format!("/users/followers/{unknown}"),
        format!("/users/following/{unknown}"),
        format!("/users/stats/{unknown}"),
    ] {
        anonymous.get(&path).await.expect_problem(404, "USER_NOT_FOUND");
    }
    let check = format!("/users/following/{unknown}/check");
    ada.client.get(&check).await.expect_problem(404, "USER_NOT_FOUND");
    anonymous.get(&check).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    anonymous.post(&path, ()).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    anonymous.delete(&path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn followers_and_following_are_paged_newest_first(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = join(&fixture, "ada").await;
    let names = ["user0", "user1", "user2", "user3", "user4"];
    for name in names {
        let person = join(&fixture, name).await;
        follow(&person, ada.id).await.expect(200);
        follow(&ada, person.id).await.expect(200);
    }
    // Some follows begin at the same moment.
    sqlx::query("update follows set created_at = date_trunc('hour', created_at)")
        .execute(&pool)
        .await
        .unwrap();
    let client = fixture.app.anonymous();
    for list in ["followers", "following"] {
        let base = format!("/users/{list}/{}?size=2", ada.id);
        let mut seen = Vec::new();
        let mut path = base.clone();
        for number in 0.. {
            let page = client.get(&path).await.expect(200);
            let by_number = client.get(&format!("{base}&page={number}")).await.expect(200);
            assert_eq!(by_number["totalElements"], 5);
            assert_eq!(usernames(&page), usernames(&by_number));
            assert!(page["content"][0].get("email").is_none());
            seen.extend(usernames(&page).into_iter().map(str::to_owned));
            match page["nextCursor"].as_str() {
                Some(cursor) => path = format!("{base}&cursor={cursor}"),
                None => break,
            }
        }
        // Ids grow with time, so the later one comes first among equals too.
        let newest_first: Vec<_> = names.iter().rev().copied().collect();
        assert_eq!(seen, newest_first, "{list}");
    }
    let path = format!("/users/followers/{}?cursor=x&size=101", ada.id);
    client.get(&path).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn of_many_who_follow_one_person_at_once_each_counts_once(pool: PgPool) {
    let fixture = start(&pool).await;
    let star = join(&fixture, "star").await;
    let mut fans = Vec::new();
    for i in 0..5 {
        fans.push(join(&fixture, &format!("fan{i}")).await);
    }
    let calls = (0..50).map(|i| {
        let (client, path) = (fans[i % 5].client.clone(), format!("/users/follow/{}", star.id));
        tokio::spawn(async move { client.post(&path, ()).await.status })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!(stats(&fixture, star.id).await["followersCount"], 5);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn stats_join_the_prompt_service_s_figures_and_do_without(pool: PgPool) {
    async fn figures(_: Path<UserId>) -> Json<AuthorStatsResponse> {
        Json(AuthorStatsResponse { prompts_count: 3, likes_received: 14 })
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let prompts = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route(GetAuthorStats::PATH, get(figures));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let fixture = start_with_settings(&pool, &[("PROMPT_SERVICE_URL", &prompts)]).await;
    let ada = join(&fixture, "ada").await;
    let mut expected = json!({
        "userId": ada.id, "followersCount": 0, "followingCount": 0,
        "promptsCount": 3, "likesReceived": 14,
    });
    assert_eq!(stats(&fixture, ada.id).await, expected);
    serving.abort();
    let _ = serving.await;
    expected["promptsCount"] = Value::Null;
    expected["likesReceived"] = Value::Null;
    // Figures from before are shown for a moment.
    eventually("figures without the prompt service", async || {
        (stats(&fixture, ada.id).await == expected).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_prompt_service_that_hangs_does_not_hold_stats_up(pool: PgPool) {
    // A stand-in that takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let prompts = format!("http://{}", silent.local_addr().unwrap());
    let fixture = start_with_settings(&pool, &[("PROMPT_SERVICE_URL", &prompts)]).await;
    let ada = join(&fixture, "ada").await;
    let started = std::time::Instant::now();
    assert_eq!(stats(&fixture, ada.id).await["promptsCount"], Value::Null);
    assert!(started.elapsed().as_secs() < 3, "{:?}", started.elapsed());
}

//! Reads that many share: tags, what a change does to them, and a second instance.

use http::Method;
use serde_json::json;
use sqlx::PgPool;
use testkit::{Client, eventually};

use crate::support::{
    Fixture, PASSWORD, Person, join, join_admin, start, start_with_broker, usernames,
};

/// Returns the paths of all shared reads of a person.
fn paths(person: &Person, username: &str) -> [String; 5] {
    [
        format!("/users/{}", person.id),
        format!("/users/by-username/{username}"),
        format!("/users/stats/{}", person.id),
        format!("/users/followers/{}", person.id),
        format!("/users/following/{}", person.id),
    ]
}

async fn etag(client: &Client, path: &str) -> String {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.headers["etag"].to_str().unwrap().to_owned()
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn who_has_the_answer_is_told_so_until_it_changes(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, eve) = (join(&fixture, "ada").await, join(&fixture, "eve").await);
    eve.client.post(&format!("/users/follow/{}", ada.id), ()).await.expect(200);
    let anyone = fixture.app.anonymous();
    for path in paths(&ada, "ADA") {
        let tag = etag(&anyone, &path).await;
        assert_eq!(etag(&eve.client, &path).await, tag, "{path} is the same for everyone");
        let known = anyone.with_header("if-none-match", &tag).get(&path).await;
        assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""), "{path}");
        let headers = [("cache-control", "no-cache"), ("vary", "authorization"), ("etag", &tag)];
        for (name, value) in headers {
            assert_eq!(known.headers[name], value, "{path}");
        }
        let private = eve.client.with_header("if-none-match", &tag).get(&path).await;
        assert_eq!(private.status, 304);
        assert_eq!(private.headers["cache-control"], "private, no-cache");
    }

    // Their profile shows in the list of those who follow Ada, too.
    let before = [etag(&anyone, "/users/by-username/eve").await, {
        etag(&anyone, &format!("/users/followers/{}", ada.id)).await
    }];
    eve.client.put("/users/me", json!({"firstName": "Evelyn"})).await.expect(200);
    let known = anyone.with_header("if-none-match", &before.join(", "));
    assert_eq!(known.get("/users/by-username/eve").await.expect(200)["firstName"], "Evelyn");
    let list = known.get(&format!("/users/followers/{}", ada.id)).await.expect(200);
    assert_eq!(list["content"][0]["firstName"], "Evelyn");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_cursor_of_a_shared_page_goes_on_however_the_id_is_written(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = join(&fixture, "ada").await;
    sqlx::query(
        "insert into users (id, username, email, password_hash)
         select gen_random_uuid(), 'fan' || n, 'fan' || n || '@example.com', ''
         from generate_series(1, 21) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query(
        "insert into follows (follower_id, followee_id)
         select f.id, a.id from users f, users a where a.username = 'ada' and f.username <> 'ada'",
    )
    .execute(&pool)
    .await
    .unwrap();
    let anyone = fixture.app.anonymous();
    let lower = format!("/users/followers/{}", ada.id);
    let upper = format!("/users/followers/{}", ada.id.to_string().to_uppercase());
    for path in [&lower, &upper, &lower] {
        let first = anyone.get(path).await.expect(200);
        assert_eq!((&first["totalElements"], &first["last"]), (&json!(21), &json!(false)));
        let cursor = first["nextCursor"].as_str().unwrap();
        let rest = anyone.get(&format!("{path}?cursor={cursor}")).await.expect(200);
        assert_eq!(rest["content"].as_array().unwrap().len(), 1);
    }
}

/// Starts another instance on the same database.
async fn second(fixture: &Fixture, pool: &PgPool) -> testkit::TestApp {
    start_with_broker(pool, fixture.broker.address(), &[]).await
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn what_one_instance_changes_another_one_shows(pool: PgPool) {
    let fixture = start(&pool).await;
    let other = second(&fixture, &pool).await;
    let there = other.anonymous();
    let boss = join_admin(&fixture, &pool, "boss").await;
    let (ada, eve) = (join(&fixture, "ada").await, join(&fixture, "eve").await);
    let [profile, by_name, stats, followers, _] = paths(&ada, "ada");
    let status_of = async |path: &str, wanted: u16| {
        eventually(&format!("{path}: {wanted}"), async || {
            (there.get(path).await.status == wanted).then_some(())
        })
        .await;
    };

    assert_eq!(there.get(&stats).await.expect(200)["followersCount"], 0);
    assert_eq!(there.get(&followers).await.expect(200)["totalElements"], 0);
    for (method, count) in [(Method::POST, 1), (Method::DELETE, 0)] {
        let path = format!("/users/follow/{}", ada.id);
        eve.client.try_call(method, &path, None::<&()>).await.unwrap().expect(200);
        eventually("the count and the list", async || {
            let shown = there.get(&stats).await.expect(200)["followersCount"] == count;
            let list = there.get(&followers).await.expect(200);
            (shown && usernames(&list).len() == count).then_some(())
        })
        .await;
    }

    for path in [&profile, &by_name, &stats, &followers] {
        there.get(path).await.expect(200);
    }
    boss.client.post(&format!("/users/{}/suspend", ada.id), ()).await.expect(200);
    for path in [&profile, &by_name, &stats, &followers] {
        status_of(path, 404).await;
    }
    boss.client.post(&format!("/users/{}/activate", ada.id), ()).await.expect(200);
    for path in [&profile, &by_name, &stats, &followers] {
        // What was not found is remembered by nobody.
        there.get(path).await.expect(200);
    }

    // A name that another account has now.
    let body = json!({"password": PASSWORD});
    let gone = ada.client.try_call(Method::DELETE, "/users/me", Some(&body)).await.unwrap();
    gone.expect(200);
    status_of(&by_name, 404).await;
    let again = join(&fixture, "ada").await;
    eventually("the new account of that name", async || {
        let answer = there.get(&by_name).await;
        (answer.json["id"] == again.id.to_string()).then_some(())
    })
    .await;
}

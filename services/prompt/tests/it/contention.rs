//! Many people and one prompt: whatever they do at once, the counters match the rows, and no
//! transaction deadlocks.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, user};
use tokio::sync::Barrier;

use crate::support::{create, path, reviewer, start};

/// Counts the counters of prompts and comments that differ from the rows they count.
async fn wrong_counters(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "select (select count(*) from prompt_counters c where
                     likes_count <> (select count(*) from prompt_likes l where l.prompt_id = c.prompt_id)
                  or comments_count <> (select count(*) from prompt_comments m where m.prompt_id = c.prompt_id)
                  or array[ratings_1, ratings_2, ratings_3, ratings_4, ratings_5] <> array(
                         select count(r.rating) from generate_series(1, 5) stars
                         left join prompt_ratings r on r.prompt_id = c.prompt_id and r.rating = stars
                         group by stars order by stars))
              + (select count(*) from prompt_comments m where
                     likes_count <> (select count(*) from comment_likes l where l.comment_id = m.id))",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

/// Counts deadlocks, each of which Postgres breaks after a second by failing one transaction.
async fn deadlocks(pool: &PgPool) -> i64 {
    // A backend reports its counts when it is idle, half a second later at most.
    sqlx::query("select pg_stat_force_next_flush()").execute(pool).await.unwrap();
    sqlx::query_scalar("select deadlocks from pg_stat_database where datname = current_database()")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Checks that an answer has one of the allowed statuses, and returns its body.
fn check(answer: Answer, allowed: &[u16]) -> Value {
    assert!(allowed.contains(&answer.status.as_u16()), "{}", answer.text);
    answer.json
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_thousand_people_like_one_prompt_at_once_and_all_of_them_count(pool: PgPool) {
    const PEOPLE: usize = 1000;
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let like = Arc::new(json!({"promptId": prompt["id"]}));
    let ready = Arc::new(Barrier::new(PEOPLE + 1));
    let fans: Vec<_> = (0..PEOPLE)
        .map(|i| {
            let fan = ada.forwarded_for(&user(&format!("fan{i}")));
            let (like, ready) = (like.clone(), ready.clone());
            tokio::spawn(async move {
                ready.wait().await;
                check(fan.post("/api/social/likes", &*like).await, &[201]);
            })
        })
        .collect();
    ready.wait().await;
    let started = Instant::now();
    for fan in fans {
        fan.await.unwrap();
    }
    let took = started.elapsed();
    let stats = format!("/api/social/stats/{}", prompt["id"].as_str().unwrap());
    assert_eq!(ada.get(&stats).await.expect(200)["likesCount"], PEOPLE);
    assert_eq!((wrong_counters(&pool).await, deadlocks(&pool).await), (0, 0));
    // The gateway's deadline.
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn two_processes_write_likes_of_the_same_prompts_and_take_them_back(pool: PgPool) {
    const PROMPTS: usize = 5;
    let processes = [start(&pool).await, start(&pool).await];
    let ada = processes[0].app.anonymous().forwarded_for(&user("ada"));
    let mut prompts = Vec::new();
    for _ in 0..PROMPTS {
        prompts.push(create(&ada, reviewer()).await["id"].as_str().unwrap().to_owned());
    }
    let doomed = create(&ada, reviewer()).await;
    prompts.push(doomed["id"].as_str().unwrap().to_owned());
    let prompts = Arc::new(prompts);
    let fans: Vec<_> = (0..120)
        .map(|i| {
            // Each person calls both processes at once, and likes one prompt twice.
            let fan =
                processes[i % 2].app.anonymous().forwarded_for(&user(&format!("fan{}", i / 2)));
            let prompts = prompts.clone();
            tokio::spawn(async move {
                for step in 0..prompts.len() {
                    let prompt = &prompts[(i + step * (1 + i % 2)) % prompts.len()];
                    let like = json!({"promptId": prompt});
                    check(fan.post("/api/social/likes", &like).await, &[200, 201, 404]);
                    if i % 3 == 0 {
                        let unlike = format!("/api/social/likes/{prompt}");
                        check(fan.delete(&unlike).await, &[200, 404]);
                    }
                }
            })
        })
        .collect();
    assert_eq!(ada.delete(&path(&doomed)).await.status, 204);
    for fan in fans {
        fan.await.unwrap();
    }
    assert_eq!((wrong_counters(&pool).await, deadlocks(&pool).await), (0, 0));
    let left: i64 =
        sqlx::query_scalar("select count(*) from prompt_counters").fetch_one(&pool).await.unwrap();
    assert_eq!(left, PROMPTS as i64);
}

/// Does everything that one person can do to a prompt, in an order that `seed` decides.
async fn live(client: Client, prompt: String, seed: usize) {
    const FINE: &[u16] = &[200, 201, 204];
    // Other people's comments are created and deleted meanwhile.
    const FINE_OR_GONE: &[u16] = &[200, 201, 204, 404];
    let comments = "/api/social/comments";
    for step in 0..12 {
        match (seed * 7 + step * 5) % 6 {
            0 => {
                check(client.post("/api/social/likes", json!({"promptId": prompt})).await, FINE);
            }
            1 => {
                check(client.delete(&format!("/api/social/likes/{prompt}")).await, FINE);
            }
            2 => {
                let rating = json!({"promptId": prompt, "rating": (seed + step) % 5 + 1});
                check(client.post("/api/social/ratings", rating).await, FINE);
            }
            3 => {
                let comment = json!({"promptId": prompt, "content": "I was here."});
                let written = check(client.post(comments, comment).await, FINE);
                let path = format!("{comments}/{}", written["id"].as_str().unwrap());
                let edit = json!({"content": "I was here, too."});
                check(client.put(&path, edit).await, FINE_OR_GONE);
                if step % 2 == 0 {
                    check(client.delete(&path).await, FINE_OR_GONE);
                }
            }
            act => {
                let page = check(client.get(&format!("{comments}/{prompt}")).await, FINE);
                let Some(first) = page["content"][0]["id"].as_str() else { continue };
                if act == 4 {
                    let reply =
                        json!({"promptId": prompt, "content": "Indeed.", "parentId": first});
                    check(client.post(comments, reply).await, FINE_OR_GONE);
                    continue;
                }
                let like = format!("{comments}/{first}/like");
                check(client.post(&like, json!({})).await, FINE_OR_GONE);
                if step % 2 == 0 {
                    check(client.delete(&like).await, FINE_OR_GONE);
                }
            }
        }
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn whatever_people_do_at_once_the_counters_equal_the_rows(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let id = prompt["id"].as_str().unwrap().to_owned();
    let people: Vec<_> = (0..40)
        .map(|seed| {
            let client = ada.forwarded_for(&user(&format!("fan{seed}")));
            tokio::spawn(live(client, id.clone(), seed))
        })
        .collect();
    // The author edits the prompt and deletes comments meanwhile.
    for i in 0..10 {
        let change = json!({"title": format!("Title {i}")});
        check(ada.put(&path(&prompt), change).await, &[200]);
        let page = ada.get(&format!("/api/social/comments/{id}?size=1")).await.expect(200);
        if let Some(first) = page["content"][0]["id"].as_str() {
            check(ada.delete(&format!("/api/social/comments/{first}")).await, &[204, 404]);
        }
    }
    for person in people {
        person.await.unwrap();
    }
    assert_eq!((wrong_counters(&pool).await, deadlocks(&pool).await), (0, 0));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_comment_is_edited_liked_and_answered_while_it_is_deleted(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let prompt = create(&ada, reviewer()).await;
    for _ in 0..15 {
        let body = json!({"promptId": prompt["id"], "content": "Short-lived."});
        let comment = eve.post("/api/social/comments", &body).await.expect(201);
        let path = format!("/api/social/comments/{}", comment["id"].as_str().unwrap());
        let reply =
            json!({"promptId": prompt["id"], "content": "Wait!", "parentId": comment["id"]});
        let like = format!("{path}/like");
        let (edited, answered, liked, unliked, deleted, cleared) = tokio::join!(
            eve.put(&path, json!({"content": "Better."})),
            ada.post("/api/social/comments", reply),
            ada.post(&like, json!({})),
            ada.delete(&like),
            eve.delete(&path),
            ada.delete(&path),
        );
        check(edited, &[200, 404]);
        check(answered, &[201, 404]);
        check(liked, &[201, 404]);
        check(unliked, &[200, 404]);
        let ends = [deleted, cleared].map(|answer| answer.status.as_u16());
        assert!(ends == [204, 404] || ends == [404, 204], "deleted once: {ends:?}");
    }
    assert_eq!((wrong_counters(&pool).await, deadlocks(&pool).await), (0, 0));
    let left: i64 =
        sqlx::query_scalar("select count(*) from prompt_comments").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn people_react_while_a_prompt_is_deleted(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    for _ in 0..15 {
        let prompt = create(&ada, reviewer()).await;
        let id = &prompt["id"];
        let comment = json!({"promptId": id, "content": "Still here?"});
        let first = eve.post("/api/social/comments", &comment).await.expect(201);
        let like_comment = format!("/api/social/comments/{}/like", first["id"].as_str().unwrap());
        let own = format!("/api/social/likes/{}", id.as_str().unwrap());
        let path = path(&prompt);
        let (liked, rated, said, liked_comment, unliked, deleted) = tokio::join!(
            eve.post("/api/social/likes", json!({"promptId": id})),
            eve.post("/api/social/ratings", json!({"promptId": id, "rating": 5})),
            eve.post("/api/social/comments", &comment),
            eve.post(&like_comment, json!({})),
            eve.delete(&own),
            ada.delete(&path),
        );
        // The request comes either before the deletion or after it.
        for answer in [liked, rated, said, liked_comment] {
            check(answer, &[201, 404]);
        }
        check(unliked, &[200, 404]);
        check(deleted, &[204]);
    }
    assert_eq!((wrong_counters(&pool).await, deadlocks(&pool).await), (0, 0));
}

//! Versions written while a prompt was private or a draft stay hidden once it is public.

use std::borrow::Cow;

use http::Method;
use serde_json::{Value, json};
use sqlx::{PgPool, migrate::Migrator};
use testkit::{Client, user};

use crate::support::{admin, create, license, path, private, reviewer, start};

fn secret(word: &str) -> Value {
    json!({"title": format!("Title {word}"), "content": format!("Text with {word} in it.")})
}

fn numbers(page: &Value) -> Vec<i64> {
    let versions = page["content"].as_array().unwrap();
    versions.iter().map(|version| version["version"].as_i64().unwrap()).collect()
}

/// Returns every request for a version of a prompt, except by a label.
fn ways(prompt: &str, version: i32) -> Vec<(Method, String, Option<Value>)> {
    let get = |path: String| (Method::GET, path, None);
    let post = |path: String, body: Value| (Method::POST, path, Some(body));
    vec![
        get(format!("{prompt}?version={version}")),
        get(format!("{prompt}/versions/{version}")),
        get(format!("{prompt}/versions/diff?from={version}&to=2")),
        get(format!("{prompt}/versions/diff?from=2&to={version}")),
        get(format!("/internal{prompt}?version={version}")),
        post(format!("{prompt}/render"), json!({"version": version})),
        post(format!("{prompt}/fork"), json!({"version": version})),
    ]
}

async fn ask(client: &Client, (method, path, body): &(Method, String, Option<Value>)) -> u16 {
    client.try_call(method.clone(), path, body.as_ref()).await.unwrap().status.as_u16()
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn others_read_from_the_version_at_first_publication_on(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let root = anonymous.forwarded_for(&admin("root"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let mut draft = reviewer();
    draft["status"] = json!("DRAFT");
    for (hidden, publication) in [
        (private(reviewer()), json!({"visibility": "PUBLIC"})),
        (private(reviewer()), json!({"visibility": "UNLISTED"})),
        (draft, json!({"status": "PUBLISHED"})),
    ] {
        let mut first = hidden;
        first["content"] = json!("Text with quixotic in it.");
        first["changeLog"] = json!("quixotic");
        let created = create(&ada, first).await;
        let prompt = path(&created);
        ada.put(&prompt, secret("public")).await.expect(200);
        ada.put(&format!("{prompt}/labels/old"), json!({"version": 1})).await.expect(200);
        ada.put(&format!("{prompt}/labels/new"), json!({"version": 2})).await.expect(200);
        assert_eq!(ada.put(&prompt, publication).await.expect(200)["version"], 2);

        for client in [&anonymous, &eve] {
            let page = client.get(&format!("{prompt}/versions?include=content")).await.expect(200);
            assert_eq!((numbers(&page), &page["totalElements"]), (vec![2], &json!(1)));
            for query in ["label=old", "label=none"] {
                let answer = client.get(&format!("{prompt}?{query}")).await;
                answer.expect_problem(404, "LABEL_NOT_FOUND");
            }
            let by_label = json!({"label": "old"});
            let render = client.post(&format!("{prompt}/render"), by_label.clone()).await;
            render.expect_problem(404, "LABEL_NOT_FOUND");
            let diff = client.get(&format!("{prompt}/versions/diff")).await.expect(200);
            assert_eq!((&diff["from"], &diff["to"]), (&json!(2), &json!(2)));
            let shown = client.get(&format!("{prompt}?label=new")).await.expect(200);
            assert_eq!(
                (&shown["version"], &shown["labels"]),
                (&json!(2), &json!(["latest", "new"]))
            );
        }
        for way in ways(&prompt, 1) {
            assert_eq!(ask(&eve, &way).await, 404, "{way:?}");
        }
        let fork = eve.post(&format!("{prompt}/fork"), json!({"label": "old"})).await;
        fork.expect_problem(404, "LABEL_NOT_FOUND");
        for way in ways(&prompt, 2) {
            assert!([200, 201].contains(&ask(&eve, &way).await), "{way:?}");
        }
        for client in [&ada, &root] {
            for way in ways(&prompt, 1) {
                assert!([200, 201].contains(&ask(client, &way).await), "{way:?}");
            }
            let page = client.get(&format!("{prompt}/versions")).await.expect(200);
            assert_eq!((numbers(&page), &page["totalElements"]), (vec![2, 1], &json!(2)));
        }
        // A licence holder reads from the licensed version on.
        let holder = user("holder");
        license(&fixture, &created, &holder, 1).await;
        let holder = anonymous.forwarded_for(&holder);
        let first = holder.get(&format!("{prompt}/versions/1")).await.expect(200);
        assert_eq!(first["changeLog"], "quixotic");
        let page = holder.get(&format!("{prompt}/versions")).await.expect(200);
        assert_eq!(numbers(&page), [2, 1]);
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_is_written_while_a_prompt_is_hidden_again_stays_its_authors_and_the_rest_does_not(
    pool: PgPool,
) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let prompt = path(&create(&ada, private(reviewer())).await);
    // The edit itself publishes 2; 4 and 5 are written while the prompt is hidden, and 5 is published.
    let mut published = secret("second");
    published["visibility"] = json!("PUBLIC");
    ada.put(&prompt, published).await.expect(200);
    ada.put(&prompt, secret("third")).await.expect(200);
    ada.put(&prompt, json!({"status": "DRAFT"})).await.expect(200);
    eve.get(&format!("{prompt}/versions/3")).await.expect_problem(404, "PROMPT_NOT_FOUND");
    ada.put(&prompt, secret("quixotic")).await.expect(200);
    ada.put(&prompt, secret("fifth")).await.expect(200);
    ada.put(&prompt, json!({"status": "PUBLISHED"})).await.expect(200);
    // Archiving hides nothing.
    ada.put(&prompt, json!({"status": "ARCHIVED"})).await.expect(200);
    ada.put(&prompt, secret("sixth")).await.expect(200);

    let versions = format!("{prompt}/versions");
    let page = eve.get(&versions).await.expect(200);
    assert_eq!((numbers(&page), &page["totalElements"]), (vec![6, 5, 3, 2], &json!(4)));
    let (mut seen, mut query) = (Vec::new(), "size=1".to_owned());
    loop {
        let page = eve.get(&format!("{versions}?{query}")).await.expect(200);
        seen.extend(numbers(&page));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        query = format!("size=1&cursor={cursor}");
    }
    assert_eq!(seen, [6, 5, 3, 2]);
    let second = eve.get(&format!("{versions}?size=2&page=1")).await.expect(200);
    assert_eq!((numbers(&second), &second["last"]), (vec![3, 2], &json!(true)));
    for hidden in [1, 4] {
        let answer = eve.get(&format!("{versions}/{hidden}")).await;
        answer.expect_problem(404, "VERSION_NOT_FOUND");
    }
    for shown in [2, 3, 5, 6] {
        eve.get(&format!("{versions}/{shown}")).await.expect(200);
    }
    // By default a version is compared with the readable one before it.
    let diff = eve.get(&format!("{versions}/diff?to=5")).await.expect(200);
    assert_eq!((&diff["from"], &diff["to"]), (&json!(3), &json!(5)));
    let all = eve.get(&format!("{versions}?include=content")).await.text;
    assert!(all.contains("fifth") && !all.contains("quixotic"), "{all}");
}

#[sqlx::test(migrations = false)]
async fn what_was_visible_before_versions_were_told_apart_stays_visible(pool: PgPool) {
    let all = &prompt_service::MIGRATOR;
    let before: Vec<_> = all.iter().filter(|step| step.version < 7).cloned().collect();
    let before = Migrator { migrations: Cow::Owned(before), ..Migrator::DEFAULT };
    before.run(&pool).await.unwrap();
    sqlx::raw_sql(
        "insert into prompts (id, user_id, username, title, content, category, visibility, status,
                              version)
         select gen_random_uuid(), gen_random_uuid(), 'ada', visibility || ' ' || status, 'content',
                'Writing', visibility, status, 3
         from unnest(array['PUBLIC', 'UNLISTED', 'PRIVATE']) visibility,
              unnest(array['PUBLISHED', 'ARCHIVED', 'DRAFT']) status;
         insert into prompt_counters (prompt_id, listed) select id, false from prompts",
    )
    .execute(&pool)
    .await
    .unwrap();
    all.run(&pool).await.unwrap();
    let rows: Vec<(String, String)> =
        sqlx::query_as("select title, published::text from prompts order by title")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(rows.len(), 9);
    for (title, published) in rows {
        let hidden = title.contains("PRIVATE") || title.contains("DRAFT");
        assert_eq!(published, if hidden { "{}" } else { "{[1,4)}" }, "{title}");
    }
}

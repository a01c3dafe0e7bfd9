//! The search indexes of instances: how soon they follow, and what becomes of one that is lost or wrong.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::json;
use sqlx::{PgPool, query};
use testkit::{Client, eventually, user};

use crate::{
    search_support::{indexed, prompt, search, search_path, search_with, titles},
    support::{create, make_premium, path, search_dir, start},
};

/// Inserts a listed prompt within a transaction.
async fn insert(connection: &mut sqlx::PgConnection, title: &str) {
    query(
        "with prompt as (
             insert into prompts (id, user_id, username, title, content, category, visibility)
             values (gen_random_uuid(), gen_random_uuid(), 'ada', $1, 'Text.', 'General', 'PUBLIC')
             returning id)
         insert into prompt_counters (prompt_id, listed) select id, true from prompt",
    )
    .bind(title)
    .execute(connection)
    .await
    .unwrap();
}

/// Waits until a prompt is found.
async fn is_found(client: &Client, title: &str) {
    eventually(title, async || {
        let answer = client.get(&search_path(&[("keyword", title)])).await;
        (answer.status == 200 && answer.json["content"][0]["title"] == title).then_some(())
    })
    .await;
}

/// Changes the database while no instance runs, and returns whether the prompt `Hippopotamus`, which no log
/// tells of, is found afterwards; `Giraffe` always is.
async fn finds_what_no_log_tells_of(pool: &PgPool, change: &str) -> bool {
    let fixture = start(pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    create(&ada, prompt("Giraffe", "Tall animals.")).await;
    is_found(&ada, "Giraffe").await;
    let again = fixture.stop().await;
    insert(&mut pool.acquire().await.unwrap(), "Hippopotamus").await;
    query("delete from prompt_changes").execute(pool).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(change.to_owned())).execute(pool).await.unwrap();
    let fixture = again.start(pool).await;
    let client = fixture.app.anonymous();
    is_found(&client, "Giraffe").await;
    indexed(pool, &client).await;
    search(&client, "hippopotamus").await["totalElements"] == 1
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_prompt_is_found_within_a_second_and_gone_in_the_very_next_answer(pool: PgPool) {
    let fixture = start(&pool).await;
    let other = fixture.another_instance(&pool).await;
    let author = user("ada");
    let ada = fixture.app.anonymous().forwarded_for(&author);
    let instances = [fixture.app.anonymous(), other.anonymous()];
    for instance in &instances {
        indexed(&pool, instance).await;
    }
    let mut slowest = Duration::ZERO;
    for n in 0..5 {
        let title = format!("Aardvark {n}");
        let created = create(&ada, prompt(&title, "Digs for ants.")).await;
        let started = Instant::now();
        for instance in &instances {
            is_found(instance, &title).await;
        }
        slowest = slowest.max(started.elapsed());
        let hide = [
            json!({"visibility": "PRIVATE"}),
            json!({"visibility": "UNLISTED"}),
            json!({"status": "ARCHIVED"}),
            json!({"status": "DRAFT"}),
        ];
        match hide.get(n) {
            Some(change) => drop(ada.put(&path(&created), change.clone()).await.expect(200)),
            None => drop(ada.delete(&path(&created)).await.expect(204)),
        }
        for instance in &instances {
            let page = search(instance, &title).await;
            assert_eq!((&page["content"], &page["totalElements"]), (&json!([]), &json!(0)));
            let own = instance.forwarded_for(&author);
            assert_eq!(search(&own, &title).await["content"], json!([]));
        }
    }
    // For an unoptimised build on a busy machine.
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

/// Hides prompts behind the back of the index.
async fn hide_unnoticed(pool: &PgPool, titles: &[String]) {
    let mut tx = pool.begin().await.unwrap();
    query("alter table prompts disable trigger prompts_updated").execute(&mut *tx).await.unwrap();
    query("update prompts set visibility = 'PRIVATE' where title = any ($1)")
        .bind(titles)
        .execute(&mut *tx)
        .await
        .unwrap();
    query("alter table prompts enable trigger prompts_updated").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_follows_more_hidden_prompts_than_are_passed_over_is_reached_by_cursor(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let mut tx = pool.begin().await.unwrap();
    for n in 0..1500 {
        insert(&mut tx, &format!("Whale {n}")).await;
    }
    // Longer, so that it comes last.
    insert(&mut tx, "Whale that swims behind all of the others").await;
    tx.commit().await.unwrap();
    indexed(&pool, &anonymous).await;
    let hidden: Vec<_> = (0..1500).map(|n| format!("Whale {n}")).collect();
    hide_unnoticed(&pool, &hidden).await;
    let first = search_with(&anonymous, &[("keyword", "whale"), ("size", "1")]).await;
    assert_eq!((&first["content"], &first["last"]), (&json!([]), &json!(false)));
    let cursor = first["nextCursor"].as_str().unwrap();
    let asked = [("keyword", "whale"), ("size", "1"), ("cursor", cursor)];
    let second = search_with(&anonymous, &asked).await;
    assert_eq!(titles(&second), ["Whale that swims behind all of the others"]);
    assert_eq!((&second["nextCursor"], &second["last"]), (&json!(null), &json!(true)));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_page_is_filled_with_what_comes_after_the_hidden(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    for n in 0..12 {
        create(&ada, prompt(&format!("Whale {n}"), "Sings like a whale.")).await;
    }
    indexed(&pool, &anonymous).await;
    let all: Vec<_> =
        titles(&search(&anonymous, "whale").await).into_iter().map(str::to_owned).collect();
    hide_unnoticed(&pool, &all[1..7]).await;
    let (mut shown, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut asked = vec![("keyword", "whale"), ("size", "2")];
        asked.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = search_with(&anonymous, &asked).await;
        assert_eq!(page["content"].as_array().unwrap().len(), 2, "{shown:?}");
        shown.extend(titles(&page).into_iter().map(str::to_owned));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(shown, [&all[..1], &all[7..]].concat());
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_becomes_premium_is_not_quoted_beyond_what_everyone_sees(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let content = format!("{} The treasure is under the oak.", "Filler. ".repeat(40));
    let sold = create(&ada, prompt("Sold", &content)).await;
    indexed(&pool, &anonymous).await;
    let before = search(&anonymous, "treasure").await;
    assert!(before["content"][0]["highlight"].as_str().unwrap().contains("<mark>treasure</mark>"));
    make_premium(&fixture, &sold).await;
    let after = search(&anonymous, "treasure").await.to_string();
    assert!(!after.contains("oak"), "{after}");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_transaction_that_commits_late_is_found_too(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let mut early = pool.begin().await.unwrap();
    insert(&mut early, "Early armadillo").await;
    let mut late = pool.begin().await.unwrap();
    insert(&mut late, "Late lemur").await;
    late.commit().await.unwrap();
    is_found(&anonymous, "Late lemur").await;
    indexed(&pool, &anonymous).await;
    assert_eq!(search(&anonymous, "armadillo").await["content"], json!([]));
    early.commit().await.unwrap();
    is_found(&anonymous, "Early armadillo").await;
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn an_index_goes_on_where_it_was(pool: PgPool) {
    assert!(!finds_what_no_log_tells_of(&pool, "select 1").await, "it was not built again");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn an_index_that_is_further_behind_than_the_log_reaches_is_built_again(pool: PgPool) {
    let trimmed = "update prompt_change_log
                   set source = prompt_change_source(), trimmed_before = pg_current_xact_id()";
    assert!(finds_what_no_log_tells_of(&pool, trimmed).await);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn an_index_of_another_database_is_built_again(pool: PgPool) {
    let other = "update prompt_change_log set id = gen_random_uuid();
                 delete from prompts where title = 'Elsewhere'";
    assert!(finds_what_no_log_tells_of(&pool, other).await);
}

/// Returns the files of the index of the first instance.
fn index_files(pool: &PgPool) -> Vec<PathBuf> {
    let files = fs::read_dir(search_dir(pool).join("0")).unwrap();
    files.map(|file| file.unwrap().path()).filter(|path| path.is_file()).collect()
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_broken_or_lost_index_is_built_again(pool: PgPool) {
    let mut fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    create(&ada, prompt("Giraffe", "Tall animals.")).await;
    for damage in ["flipped", "emptied", "deleted"] {
        is_found(&fixture.app.anonymous(), "Giraffe").await;
        let again = fixture.stop().await;
        let files = index_files(&pool);
        assert!(files.len() > 3, "{files:?}");
        for file in files {
            let mut bytes = fs::read(&file).unwrap();
            bytes.iter_mut().for_each(|byte| *byte ^= 0x55);
            match damage {
                "flipped" => fs::write(&file, bytes).unwrap(),
                "emptied" => fs::write(&file, "").unwrap(),
                _ => fs::remove_file(&file).unwrap(),
            }
        }
        fixture = again.start(&pool).await;
    }
    is_found(&fixture.app.anonymous(), "Giraffe").await;
    indexed(&pool, &fixture.app.anonymous()).await;
    assert_eq!(search(&fixture.app.anonymous(), "giraffe").await["totalElements"], 1);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn without_a_directory_nothing_is_searched_and_all_else_works(pool: PgPool) {
    // A file in its place.
    let dir = search_dir(&pool);
    fs::create_dir_all(dir.parent().unwrap()).unwrap();
    let _ = fs::remove_dir_all(&dir);
    fs::write(&dir, "").unwrap();
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let created = create(&ada, prompt("Giraffe", "Tall animals.")).await;
    let keyword = search_path(&[("keyword", "giraffe")]);
    let problem = anonymous.get(&keyword).await.expect_problem(503, "SEARCH_NOT_READY");
    assert_eq!(problem["status"], 503);
    anonymous.get(&path(&created)).await.expect(200);
    eventually("readiness", async || {
        (anonymous.get("/health/ready").await.status == 200).then_some(())
    })
    .await;
    fs::remove_file(&dir).unwrap();
    is_found(&anonymous, "Giraffe").await;
}

//! `promptforge-dev seed`, read back from the databases and by the prompt service.

use std::process::Output;

use futures_util::TryStreamExt;
use local_broker::LocalBroker;
use mongodb::bson::doc;
use sqlx::{AssertSqlSafe, PgPool, Row, query_scalar};
use testkit::{TestApp, user};

use crate::{
    databases::Databases,
    support::{promptforge_dev, stderr, stdout},
};

/// Numbers that make more than one batch of prompts.
const NUMBERS: &str = "--prompts 1200 --users 150 --likes 9000 --ratings 2000 --comments 2500 \
                       --follows 900 --until 2026-01-01";

async fn seed(databases: &Databases, more: &str) -> Output {
    let args: Vec<&str> =
        ["seed"].into_iter().chain(NUMBERS.split(' ')).chain(more.split_whitespace()).collect();
    databases.promptforge_dev(&args).output().await.unwrap()
}

async fn seeded(databases: &Databases, more: &str) -> String {
    let output = seed(databases, more).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output).to_owned()
}

async fn count(pool: &PgPool, what: &str) -> i64 {
    query_scalar(AssertSqlSafe(format!("select count(*) from {what}")))
        .fetch_one(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn there_is_as_much_as_was_asked_for_and_every_counter_counts_its_rows() {
    let databases = Databases::new();
    let said = seeded(&databases, "--without-versions").await;
    assert!(said.contains("9,000 likes\n"), "{said}");
    assert!(said.contains("no versions: "), "{said}");

    let users = databases.users().await;
    assert_eq!(count(&users, "users").await, 150);
    assert_eq!(count(&users, "follows").await, 900);
    let prompts = databases.prompts().await;
    assert_eq!(count(&prompts, "prompts").await, 1200);
    assert_eq!(count(&prompts, "prompt_likes").await, 9000);
    assert_eq!(count(&prompts, "prompt_ratings").await, 2000);
    assert_eq!(count(&prompts, "prompt_comments").await, 2500);
    assert!(count(&prompts, "prompts where forked_from_prompt_id is not null").await > 0);

    let wrong_counters = "prompts p left join prompt_counters c on c.prompt_id = p.id where
        c.listed is distinct from (p.visibility = 'PUBLIC' and p.status = 'PUBLISHED')
        or c.likes_count <> (select count(*) from prompt_likes l where l.prompt_id = p.id)
        or c.comments_count <> (select count(*) from prompt_comments m where m.prompt_id = p.id)
        or c.forks_count <> (select count(*) from prompts f where f.forked_from_prompt_id = p.id)
        or array[c.ratings_1, c.ratings_2, c.ratings_3, c.ratings_4, c.ratings_5] <> (
            select array[count(*) filter (where rating = 1), count(*) filter (where rating = 2),
                   count(*) filter (where rating = 3), count(*) filter (where rating = 4),
                   count(*) filter (where rating = 5)]
            from prompt_ratings r where r.prompt_id = p.id)
        or c.views_count < c.likes_count";
    assert_eq!(count(&prompts, wrong_counters).await, 0);
    let wrong_comment_likes = "prompt_comments m where m.likes_count <>
        (select count(*) from comment_likes l where l.comment_id = m.id)";
    assert_eq!(count(&prompts, wrong_comment_likes).await, 0);
    let reacted_to_what_they_may_not_see = "prompts p where (p.visibility = 'PRIVATE' or
        p.status = 'DRAFT') and exists (select from prompt_likes l where l.prompt_id = p.id)";
    assert_eq!(count(&prompts, reacted_to_what_they_may_not_see).await, 0);
    assert_eq!(
        count(&prompts, "(select distinct prompt_id from prompt_changes) noted").await,
        count(&prompts, "prompt_counters where listed").await,
        "search indexes hear of what is listed"
    );
    let late = "prompts where created_at > '2026-01-01' or updated_at > '2026-01-01'";
    assert_eq!(count(&prompts, late).await, 0);
}

/// Returns checksums of all rows, which do not depend on their order.
async fn checksum(databases: &Databases) -> Vec<String> {
    let mut sums = Vec::new();
    for (pool, tables) in [
        (databases.users().await, ["users", "follows"].as_slice()),
        (
            databases.prompts().await,
            &[
                "prompts",
                "prompt_counters",
                "prompt_labels",
                "prompt_likes",
                "prompt_ratings",
                "prompt_comments",
                "comment_likes",
            ],
        ),
    ] {
        for table in tables {
            let sum = format!(
                "select md5(string_agg(md5(t::text), '' order by md5(t::text))) from {table} t"
            );
            sums.push(query_scalar(AssertSqlSafe(sum)).fetch_one(&pool).await.unwrap());
        }
    }
    sums
}

#[tokio::test]
async fn the_same_seed_makes_the_same_data_and_another_one_other_data() {
    let (one, same, other) = (Databases::new(), Databases::new(), Databases::new());
    seeded(&one, "--without-versions").await;
    seeded(&same, "--without-versions --jobs 1").await;
    seeded(&other, "--without-versions --seed 43").await;
    let sums = checksum(&one).await;
    assert_eq!(sums, checksum(&same).await);
    for (sum, other) in sums.iter().zip(checksum(&other).await) {
        assert_ne!(*sum, other);
    }
}

#[tokio::test]
async fn what_is_there_is_not_added_to_unless_forced_and_an_interrupted_run_can_be_finished() {
    let databases = Databases::new();
    seeded(&databases, "").await;
    let sums = checksum(&databases).await;
    let again = seed(&databases, "").await;
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("user_service_db has users already"), "{}", stderr(&again));
    assert!(stderr(&again).contains("--force"), "{}", stderr(&again));

    let said = seeded(&databases, "--force").await;
    assert!(said.contains("everything was there already"), "{said}");

    // As after an interruption before the last batch, whose versions were written.
    let prompts = databases.prompts().await;
    sqlx::query("delete from prompts where id in (select id from prompts order by id offset 1000)")
        .execute(&prompts)
        .await
        .unwrap();
    let said = seeded(&databases, "--force").await;
    assert!(said.contains("200 prompts\n"), "{said}");
    assert_eq!(checksum(&databases).await, sums);
}

#[tokio::test]
async fn every_version_that_postgres_knows_of_is_in_mongodb_and_can_be_read() {
    let databases = Databases::new();
    seeded(&databases, "").await;
    let prompts = databases.prompts().await;
    let wanted: Vec<String> = query_scalar(
        "select id || ':' || n from prompts, generate_series(1, version) n order by 1",
    )
    .fetch_all(&prompts)
    .await
    .unwrap();
    let versions = databases.versions().await;
    let found = versions.find(doc! {}).projection(doc! { "_id": 1 }).sort(doc! { "_id": 1 });
    let found: Vec<String> = found
        .await
        .unwrap()
        .map_ok(|version| version.get_str("_id").unwrap().to_owned())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(found, wanted);

    // The service itself reads them.
    let broker = LocalBroker::start().unwrap();
    let mut settings = testkit::settings(&prompts, broker.address());
    settings.push(("MONGODB_URI".to_owned(), databases.mongo_uri.clone()));
    settings.push(("USER_SERVICE_URL".to_owned(), "http://127.0.0.1:9".to_owned()));
    let search_dir = tempfile::tempdir().unwrap();
    settings.push(("SEARCH_DIR".to_owned(), search_dir.path().display().to_string()));
    let app = TestApp::start(settings, prompt_service::Config::read, prompt_service::run).await;
    let client = app.anonymous().forwarded_for(&user("reader"));
    let edited = sqlx::query(
        "select id::text, version, content, tags from prompts
         where version > 2 and visibility = 'PUBLIC' and status = 'PUBLISHED' limit 5",
    )
    .fetch_all(&prompts)
    .await
    .unwrap();
    assert_eq!(edited.len(), 5);
    for row in edited {
        let (id, newest): (String, i32) = (row.get(0), row.get(1));
        let (content, tags): (String, Vec<String>) = (row.get(2), row.get(3));
        let page = client.get(&format!("/prompts/{id}/versions")).await.expect(200);
        assert_eq!(page["totalElements"], newest);
        assert_eq!(page["content"].as_array().unwrap().len() as i32, newest);
        let mut longer = content.len() + 1;
        for version in (1..=newest).rev() {
            let version =
                client.get(&format!("/prompts/{id}/versions/{version}")).await.expect(200);
            let text = version["content"].as_str().unwrap();
            assert!(content.starts_with(text), "each version adds to the one before");
            assert!(text.len() < longer);
            assert_eq!(version["tags"], serde_json::json!(tags));
            longer = text.len();
        }
        let newest = client.get(&format!("/prompts/{id}/versions/{newest}")).await.expect(200);
        assert_eq!(newest["content"], content);
    }
    app.stop().await;
}

#[tokio::test]
async fn more_likes_than_there_can_be_are_refused_before_anything_is_written() {
    let output = promptforge_dev(["seed", "--prompts", "3", "--users", "5", "--likes", "100"])
        .env("POSTGRES_URL", "postgres://127.0.0.1:9/postgres")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("likes at most"), "{}", stderr(&output));
}

#[tokio::test]
async fn without_databases_it_says_how_to_name_them() {
    let output = promptforge_dev([
        "seed",
        "--prompts",
        "10",
        "--users",
        "30",
        "--state-dir",
        "/nonexistent",
    ])
    .env_remove("POSTGRES_URL")
    .env_remove("USER_DATABASE_URL")
    .env_remove("PROMPT_DATABASE_URL")
    .output()
    .await
    .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("POSTGRES_URL is not set"), "{}", stderr(&output));
}

use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use testkit::user;

use crate::support::{create, path, private, reviewer, start};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn services_read_what_the_caller_they_act_for_may_read(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let (ada, eve) = (user("ada"), user("eve"));
    let author = anonymous.forwarded_for(&ada);
    let hidden = create(&author, private(reviewer())).await;
    author.put(&path(&hidden), json!({"title": "Second"})).await.expect(200);
    let internal = format!("/internal{}", path(&hidden));

    let full = author.get(&internal).await.expect(200);
    assert_eq!((&full["title"], &full["version"]), (&json!("Second"), &json!(2)));
    assert_eq!(full["content"], hidden["content"]);
    let first = author.get(&format!("{internal}?version=1")).await.expect(200);
    assert_eq!((&first["title"], &first["version"]), (&json!("Code reviewer"), &json!(1)));
    anonymous.forwarded_for(&eve).get(&internal).await.expect_problem(404, "PROMPT_NOT_FOUND");
    anonymous.internal().get(&internal).await.expect_problem(404, "PROMPT_NOT_FOUND");
    anonymous.get(&internal).await.expect_problem(404, "ROUTE_NOT_FOUND");
}

//! The prompts that each list holds.

use serde_json::json;
use sqlx::PgPool;
use testkit::user;

use crate::{
    list_support::{SORTS, titles},
    support::{admin, create, path, private, reviewer, start},
};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_public_list_has_only_public_prompts_and_ones_own_list_all(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, reviewer()).await;
    let hidden = create(&ada, private(reviewer())).await;
    let unlisted = create(&ada, reviewer()).await;
    ada.put(&path(&unlisted), json!({"visibility": "UNLISTED"})).await.expect(200);

    let page = anonymous.get("/prompts/public").await.expect(200);
    assert_eq!(page["totalElements"], 1);
    assert_eq!(
        (&page["first"], &page["last"], &page["totalPages"]),
        (&json!(true), &json!(true), &json!(1))
    );
    let own = ada.get("/prompts/my-prompts").await.expect(200);
    assert_eq!(own["totalElements"], 3);
    assert_eq!(own["content"][0]["id"], unlisted["id"], "newest first");
    assert_eq!(own["content"][1]["id"], hidden["id"]);
    anonymous.get("/prompts/my-prompts").await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let eve = anonymous.forwarded_for(&user("eve"));
    assert_eq!(eve.get("/prompts/my-prompts").await.expect(200)["totalElements"], 0);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn an_author_s_list_has_what_is_listed_and_all_for_the_author_and_an_admin(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let author = user("ada");
    let ada = anonymous.forwarded_for(&author);
    create(&ada, reviewer()).await;
    create(&ada, private(reviewer())).await;
    let draft = create(&ada, reviewer()).await;
    ada.put(&path(&draft), json!({"status": "DRAFT"})).await.expect(200);
    create(&anonymous.forwarded_for(&user("eve")), reviewer()).await;

    let list = format!("/prompts/user/{}", author.id);
    for (client, seen) in [
        (&anonymous, 1),
        (&anonymous.forwarded_for(&user("eve")), 1),
        (&ada, 3),
        (&anonymous.forwarded_for(&admin("root")), 3),
    ] {
        let page = client.get(&list).await.expect(200);
        assert_eq!(page["totalElements"], seen);
        assert_eq!(page["content"].as_array().unwrap().len(), seen);
    }
    let nobody = format!("/prompts/user/{}", user("nobody").id);
    assert_eq!(anonymous.get(&nobody).await.expect(200)["totalElements"], 0);
    anonymous.get("/prompts/user/ada").await.expect_problem(400, "VALIDATION_FAILED");
    anonymous.get(&format!("{list}?sortBy=price")).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn categories_and_tags_are_lists_in_any_case_and_with_every_sort(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    for (title, category, tag) in [
        ("beta", "Écriture créative", "C++"),
        ("Alpha", "écriture CRÉATIVE", "c++"),
        ("Gamma", "Écriture créative", "C++"),
        ("Other", "Other", "other"),
    ] {
        let mut body = reviewer();
        (body["title"], body["category"]) = (json!(title), json!(category));
        body["tags"] = json!([tag, tag.to_uppercase()]);
        create(&ada, body).await;
    }
    let mut hidden = private(reviewer());
    hidden["category"] = json!("Écriture créative");
    hidden["tags"] = json!(["c++"]);
    create(&ada, hidden).await;

    for list in ["/prompts/category/%C3%89CRITURE%20cr%C3%A9ative", "/prompts/tag/C%2B%2B"] {
        let page = ada.get(list).await.expect(200);
        assert_eq!(titles(&page), ["Gamma", "Alpha", "beta"], "newest first");
        assert_eq!(page["totalElements"], 3);
        for sort in SORTS {
            let list = format!("{list}?sortBy={sort}&sortDir=asc");
            let whole = anonymous.get(&list).await.expect(200);
            let first = anonymous.get(&format!("{list}&size=2")).await.expect(200);
            let cursor = first["nextCursor"].as_str().unwrap();
            let rest = anonymous.get(&format!("{list}&size=2&cursor={cursor}")).await.expect(200);
            assert_eq!([titles(&first), titles(&rest)].concat(), titles(&whole), "{list}");
            assert_eq!(titles(&whole).len(), 3);
        }
        let by_title = anonymous.get(&format!("{list}?sortBy=title&sortDir=asc")).await.expect(200);
        assert_eq!(titles(&by_title), ["Alpha", "beta", "Gamma"]);
        anonymous
            .get(&format!("{list}?sortBy=price"))
            .await
            .expect_problem(400, "VALIDATION_FAILED");
    }
    for nothing in ["/prompts/category/nothing", "/prompts/tag/nothing", "/prompts/tag/%25"] {
        let page = anonymous.get(nothing).await.expect(200);
        assert_eq!((&page["totalElements"], &page["content"]), (&json!(0), &json!([])));
    }
}

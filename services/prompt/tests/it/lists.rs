use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use testkit::{Client, eventually, user};

use crate::support::{admin, create, path, private, reviewer, start};

/// What every list of prompts can be sorted by.
const SORTS: [&str; 7] =
    ["createdAt", "updatedAt", "viewsCount", "likesCount", "averageRating", "usageCount", "title"];

async fn titled(client: &Client, title: &str) -> Value {
    let mut body = reviewer();
    body["title"] = json!(title);
    create(client, body).await
}

fn titles(page: &Value) -> Vec<&str> {
    page["content"].as_array().unwrap().iter().map(|p| p["title"].as_str().unwrap()).collect()
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_public_list_has_only_public_prompts_and_ones_own_list_all(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
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
async fn every_sort_can_be_paged_by_cursor_without_loss_or_repeat(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let mut prompts = Vec::new();
    for title in ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"] {
        prompts.push(titled(&ada, title).await);
    }
    // Two share a place in the likes and the ratings, so that the id must decide.
    for prompt in &prompts[..2] {
        ada.post("/api/social/likes", json!({"promptId": prompt["id"]})).await.expect(201);
        eve.post("/api/social/ratings", json!({"promptId": prompt["id"], "rating": 4}))
            .await
            .expect(201);
    }
    for sort in SORTS {
        for direction in ["asc", "desc"] {
            let list = format!("/prompts/public?sortBy={sort}&sortDir={direction}");
            let whole = ada.get(&list).await.expect(200);
            let mut paged = Vec::new();
            let mut next = ada.get(&format!("{list}&size=2")).await.expect(200);
            assert_eq!(next["totalPages"], 3);
            loop {
                paged.extend(titles(&next).into_iter().map(str::to_owned));
                let Some(cursor) = next["nextCursor"].as_str() else { break };
                next = ada.get(&format!("{list}&size=2&cursor={cursor}")).await.expect(200);
                assert!(next.get("totalElements").is_none());
            }
            assert_eq!(paged, titles(&whole), "{sort} {direction}");
            assert_eq!(paged.len(), 5);
        }
    }
    let by_title = ada.get("/prompts/public?sortBy=title&sortDir=asc").await.expect(200);
    assert_eq!(titles(&by_title), ["Alpha", "Beta", "Delta", "Epsilon", "Gamma"]);
    let by_likes = ada.get("/prompts/public?sortBy=likesCount").await.expect(200);
    assert_eq!(by_likes["content"][0]["userHasLiked"], true);
    assert_eq!(by_likes["content"][4]["userHasLiked"], false);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn bad_paging_is_named(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let client = fixture.app.anonymous();
    let problem =
        client.get("/prompts/public?sortBy=price").await.expect_problem(400, "VALIDATION_FAILED");
    let text = problem["errors"]["sortBy"][0].as_str().unwrap();
    for allowed in SORTS {
        assert!(text.contains(allowed), "{text}");
    }
    for bad in ["size=0", "size=101", "page=-1", "page=x", "cursor=nonsense", "sortDir=sideways"] {
        let field = bad.split('=').next().unwrap();
        let problem = client
            .get(&format!("/prompts/public?{bad}"))
            .await
            .expect_problem(400, "VALIDATION_FAILED");
        assert!(problem["errors"][field].is_array(), "{bad}: {problem}");
    }
    let problem = client
        .get("/prompts/public?size=0&sortBy=price")
        .await
        .expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(testkit::Answer::bad_fields(&problem), ["size", "sortBy"]);
    // A cursor of one sort is no place in another.
    let ada = client.forwarded_for(&user("ada"));
    titled(&ada, "One").await;
    titled(&ada, "Two").await;
    let page = client.get("/prompts/public?size=1&sortBy=title").await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    for other in [
        "/prompts/public?sortBy=likesCount",
        // Sort keys of the same kind too.
        "/prompts/public?sortBy=title&sortDir=asc",
        "/prompts/category/Programming?sortBy=title",
        "/prompts/trending?sortBy=title",
        "/prompts/search?keyword=reviewer",
        "/prompts/tags?prefix=r",
    ] {
        let and = if other.contains('?') { '&' } else { '?' };
        let answer = client.get(&format!("{other}{and}cursor={cursor}")).await;
        let problem = answer.expect_problem(400, "VALIDATION_FAILED");
        let said = problem["errors"]["cursor"][0].as_str().unwrap();
        assert!(said.contains("belongs to another sort"), "{other}: {said}");
    }
    for same in ["sortBy=title&sortDir=desc&size=9", "sortDir=desc&sortBy=title&include=content"] {
        let page = client.get(&format!("/prompts/public?{same}&cursor={cursor}")).await.expect(200);
        assert_eq!(titles(&page), ["One"], "{same}");
    }
    // A default is the same whether or not it is written out.
    let page = client.get("/prompts/public?size=1").await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    let same = format!("/prompts/public?sortBy=createdAt&sortDir=desc&cursor={cursor}");
    assert_eq!(titles(&client.get(&same).await.expect(200)), ["One"]);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn every_list_of_prompts_takes_the_same_sorts(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let author = user("ada");
    let ada = fixture.app.anonymous().forwarded_for(&author);
    let mut prompts = Vec::new();
    for title in ["Beta", "Alpha", "Gamma"] {
        prompts.push(titled(&ada, title).await);
    }
    ada.put(&path(&prompts[1]), json!({"description": "Edited last"})).await.expect(200);
    let render = json!({"variables": {"code": "x", "language": "C"}});
    ada.post(&format!("{}/render", path(&prompts[0])), render).await.expect(200);
    let by_author = format!("/prompts/user/{}", author.id);
    let lists = [
        "/prompts/public",
        "/prompts/my-prompts",
        &by_author,
        "/prompts/category/programming",
        "/prompts/tag/RUST",
        "/prompts/trending",
        "/prompts/top-rated",
    ];
    eventually("the use to be counted", async || {
        let page = ada.get("/prompts/public?sortBy=usageCount").await.expect(200);
        (page["content"][0]["usageCount"] == 1).then_some(())
    })
    .await;
    for list in lists {
        for (sort, first) in [("updatedAt", "Alpha"), ("usageCount", "Beta"), ("title", "Gamma")] {
            let page = ada.get(&format!("{list}?sortBy={sort}")).await.expect(200);
            assert_eq!(titles(&page)[0], first, "{list} by {sort}");
        }
        for sort in SORTS {
            let ascending = ada.get(&format!("{list}?sortBy={sort}&sortDir=asc")).await.expect(200);
            let descending = ada.get(&format!("{list}?sortBy={sort}")).await.expect(200);
            let mut reversed = titles(&descending);
            reversed.reverse();
            assert_eq!(titles(&ascending), reversed, "{list} by {sort}");
        }
        ada.get(&format!("{list}?sortBy=price")).await.expect_problem(400, "VALIDATION_FAILED");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn an_author_s_list_has_what_is_listed_and_all_for_the_author_and_an_admin(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
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
async fn categories_and_tags_are_lists_in_any_case_and_with_every_sort(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
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

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_is_viewed_and_liked_trends(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let liked = titled(&ada, "Liked").await;
    let viewed = titled(&ada, "Viewed").await;
    titled(&ada, "New").await;
    create(&ada, private(reviewer())).await;
    let eve = anonymous.forwarded_for(&user("eve"));
    for viewer in [&eve, &anonymous] {
        viewer.get(&path(&viewed)).await.expect(200);
    }
    eve.post("/api/social/likes", json!({"promptId": liked["id"]})).await.expect(201);
    eventually("views trend", async || {
        let page = anonymous.get("/prompts/trending").await.expect(200);
        (titles(&page) == ["Liked", "Viewed", "New"]).then_some(())
    })
    .await;
    let first = anonymous.get("/prompts/trending?size=2").await.expect(200);
    assert_eq!(first["totalElements"], 3);
    let cursor = first["nextCursor"].as_str().unwrap();
    let rest =
        anonymous.get(&format!("/prompts/trending?size=2&cursor={cursor}")).await.expect(200);
    assert_eq!(titles(&rest), ["New"]);
    // A like that is taken back was none.
    let unlike = format!("/api/social/likes/{}", liked["id"].as_str().unwrap());
    eve.delete(&unlike).await.expect(200);
    let page = anonymous.get("/prompts/trending").await.expect(200);
    assert_eq!(titles(&page)[0], "Viewed");
    for _ in 0..5 {
        eve.post("/api/social/likes", json!({"promptId": liked["id"]})).await.expect(201);
        eve.delete(&unlike).await.expect(200);
    }
    let page = anonymous.get("/prompts/trending").await.expect(200);
    assert_eq!(titles(&page)[0], "Viewed");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn one_vote_does_not_make_a_top_rated_prompt(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let once = titled(&ada, "Once 5").await;
    let often = titled(&ada, "Often 5").await;
    let bad = titled(&ada, "Bad").await;
    titled(&ada, "Not rated").await;
    for n in 0..4 {
        let voter = anonymous.forwarded_for(&user(&format!("voter{n}")));
        let ratings = [(&often, if n == 0 { 4 } else { 5 }), (&once, 5), (&bad, 1)];
        for (prompt, rating) in
            ratings.into_iter().filter(|(p, _)| n == 0 || p["id"] == often["id"])
        {
            voter
                .post("/api/social/ratings", json!({"promptId": prompt["id"], "rating": rating}))
                .await
                .expect(201);
        }
    }
    let page = anonymous.get("/prompts/top-rated").await.expect(200);
    assert_eq!(titles(&page), ["Often 5", "Once 5", "Not rated", "Bad"]);
    let mut paged = Vec::new();
    let mut next = anonymous.get("/prompts/top-rated?size=1").await.expect(200);
    loop {
        paged.extend(titles(&next).into_iter().map(str::to_owned));
        let Some(cursor) = next["nextCursor"].as_str() else { break };
        next =
            anonymous.get(&format!("/prompts/top-rated?size=1&cursor={cursor}")).await.expect(200);
    }
    assert_eq!(paged, titles(&page));
}

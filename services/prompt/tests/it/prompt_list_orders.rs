//! The orders of lists, and their pages.

use serde_json::json;
use sqlx::PgPool;
use testkit::{eventually, user};

use crate::{
    list_support::{SORTS, titled, titles},
    support::{create, path, private, reviewer, start},
};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn every_sort_can_be_paged_by_cursor_without_loss_or_repeat(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let mut prompts = Vec::new();
    for title in ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"] {
        prompts.push(titled(&ada, title).await);
    }
    // Two have equal likes and ratings, so that the id must decide.
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
async fn bad_paging_is_named(pool: PgPool) {
    let fixture = start(&pool).await;
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
    // A cursor of one sort is refused in another.
    let ada = client.forwarded_for(&user("ada"));
    titled(&ada, "One").await;
    titled(&ada, "Two").await;
    let page = client.get("/prompts/public?size=1&sortBy=title").await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    for other in [
        "/prompts/public?sortBy=likesCount",
        // Even when the sort keys have the same type.
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
async fn every_list_of_prompts_takes_the_same_sorts(pool: PgPool) {
    let fixture = start(&pool).await;
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
async fn what_is_viewed_and_liked_trends(pool: PgPool) {
    let fixture = start(&pool).await;
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
    // A removed like no longer counts.
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
async fn one_vote_does_not_make_a_top_rated_prompt(pool: PgPool) {
    let fixture = start(&pool).await;
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

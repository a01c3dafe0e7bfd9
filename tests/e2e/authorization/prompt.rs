//! The routes of the prompt service.

use super::{Row, row};

const NEW: &str =
    r#"{"title": "A new one", "content": "Summarise {{text}}.", "category": "Writing"}"#;
const EDIT: &str = r#"{"title": "Another title"}"#;
const RENDER: &str = r#"{"variables": {"text": "this"}}"#;
const COMMENT: &str = r#"{"content": "Edited."}"#;

/// The statuses are those for an anonymous caller, a stranger, the owner, and an administrator.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("POST /prompts", "/prompts", NEW, [401, 201, 201, 201]),
    row("GET /prompts/{id}", "/prompts/$public", "", [200, 200, 200, 200]),
    row("GET /prompts/{id}", "/prompts/$hidden", "", [404, 404, 200, 200]),
    row("GET /prompts/{id}", "/prompts/$premium", "", [200, 200, 200, 200]),
    row("PUT /prompts/{id}", "/prompts/$public", EDIT, [401, 403, 200, 200]),
    row("PUT /prompts/{id}", "/prompts/$hidden", EDIT, [401, 404, 200, 200]),
    row("DELETE /prompts/{id}", "/prompts/$public", "", [401, 403, 204, 204]),
    row("DELETE /prompts/{id}", "/prompts/$hidden", "", [401, 404, 204, 204]),

    row("GET /prompts/public", "/prompts/public", "", [200, 200, 200, 200]),
    row("GET /prompts/my-prompts", "/prompts/my-prompts", "", [401, 200, 200, 200]),
    row("GET /prompts/user/{userId}", "/prompts/user/$owner", "", [200, 200, 200, 200]),
    row("GET /prompts/category/{category}", "/prompts/category/Writing", "", [200, 200, 200, 200]),
    row("GET /prompts/tag/{tag}", "/prompts/tag/summary", "", [200, 200, 200, 200]),
    row("GET /prompts/trending", "/prompts/trending", "", [200, 200, 200, 200]),
    row("GET /prompts/top-rated", "/prompts/top-rated", "", [200, 200, 200, 200]),
    row("GET /prompts/search", "/prompts/search?keyword=mine", "", [200, 200, 200, 200]),
    row("GET /prompts/suggest", "/prompts/suggest?q=mi", "", [200, 200, 200, 200]),
    row("GET /prompts/{id}/related", "/prompts/$public/related", "", [200, 200, 200, 200]),
    row("GET /prompts/{id}/related", "/prompts/$hidden/related", "", [404, 404, 200, 200]),
    row("GET /prompts/{id}/related", "/prompts/$premium/related", "", [200, 200, 200, 200]),
    row("GET /prompts/categories", "/prompts/categories", "", [200, 200, 200, 200]),
    row("GET /prompts/tags", "/prompts/tags?prefix=s", "", [200, 200, 200, 200]),

    // The history does not give away content that is sold.
    row("GET /prompts/{id}/versions", "/prompts/$public/versions", "", [200, 200, 200, 200]),
    row("GET /prompts/{id}/versions", "/prompts/$hidden/versions", "", [404, 404, 200, 200]),
    row("GET /prompts/{id}/versions", "/prompts/$premium/versions", "", [403, 403, 200, 200]),
    row("GET /prompts/{id}/versions/{version}", "/prompts/$public/versions/1", "", [200, 200, 200, 200]),
    row("GET /prompts/{id}/versions/{version}", "/prompts/$hidden/versions/1", "", [404, 404, 200, 200]),
    row("GET /prompts/{id}/versions/{version}", "/prompts/$premium/versions/1", "", [403, 403, 200, 200]),
    row("GET /prompts/{id}/versions/diff", "/prompts/$public/versions/diff?from=1&to=2", "", [200, 200, 200, 200]),
    row("GET /prompts/{id}/versions/diff", "/prompts/$hidden/versions/diff?from=1&to=2", "", [404, 404, 200, 200]),
    row("GET /prompts/{id}/versions/diff", "/prompts/$premium/versions/diff?from=1&to=2", "", [403, 403, 200, 200]),
    // An admin edits and deletes; only the author sets the labels of versions.
    row("POST /prompts/{id}/versions/{version}/restore", "/prompts/$public/versions/1/restore", "", [401, 403, 201, 403]),
    row("POST /prompts/{id}/versions/{version}/restore", "/prompts/$hidden/versions/1/restore", "", [401, 404, 201, 403]),
    row("PUT /prompts/{id}/labels/{label}", "/prompts/$public/labels/staging", r#"{"version": 1}"#, [401, 403, 200, 403]),
    row("PUT /prompts/{id}/labels/{label}", "/prompts/$hidden/labels/staging", r#"{"version": 1}"#, [401, 404, 200, 403]),
    row("DELETE /prompts/{id}/labels/{label}", "/prompts/$public/labels/production", "", [401, 403, 204, 403]),
    row("DELETE /prompts/{id}/labels/{label}", "/prompts/$hidden/labels/production", "", [401, 404, 204, 403]),
    row("POST /prompts/{id}/fork", "/prompts/$public/fork", "{}", [401, 201, 201, 201]),
    row("POST /prompts/{id}/fork", "/prompts/$hidden/fork", "{}", [401, 404, 201, 201]),
    // Not even an admin makes a free copy of a prompt that is sold.
    row("POST /prompts/{id}/fork", "/prompts/$premium/fork", "{}", [401, 403, 201, 403]),
    row("POST /prompts/{id}/render", "/prompts/$public/render", RENDER, [200, 200, 200, 200]),
    row("POST /prompts/{id}/render", "/prompts/$hidden/render", RENDER, [404, 404, 200, 200]),
    row("POST /prompts/{id}/render", "/prompts/$premium/render", RENDER, [403, 403, 200, 200]),

    row("POST /api/social/likes", "/api/social/likes", r#"{"promptId": "$public"}"#, [401, 201, 201, 201]),
    row("POST /api/social/likes", "/api/social/likes", r#"{"promptId": "$hidden"}"#, [401, 404, 201, 201]),
    row("DELETE /api/social/likes/{promptId}", "/api/social/likes/$public", "", [401, 200, 200, 200]),
    row("DELETE /api/social/likes/{promptId}", "/api/social/likes/$hidden", "", [401, 404, 200, 200]),
    row("GET /api/social/likes/{promptId}/check", "/api/social/likes/$public/check", "", [401, 200, 200, 200]),
    row("GET /api/social/likes/{promptId}/check", "/api/social/likes/$hidden/check", "", [401, 404, 200, 200]),
    row("GET /api/social/stats/{promptId}", "/api/social/stats/$public", "", [200, 200, 200, 200]),
    row("GET /api/social/stats/{promptId}", "/api/social/stats/$hidden", "", [404, 404, 200, 200]),

    // Users cannot rate their own prompts.
    row("POST /api/social/ratings", "/api/social/ratings", r#"{"promptId": "$public", "rating": 5}"#, [401, 201, 409, 201]),
    row("POST /api/social/ratings", "/api/social/ratings", r#"{"promptId": "$hidden", "rating": 5}"#, [401, 404, 409, 201]),
    row("GET /api/social/ratings/{promptId}", "/api/social/ratings/$public", "", [200, 200, 200, 200]),
    row("GET /api/social/ratings/{promptId}", "/api/social/ratings/$hidden", "", [404, 404, 200, 200]),
    row("GET /api/social/ratings/{promptId}/all", "/api/social/ratings/$public/all", "", [200, 200, 200, 200]),
    row("GET /api/social/ratings/{promptId}/all", "/api/social/ratings/$hidden/all", "", [404, 404, 200, 200]),

    row("POST /api/social/comments", "/api/social/comments", r#"{"promptId": "$public", "content": "Hi."}"#, [401, 201, 201, 201]),
    row("POST /api/social/comments", "/api/social/comments", r#"{"promptId": "$hidden", "content": "Hi."}"#, [401, 404, 201, 201]),
    row("GET /api/social/comments/{id}", "/api/social/comments/$public", "", [200, 200, 200, 200]),
    row("GET /api/social/comments/{id}", "/api/social/comments/$hidden", "", [404, 404, 200, 200]),
    row("GET /api/social/comments/received", "/api/social/comments/received", "", [401, 200, 200, 200]),
    row("GET /api/social/comments/{id}/replies", "/api/social/comments/$comment/replies", "", [200, 200, 200, 200]),
    row("GET /api/social/comments/{id}/replies", "/api/social/comments/$note/replies", "", [404, 404, 200, 200]),
    // Only the author edits a comment.
    row("PUT /api/social/comments/{id}", "/api/social/comments/$comment", COMMENT, [401, 403, 200, 403]),
    row("PUT /api/social/comments/{id}", "/api/social/comments/$note", COMMENT, [401, 404, 200, 403]),
    row("PUT /api/social/comments/{id}", "/api/social/comments/$remark", COMMENT, [401, 200, 403, 403]),
    row("DELETE /api/social/comments/{id}", "/api/social/comments/$comment", "", [401, 403, 204, 204]),
    row("DELETE /api/social/comments/{id}", "/api/social/comments/$note", "", [401, 404, 204, 204]),
    row("DELETE /api/social/comments/{id}", "/api/social/comments/$remark", "", [401, 204, 204, 204]),
    row("POST /api/social/comments/{id}/like", "/api/social/comments/$comment/like", "", [401, 201, 201, 201]),
    row("POST /api/social/comments/{id}/like", "/api/social/comments/$note/like", "", [401, 404, 201, 201]),
    row("DELETE /api/social/comments/{id}/like", "/api/social/comments/$comment/like", "", [401, 200, 200, 200]),
    row("DELETE /api/social/comments/{id}/like", "/api/social/comments/$note/like", "", [401, 404, 200, 200]),
];

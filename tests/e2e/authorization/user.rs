//! The routes of the user service.

use super::{Row, row};

/// The statuses are those for an anonymous caller, a stranger, the owner, and an administrator.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("GET /.well-known/jwks.json", "/.well-known/jwks.json", "", [200, 200, 200, 200]),
    row("POST /auth/register", "/auth/register",
        r#"{"username": "$new", "email": "$new@example.com", "password": "correct horse battery"}"#,
        [201, 201, 201, 201]),
    row("POST /auth/login", "/auth/login",
        r#"{"email": "$name", "password": "correct horse battery"}"#, [200, 200, 200, 200]),
    // Anyone with a refresh token may use it.
    row("POST /auth/refresh", "/auth/refresh", r#"{"refreshToken": "$refresh"}"#, [200, 200, 200, 200]),
    row("POST /auth/logout", "/auth/logout", r#"{"refreshToken": "$refresh"}"#, [401, 204, 204, 204]),
    row("GET /auth/sessions", "/auth/sessions", "", [401, 200, 200, 200]),
    row("DELETE /auth/sessions/{id}", "/auth/sessions/$session", "", [401, 404, 204, 404]),
    row("POST /auth/logout-all", "/auth/logout-all", "", [401, 204, 204, 204]),
    row("POST /auth/password", "/auth/password",
        r#"{"currentPassword": "correct horse battery", "newPassword": "another horse battery"}"#,
        [401, 204, 204, 204]),

    row("GET /users/me", "/users/me", "", [401, 200, 200, 200]),
    row("PUT /users/me", "/users/me", r#"{"bio": "Here."}"#, [401, 200, 200, 200]),
    row("DELETE /users/me", "/users/me", r#"{"password": "correct horse battery"}"#, [401, 200, 200, 200]),

    row("GET /users/{id}", "/users/$owner", "", [200, 200, 200, 200]),
    row("GET /users/by-username/{name}", "/users/by-username/$name", "", [200, 200, 200, 200]),
    row("GET /users/search", "/users/search?q=$name", "", [200, 200, 200, 200]),
    row("GET /users/stats/{userId}", "/users/stats/$owner", "", [200, 200, 200, 200]),

    // Users cannot follow themselves.
    row("POST /users/follow/{userId}", "/users/follow/$owner", "", [401, 200, 400, 200]),
    row("DELETE /users/follow/{userId}", "/users/follow/$owner", "", [401, 200, 400, 200]),
    row("GET /users/followers/{userId}", "/users/followers/$owner", "", [200, 200, 200, 200]),
    row("GET /users/following/{userId}", "/users/following/$owner", "", [200, 200, 200, 200]),
    row("GET /users/following/{userId}/check", "/users/following/$owner/check", "", [401, 200, 200, 200]),

    row("GET /users", "/users", "", [401, 403, 403, 200]),
    row("PUT /users/{id}/roles", "/users/$owner/roles", r#"{"roles": ["USER"]}"#, [401, 403, 403, 200]),
    row("POST /users/{id}/suspend", "/users/$owner/suspend", "", [401, 403, 403, 200]),
    row("POST /users/{id}/activate", "/users/$owner/activate", "", [401, 403, 403, 200]),
];

//! `/auth`: registering, logging in and out, sessions, and one's own password.

mod client_info;
mod login;
mod logout;
mod password;
mod refresh;
mod refresh_cookie;
mod register;
mod sessions;
mod token_answer;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(register::router())
        .merge(login::router())
        .merge(refresh::router())
        .merge(logout::router())
        .merge(sessions::router())
        .merge(password::router())
}

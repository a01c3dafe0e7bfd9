//! The origins of pages that may call the API with people's credentials.

use http::HeaderValue;

use crate::config::Env;

/// A React client in development, by Create React App or Vite.
const DEFAULT: [&str; 2] = ["http://localhost:3000", "http://localhost:5173"];

/// From `CORS_ALLOWED_ORIGINS`.
pub fn allowed(env: &mut Env) -> Vec<HeaderValue> {
    const NAME: &str = "CORS_ALLOWED_ORIGINS";
    let mut list = env.list(NAME);
    if list.is_empty() {
        list = DEFAULT.map(str::to_owned).into();
    }
    let mut origins = Vec::new();
    for origin in list {
        let is_origin = origin
            .parse::<http::Uri>()
            .is_ok_and(|uri| uri.scheme().is_some() && uri.path() == "/" && !origin.ends_with('/'));
        match HeaderValue::try_from(&origin) {
            Ok(value) if is_origin => origins.push(value),
            _ => {
                env.problem(NAME, "must be origins such as http://localhost:3000, comma-separated")
            }
        }
    }
    origins
}

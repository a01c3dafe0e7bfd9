//! The origins whose pages may call the API with credentials (CORS).

use http::HeaderValue;

use crate::config::Env;

/// The development servers of Create React App and Vite.
const DEFAULT: [&str; 2] = ["http://localhost:3000", "http://localhost:5173"];

/// Reads `CORS_ALLOWED_ORIGINS`.
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

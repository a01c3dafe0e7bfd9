//! The routes of the fleet and the fields of their bodies, as the services describe them.

use serde_json::Value;
use testkit::Client;

pub struct Route {
    pub method: String,
    /// The path, with parameters filled in.
    pub path: String,
    /// The media types of its body, if it takes one.
    pub body: Vec<String>,
    /// The fields of its JSON body.
    pub fields: Vec<String>,
}

/// Returns every route; `id` fills every parameter that is an id.
pub async fn all(client: &Client, id: &str) -> Vec<Route> {
    let mut routes = Vec::new();
    for service in ["user", "prompt", "test", "marketplace", "analytics"] {
        let api = client.get(&format!("/api-docs/{service}.json")).await.expect(200);
        for (path, item) in api["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let content = operation["requestBody"]["content"].as_object();
                routes.push(Route {
                    method: method.to_uppercase(),
                    path: fill(path, id),
                    body: content.iter().flat_map(|types| types.keys().cloned()).collect(),
                    fields: content.map(|types| fields(&api, types)).unwrap_or_default(),
                });
            }
        }
    }
    assert!(routes.len() > 100, "only {} routes were described", routes.len());
    routes
}

fn fill(path: &str, id: &str) -> String {
    let mut filled = String::new();
    for part in path.split('/').skip(1) {
        filled.push('/');
        filled += match part {
            "{n}" | "{version}" => "1",
            "{label}" => "production",
            part if part.starts_with('{') => id,
            part => part,
        };
    }
    filled
}

fn fields(api: &Value, types: &serde_json::Map<String, Value>) -> Vec<String> {
    let Some(schema) = types.get("application/json").map(|body| &body["schema"]) else {
        return Vec::new();
    };
    let schema = match schema["$ref"].as_str() {
        Some(name) => api.pointer(name.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    schema["properties"].as_object().iter().flat_map(|all| all.keys().cloned()).collect()
}

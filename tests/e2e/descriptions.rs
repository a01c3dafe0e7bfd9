//! The API descriptions of all services.

use std::collections::BTreeSet;

use crate::fleet::Fleet;

#[tokio::test(flavor = "multi_thread")]
async fn every_service_describes_its_routes_with_their_errors_and_who_may_call_them() {
    let fleet = Fleet::start().await;
    let client = fleet.client();
    let expected = [
        ("user", "/auth/register"),
        ("prompt", "/prompts/{id}"),
        ("test", "/api/tests"),
        ("marketplace", "/api/marketplace/purchase"),
        ("analytics", "/analytics/trending"),
    ];
    for (service, path) in expected {
        let api = client.get(&format!("/api-docs/{service}.json")).await.expect(200);
        assert!(api["paths"][path].is_object(), "{path} in {service}");
        assert_eq!(api["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
        assert!(api["components"]["schemas"]["Problem"].is_object());
        let mut ids = BTreeSet::new();
        for (path, item) in api["paths"].as_object().unwrap() {
            assert!(!path.starts_with("/internal"), "{path} is nobody's business");
            for (method, operation) in item.as_object().unwrap() {
                let name = format!("{method} {path}");
                assert!(operation["description"].is_string(), "{name} says who may call it");
                // With two of one name, Swagger UI would open the wrong one.
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id} is the name of two operations");
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let schema = parameter["schema"].as_object().unwrap();
                    let plain = !schema.keys().any(|key| ["oneOf", "allOf"].contains(&&**key));
                    assert!(plain, "{} of {name} cannot be typed in", parameter["name"]);
                }
                let responses = operation["responses"].as_object().unwrap();
                assert!(responses.keys().any(|status| status.starts_with('2')), "{name}");
                assert!(responses.contains_key("503"), "{name}");
                let needs_user = operation["security"]
                    .as_array()
                    .is_some_and(|all| all.iter().all(|one| one.get("bearer").is_some()));
                assert!(!needs_user || responses.contains_key("401"), "{name} needs a 401");
            }
        }
    }
}

//! The callers of the tables, and the things that the calls name.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use ids::DeadLetterId;
use serde_json::{Value, json};
use testkit::Client;

use crate::{
    fleet::Fleet,
    people::{Person, account, prompt as public_prompt, register},
};

/// The accounts that make the calls, and the things that the owner has.
pub struct Callers<'f> {
    fleet: &'f Fleet,
    owner_name: String,
    pub stranger: Person,
    pub owner: Person,
    pub admin: Person,
}

impl<'f> Callers<'f> {
    pub async fn register(fleet: &'f Fleet, root: &Client) -> Self {
        let owner_name = unique("owner");
        let stranger = register(fleet, &unique("stranger")).await;
        let owner = register(fleet, &owner_name).await;
        let admin_name = unique("admin");
        let promoted = register(fleet, &admin_name).await;
        let roles = json!({"roles": ["USER", "ADMIN"]});
        root.put(&format!("/users/{}/roles", promoted.id), roles).await.expect(200);
        // The token from before does not name the new role.
        let session = sign_in(fleet, &format!("{admin_name}@example.com")).await;
        let admin = Person { id: promoted.id, client: with_token(fleet, &session) };
        Self { fleet, owner_name, stranger, owner, admin }
    }

    /// Replaces each `$name` in a text with a new thing.
    pub async fn fill(&self, text: &str) -> String {
        let (start, rest) = text.split_once('$').unwrap_or((text, ""));
        let mut filled = start.to_owned();
        for part in rest.split('$').filter(|part| !part.is_empty()) {
            let end = part.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(part.len());
            filled += &self.create(&part[..end]).await;
            filled += &part[end..];
        }
        filled
    }

    /// Creates the thing that a name stands for, and returns its id or text.
    async fn create(&self, name: &str) -> String {
        match name {
            "owner" => self.owner.id.clone(),
            "name" => self.owner_name.clone(),
            "new" => unique("new"),
            "refresh" => {
                let session =
                    sign_in(self.fleet, &format!("{}@example.com", self.owner_name)).await;
                session["refreshToken"].as_str().unwrap().to_owned()
            }
            // The newest session; the owner's own client uses another.
            "session" => {
                sign_in(self.fleet, &format!("{}@example.com", self.owner_name)).await;
                id_of(&self.owner.client.get("/auth/sessions").await.expect(200)[0])
            }
            "public" => self.create_prompt("PUBLIC").await,
            "hidden" => self.create_prompt("PRIVATE").await,
            "premium" => {
                let id = self.create_prompt("PUBLIC").await;
                let internal = self.fleet.direct("prompt").internal();
                let premium = json!({"premium": true, "price": 5, "revision": 1});
                internal.put(&format!("/internal/prompts/{id}/premium"), premium).await.expect(200);
                id
            }
            "comment" => {
                create_comment(&self.owner.client, &self.create_prompt("PUBLIC").await).await
            }
            "note" => {
                create_comment(&self.owner.client, &self.create_prompt("PRIVATE").await).await
            }
            // A stranger's comment under a prompt of the owner's.
            "remark" => {
                create_comment(&self.stranger.client, &self.create_prompt("PUBLIC").await).await
            }
            "test" => {
                // The test is over, so that a stream of it ends too.
                let patient = self.owner.client.with_header("prefer", "wait=30");
                id_of(&patient.post("/api/tests", mock_test("mock")).await.expect(201))
            }
            // A test behind many others, so that it is not over when it is called for.
            "waiting" => {
                let client = &self.owner.client;
                self.start_run("mock-slow", 200).await;
                id_of(&client.post("/api/tests", mock_test("mock-slow")).await.expect(201))
            }
            "comparison" => {
                let target = json!({"modelProvider": "MOCK", "modelName": "mock"});
                let body = json!({
                    "name": "Both", "promptContent": "Say hello.", "targets": [target, target],
                });
                id_of(&self.owner.client.post("/api/tests/comparisons", body).await.expect(201))
            }
            "dataset" => self.create_dataset(1).await,
            "run" => self.start_run("mock", 1).await,
            "listing" => id_of(&self.create_listing(&self.owner).await),
            "paused" => {
                let id = id_of(&self.create_listing(&self.owner).await);
                let pause = format!("/api/marketplace/listings/{id}/pause");
                self.owner.client.post(&pause, json!({})).await.expect(200);
                id
            }
            "sale" => {
                let neighbour = register(self.fleet, &unique("neighbour")).await;
                id_of(&buy(&neighbour.client, &self.create_listing(&self.owner).await).await)
            }
            "bought" => id_of(&self.buy_license().await),
            "license" => id_of(&self.buy_license().await["license"]),
            "key" => self.buy_license().await["license"]["licenseKey"].as_str().unwrap().to_owned(),
            "letter" => self.create_dead_letter().await,
            other => panic!("nothing is called ${other}"),
        }
    }

    /// Creates a data set of the owner's.
    async fn create_dataset(&self, rows: usize) -> String {
        let rows = vec![json!({"variables": {"name": "Ada"}}); rows];
        let body = json!({"name": "Names", "rows": rows});
        id_of(&self.owner.client.post("/api/tests/datasets", body).await.expect(201))
    }

    /// Starts an evaluation run of the owner's, over a data set of its own.
    async fn start_run(&self, model: &str, rows: usize) -> String {
        let path = format!("/api/tests/datasets/{}/runs", self.create_dataset(rows).await);
        let target = json!({"modelProvider": "MOCK", "modelName": model});
        let body = json!({"promptContent": "Greet {{name}}.", "targets": [target]});
        id_of(&self.owner.client.post(&path, body).await.expect(201))
    }

    /// Lists a new prompt of a seller's.
    async fn create_listing(&self, seller: &Person) -> Value {
        let offer = json!({"promptId": seller.creates("On sale").await, "price": 5});
        seller.client.post("/api/marketplace/listings", offer).await.expect(201)
    }

    /// Buys a licence for the owner from an account that makes no calls.
    async fn buy_license(&self) -> Value {
        let neighbour = register(self.fleet, &unique("neighbour")).await;
        buy(&self.owner.client, &self.create_listing(&neighbour).await).await
    }

    /// Puts a message aside that cannot be applied.
    async fn create_dead_letter(&self) -> String {
        static OFFSET: AtomicI64 = AtomicI64::new(0);
        let id = DeadLetterId::new();
        sqlx::query(
            "insert into dead_letters (id, topic, kafka_partition, kafka_offset, payload, reason)
             values ($1, 'prompt.viewed', 0, $2, 'garbage', 'not JSON')",
        )
        .bind(id.0)
        .bind(OFFSET.fetch_add(1, Ordering::Relaxed))
        .execute(&mut self.fleet.database("analytics").await)
        .await
        .unwrap();
        id.to_string()
    }

    /// Creates a prompt of the owner's with two versions, the first of them labelled.
    async fn create_prompt(&self, visibility: &str) -> String {
        let client = &self.owner.client;
        let mut prompt = public_prompt("Mine");
        prompt["isPublic"] = json!(null);
        prompt["visibility"] = json!(visibility);
        let created = client.post("/prompts", prompt).await.expect(201);
        let path = format!("/prompts/{}", created["id"].as_str().unwrap());
        client.put(&path, json!({"title": "Still mine"})).await.expect(200);
        let label = json!({"version": 1});
        client.put(&format!("{path}/labels/production"), label).await.expect(200);
        created["id"].as_str().unwrap().to_owned()
    }
}

fn mock_test(model: &str) -> Value {
    json!({"promptContent": "Say hello.", "modelProvider": "MOCK", "modelName": model})
}

fn id_of(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

async fn buy(buyer: &Client, listing: &Value) -> Value {
    let order = json!({
        "listingId": listing["id"], "paymentMethod": "WALLET", "licenseType": "PERSONAL",
    });
    buyer.post("/api/marketplace/purchase", order).await.expect(201)
}

async fn create_comment(writer: &Client, prompt: &str) -> String {
    let comment = json!({"promptId": prompt, "content": "Well said."});
    let written = writer.post("/api/social/comments", comment).await.expect(201);
    written["id"].as_str().unwrap().to_owned()
}

fn unique(what: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("{what}{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub async fn sign_in(fleet: &Fleet, email: &str) -> Value {
    let password = &account("anyone")["password"];
    let login = json!({"email": email, "password": password});
    fleet.client().post("/auth/login", login).await.expect(200)
}

pub fn with_token(fleet: &Fleet, session: &Value) -> Client {
    fleet.client().with_bearer(session["accessToken"].as_str().unwrap())
}

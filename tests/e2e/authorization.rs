//! Who may call what: every route of the user, the prompt, the test and the marketplace service,
//! through the gateway, as nobody, as a stranger, as who owns the thing, as an administrator, and with a
//! token that is not good.
//!
//! What a service describes and the table does not name fails the test, and the other way round.

mod marketplace;
mod prompt;
mod test;
mod user;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use http::Method;
use serde_json::{Value, json};
use testkit::{Client, eventually};

use crate::{
    fleet::Fleet,
    people::{Person, account, prompt as public_prompt, register},
};

const ADMIN_EMAIL: &str = "root@example.com";

/// One call, and the status that each caller is answered with.
pub struct Row {
    /// As the service describes it: `PUT /prompts/{id}`.
    route: &'static str,
    /// What is called. A `$name`, here and in the body, stands for a thing of the owner's.
    path: &'static str,
    /// JSON, or nothing.
    body: &'static str,
    /// Nobody, a stranger, the owner, an administrator.
    answers: [u16; 4],
}

pub const fn row(
    route: &'static str,
    path: &'static str,
    body: &'static str,
    answers: [u16; 4],
) -> Row {
    Row { route, path, body, answers }
}

/// Who calls.
struct Cast<'f> {
    fleet: &'f Fleet,
    name: String,
    stranger: Person,
    owner: Person,
    admin: Person,
}

impl<'f> Cast<'f> {
    async fn of(fleet: &'f Fleet, root: &Client) -> Self {
        let name = unique("owner");
        let stranger = register(fleet, &unique("stranger")).await;
        let owner = register(fleet, &name).await;
        let admin_name = unique("admin");
        let promoted = register(fleet, &admin_name).await;
        let roles = json!({"roles": ["USER", "ADMIN"]});
        root.put(&format!("/users/{}/roles", promoted.id), roles).await.expect(200);
        // The token from before says nothing of the new role.
        let session = sign_in(fleet, &format!("{admin_name}@example.com")).await;
        let admin = Person { id: promoted.id, client: with_token(fleet, &session) };
        Self { fleet, name, stranger, owner, admin }
    }

    /// Puts things in the place of their names, each made anew.
    async fn fill(&self, text: &str) -> String {
        let (start, rest) = text.split_once('$').unwrap_or((text, ""));
        let mut filled = start.to_owned();
        for part in rest.split('$').filter(|part| !part.is_empty()) {
            let end = part.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(part.len());
            filled += &self.thing(&part[..end]).await;
            filled += &part[end..];
        }
        filled
    }

    async fn thing(&self, name: &str) -> String {
        match name {
            "owner" => self.owner.id.clone(),
            "name" => self.name.clone(),
            "new" => unique("new"),
            "refresh" => {
                let session = sign_in(self.fleet, &format!("{}@example.com", self.name)).await;
                session["refreshToken"].as_str().unwrap().to_owned()
            }
            // The newest of them; the owner's own client goes on with another.
            "session" => {
                sign_in(self.fleet, &format!("{}@example.com", self.name)).await;
                id_of(&self.owner.client.get("/auth/sessions").await.expect(200)[0])
            }
            "public" => self.prompt("PUBLIC").await,
            "hidden" => self.prompt("PRIVATE").await,
            "premium" => {
                let id = self.prompt("PUBLIC").await;
                let internal = self.fleet.direct("prompt").internal();
                let premium = json!({"premium": true, "price": 5, "revision": 1});
                internal.put(&format!("/internal/prompts/{id}/premium"), premium).await.expect(200);
                id
            }
            "comment" => comment(&self.owner.client, &self.prompt("PUBLIC").await).await,
            "note" => comment(&self.owner.client, &self.prompt("PRIVATE").await).await,
            // A stranger's, under a prompt of the owner's.
            "remark" => comment(&self.stranger.client, &self.prompt("PUBLIC").await).await,
            "test" => {
                // Over, so that a stream of it ends too.
                let patient = self.owner.client.with_header("prefer", "wait=30");
                id_of(&patient.post("/api/tests", mock("mock")).await.expect(201))
            }
            // Behind many others, so that it is not over when it is called for.
            "waiting" => {
                let client = &self.owner.client;
                self.run("mock-slow", 200).await;
                id_of(&client.post("/api/tests", mock("mock-slow")).await.expect(201))
            }
            "comparison" => {
                let target = json!({"modelProvider": "MOCK", "modelName": "mock"});
                let body = json!({
                    "name": "Both", "promptContent": "Say hello.", "targets": [target, target],
                });
                id_of(&self.owner.client.post("/api/tests/comparisons", body).await.expect(201))
            }
            "dataset" => self.dataset(1).await,
            "run" => self.run("mock", 1).await,
            "listing" => id_of(&self.offers(&self.owner).await),
            "paused" => {
                let id = id_of(&self.offers(&self.owner).await);
                let pause = format!("/api/marketplace/listings/{id}/pause");
                self.owner.client.post(&pause, json!({})).await.expect(200);
                id
            }
            "sale" => {
                let neighbour = register(self.fleet, &unique("neighbour")).await;
                id_of(&buys(&neighbour.client, &self.offers(&self.owner).await).await)
            }
            "bought" => id_of(&self.bought().await),
            "license" => id_of(&self.bought().await["license"]),
            "key" => self.bought().await["license"]["licenseKey"].as_str().unwrap().to_owned(),
            other => panic!("nothing is called ${other}"),
        }
    }

    /// A data set of the owner's.
    async fn dataset(&self, rows: usize) -> String {
        let rows = vec![json!({"variables": {"name": "Ada"}}); rows];
        let body = json!({"name": "Names", "rows": rows});
        id_of(&self.owner.client.post("/api/tests/datasets", body).await.expect(201))
    }

    /// A run of the owner's, over a data set of its own.
    async fn run(&self, model: &str, rows: usize) -> String {
        let path = format!("/api/tests/datasets/{}/runs", self.dataset(rows).await);
        let target = json!({"modelProvider": "MOCK", "modelName": model});
        let body = json!({"promptContent": "Greet {{name}}.", "targets": [target]});
        id_of(&self.owner.client.post(&path, body).await.expect(201))
    }

    /// A new prompt of a seller's on sale.
    async fn offers(&self, seller: &Person) -> Value {
        let offer = json!({"promptId": seller.creates("On sale").await, "price": 5});
        seller.client.post("/api/marketplace/listings", offer).await.expect(201)
    }

    /// What the owner bought of someone who is no part of this.
    async fn bought(&self) -> Value {
        let neighbour = register(self.fleet, &unique("neighbour")).await;
        buys(&self.owner.client, &self.offers(&neighbour).await).await
    }

    /// A prompt of the owner's, with two versions, the first of them labelled.
    async fn prompt(&self, visibility: &str) -> String {
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

fn mock(model: &str) -> Value {
    json!({"promptContent": "Say hello.", "modelProvider": "MOCK", "modelName": model})
}

fn id_of(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

async fn buys(buyer: &Client, listing: &Value) -> Value {
    let order = json!({
        "listingId": listing["id"], "paymentMethod": "WALLET", "licenseType": "PERSONAL",
    });
    buyer.post("/api/marketplace/purchase", order).await.expect(201)
}

async fn comment(writer: &Client, prompt: &str) -> String {
    let comment = json!({"promptId": prompt, "content": "Well said."});
    let written = writer.post("/api/social/comments", comment).await.expect(201);
    written["id"].as_str().unwrap().to_owned()
}

fn unique(what: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("{what}{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn sign_in(fleet: &Fleet, email: &str) -> Value {
    let password = &account("anyone")["password"];
    let login = json!({"email": email, "password": password});
    fleet.client().post("/auth/login", login).await.expect(200)
}

fn with_token(fleet: &Fleet, session: &Value) -> Client {
    fleet.client().with_bearer(session["accessToken"].as_str().unwrap())
}

/// Whether the same people make all calls of a table.
enum Casting {
    Once,
    /// Others for each row, which may end their accounts.
    EachRow,
}

/// Makes every call as everyone, and says all that is not as it should be.
async fn walk(service: &str, rows: &[Row], casting: Casting) {
    let password = account("root")["password"].as_str().unwrap().to_owned();
    let fleet =
        Fleet::start_with(&[("ADMIN_EMAIL", ADMIN_EMAIL), ("ADMIN_PASSWORD", &password)]).await;
    eventually("the first administrator", || async {
        let found = fleet.client().get("/users/by-username/root").await;
        (found.status == 200).then_some(())
    })
    .await;
    let session = sign_in(&fleet, ADMIN_EMAIL).await;
    let root = with_token(&fleet, &session);
    // Signed by someone else.
    let (claims, _) = session["accessToken"].as_str().unwrap().rsplit_once('.').unwrap();
    let forged = fleet.client().with_bearer(&format!("{claims}.{}", "A".repeat(86)));
    let api = fleet.client().get(&format!("/api-docs/{service}.json")).await.expect(200);

    let mut wrong = Vec::new();
    let mut cast = Cast::of(&fleet, &root).await;
    for row in rows {
        if matches!(casting, Casting::EachRow) {
            cast = Cast::of(&fleet, &root).await;
        }
        let (method, template) = row.route.split_once(' ').unwrap();
        let described = &api["paths"][template][method.to_lowercase()]["responses"];
        let method: Method = method.parse().unwrap();
        let nobody = fleet.client();
        let callers = [
            ("nobody", &nobody, row.answers[0]),
            ("a stranger", &cast.stranger.client, row.answers[1]),
            ("its owner", &cast.owner.client, row.answers[2]),
            ("an administrator", &cast.admin.client, row.answers[3]),
        ];
        for (who, client, expected) in callers {
            let path = cast.fill(row.path).await;
            let body = cast.fill(row.body).await;
            let body: Option<Value> =
                (!body.is_empty()).then(|| serde_json::from_str(&body).unwrap());
            // First with the bad token: were it good for anything, the thing would not be there
            // for the one who comes next.
            let refused = forged.try_call(method.clone(), &path, body.as_ref()).await.unwrap();
            if refused.status != 401 || refused.json["code"] != "INVALID_TOKEN" {
                wrong.push(format!("{} with a bad token: {}", row.route, refused.text));
            }
            let answer = client.try_call(method.clone(), &path, body.as_ref()).await.unwrap();
            let status = answer.status.as_u16();
            if status != expected {
                wrong.push(format!(
                    "{} ({}) as {who}: {status} instead of {expected}: {}",
                    row.route, row.path, answer.text
                ));
            } else if described.get(status.to_string()).is_none() {
                wrong.push(format!("{} does not describe its {status}", row.route));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));

    let named: BTreeSet<String> = rows.iter().map(|row| row.route.to_owned()).collect();
    assert_eq!(named, routes(&api), "the table and the description name the same routes");
}

/// Every route that a service describes.
fn routes(api: &Value) -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            routes.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_user_service_answers_everyone_as_it_should() {
    walk("user", user::ROWS, Casting::EachRow).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_prompt_service_answers_everyone_as_it_should() {
    walk("prompt", prompt::ROWS, Casting::Once).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_test_service_answers_everyone_as_it_should() {
    walk("test", test::ROWS, Casting::Once).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_marketplace_service_answers_everyone_as_it_should() {
    walk("marketplace", marketplace::ROWS, Casting::Once).await;
}

//! The rotation of signing keys.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use auth::{Role, Signer, Verifier, token::Audience};
use ids::{SessionId, UserId};
use serde_json::json;
use sqlx::PgPool;
use testkit::{Client, eventually, signing_key};

use crate::support::{join, start_with_settings};

fn audience() -> Audience {
    Audience { issuer: "promptforge".to_owned(), audience: "promptforge".to_owned() }
}

/// A file of keys, removed when it is dropped.
struct KeyFile(PathBuf);

impl KeyFile {
    fn new(pem: &str) -> Self {
        let file = Self(std::env::temp_dir().join(format!("{}.pem", UserId::new())));
        file.write(pem);
        file
    }

    /// Replaces the file at once, so that no reader sees a part of it.
    fn write(&self, pem: &str) {
        let fresh = self.0.with_extension("new");
        fs::write(&fresh, pem).unwrap();
        fs::rename(fresh, &self.0).unwrap();
    }

    fn path(&self) -> &str {
        Path::new(&self.0).to_str().unwrap()
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

async fn published(client: &Client) -> Vec<String> {
    let set = client.get("/.well-known/jwks.json").await.expect(200);
    let keys = set["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn key_id(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn keys_rotate_while_tokens_flow_and_none_is_refused(pool: PgPool) {
    let (old, new) = (signing_key(), signing_key());
    let new_signer = Signer::from_pem(&new, audience()).unwrap();
    let file = KeyFile::new(&old);
    let fixture = start_with_settings(&pool, &[("JWT_SIGNING_KEY", file.path())]).await;
    let client = fixture.app.anonymous();
    let jwks = format!("{}/.well-known/jwks.json", fixture.app.url);
    let verifier = Arc::new(Verifier::new(reqwest::Client::new(), vec![jwks], audience()));

    // A user who refreshes again and again; each token is verified at once.
    let ada = join(&fixture, "ada").await;
    let done = Arc::new(AtomicBool::new(false));
    let flow = tokio::spawn({
        let (client, verifier, done) = (client.clone(), verifier.clone(), done.clone());
        let mut refresh_token = ada.refresh_token().to_owned();
        async move {
            let mut key_ids = HashSet::new();
            while !done.load(Ordering::Relaxed) {
                let body = json!({"refreshToken": refresh_token});
                let auth = client.post("/auth/refresh", body).await.expect(200);
                refresh_token = auth["refreshToken"].as_str().unwrap().to_owned();
                let token = auth["accessToken"].as_str().unwrap();
                verifier.verify(token).await.unwrap();
                key_ids.insert(key_id(token));
            }
            key_ids
        }
    });
    let first_token = ada.auth["accessToken"].as_str().unwrap();
    let keys = |ids: Vec<String>| {
        let client = client.clone();
        eventually("the published keys", move || {
            let (client, ids) = (client.clone(), ids.clone());
            async move { (published(&client).await == ids).then_some(()) }
        })
    };
    let old_id = key_id(first_token);
    let new_id = new_signer.key_ids()[0].to_owned();

    // 1. The second key is published.
    file.write(&format!("{old}{new}"));
    keys(vec![old_id.clone(), new_id.clone()]).await;
    // 2. Verifiers have fetched it.
    let probe = new_signer.sign(UserId::new(), "probe", &[Role::User], SessionId::new()).unwrap();
    eventually("the verifier to know the new key", || async {
        verifier.verify(&probe).await.is_ok().then_some(())
    })
    .await;
    // 3. The second key signs; tokens that the first key signed stay good.
    file.write(&format!("{new}{old}"));
    keys(vec![new_id.clone(), old_id.clone()]).await;
    verifier.verify(first_token).await.unwrap();
    // 4. The first key is removed.
    file.write(&new);
    keys(vec![new_id.clone()]).await;
    done.store(true, Ordering::Relaxed);
    assert_eq!(flow.await.unwrap(), HashSet::from([old_id, new_id]));
}

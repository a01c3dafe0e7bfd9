//! The callers of the measurement: their tokens, and a user service that publishes keys.

use std::{convert::Infallible, time::Duration};

use anyhow::Context;
use auth::{Role, Signer, token::Audience};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use axum::{Json, Router, body::Body, routing::get};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use futures_util::stream;
use ids::{SessionId, UserId};
use internal_api::user::revocations::{HEARTBEAT, Line, PATH};
use serde_json::json;
use tokio::{net::TcpListener, time::sleep};
use tokio_util::task::AbortOnDropHandle;

/// The start of a P-256 public key in DER, up to its point (RFC 5480).
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A stand-in for the user service: it publishes its keys, and that no session is revoked.
pub struct UserService {
    pub url: String,
    signer: Signer,
    es256: EcdsaKeyPair,
    _serving: AbortOnDropHandle<()>,
}

impl UserService {
    /// # Errors
    /// When no port is free, or keys cannot be made.
    pub async fn start() -> anyhow::Result<Self> {
        let random = SystemRandom::new();
        let key = Ed25519KeyPair::generate_pkcs8v1(&random).context("cannot make a key")?;
        let signer = Signer::from_pem(&pem("PRIVATE", key.as_ref()), audience())?;
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .context("cannot make a key")?;
        let es256 = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref())
            .context("cannot read a key")?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = router(&signer)?;
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, signer, es256, _serving: AbortOnDropHandle::new(serving) })
    }

    /// Returns an access token as the user service signs it.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn access_token(&self) -> anyhow::Result<String> {
        Ok(self.signer.sign(UserId::new(), "bench", &[Role::User], SessionId::new())?)
    }

    /// Returns a token with the same claims, signed with ES256.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn es256_token(&self) -> anyhow::Result<String> {
        let own = self.access_token()?;
        let claims = own.split('.').nth(1).context("a token without claims")?;
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": "ES256", "typ": "JWT"}).to_string());
        let signed = format!("{header}.{claims}");
        let signature = self.es256.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.context("cannot sign a token")?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Returns the key that verifies [`es256_token`](Self::es256_token).
    pub fn public_key_pem(&self) -> String {
        let point = self.es256.public_key().as_ref();
        pem("PUBLIC", &[&P256_PREFIX, point].concat())
    }
}

/// Returns the issuer and the audience of tokens, which are the services' defaults.
pub fn audience() -> Audience {
    Audience { issuer: "promptforge".to_owned(), audience: "promptforge".to_owned() }
}

fn pem(kind: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).filter_map(|line| str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {kind} KEY-----\n{}\n-----END {kind} KEY-----\n", lines.join("\n"))
}

fn router(signer: &Signer) -> anyhow::Result<Router> {
    let keys = serde_json::to_value(signer.jwks())?;
    let mut line = serde_json::to_vec(&Line { revoked: Vec::new(), complete: true })?;
    line.push(b'\n');
    let revocations = move || {
        let lines = stream::unfold((line.clone(), Duration::ZERO), async |(line, pause)| {
            sleep(pause).await;
            Some((Ok::<_, Infallible>(line.clone()), (line, HEARTBEAT / 2)))
        });
        async move { Body::from_stream(lines) }
    };
    Ok(Router::new()
        .route("/.well-known/jwks.json", get(move || async move { Json(keys) }))
        .route(PATH, get(revocations))
        .route("/health/ready", get(|| async { "{}" })))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[tokio::test]
    async fn a_token_of_haproxys_algorithm_is_verified_by_the_key_beside_it() {
        let users = UserService::start().await.unwrap();
        let token = users.es256_token().unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let key = users.es256.public_key().as_ref();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key);
        key.verify(signed.as_bytes(), &signature).unwrap();
        assert_eq!(users.public_key_pem().lines().count(), 4);
    }
}

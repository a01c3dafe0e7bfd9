//! Signing access tokens with Ed25519, and the checks that a verified one has passed.

use std::{fmt, time::Duration};

use http_kit::config::Env;
use ids::{SessionId, UserId};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    errors::Error as JwtError,
    get_current_timestamp,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use uuid::Uuid;

use crate::claims::{Claims, Role};

/// The lifetime of an access token.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The time after which a signed token has surely expired, differing clocks and pauses included: its
/// revocation can be forgotten then.
pub const LAST_EXPIRY: Duration = Duration::from_secs(ACCESS_TOKEN_LIFETIME.as_secs() + 60);

/// The number of seconds that clocks may differ by.
const LEEWAY_SECONDS: u64 = 5;

/// A reason why a token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The token is from elsewhere, altered, expired or not yet valid.
    #[error("the access token is not valid")]
    Invalid,
    /// The keys to verify it by could not be fetched.
    #[error("the signing keys cannot be fetched: {0}")]
    KeysUnavailable(String),
}

/// The issuer and the audience of tokens: the `iss` and `aud` claims.
#[derive(Clone, Debug)]
pub struct Audience {
    pub issuer: String,
    pub audience: String,
}

impl Audience {
    /// Reads `JWT_ISSUER` and `JWT_AUDIENCE`, both `promptforge` by default.
    pub fn read(env: &mut Env) -> Self {
        Self {
            issuer: env.optional("JWT_ISSUER").unwrap_or_else(|| "promptforge".to_owned()),
            audience: env.optional("JWT_AUDIENCE").unwrap_or_else(|| "promptforge".to_owned()),
        }
    }
}

/// A set of keys that makes access tokens. The first key signs; the others are only published, so that
/// tokens that they signed stay valid while keys rotate.
#[derive(Clone)]
pub struct Signer {
    key: EncodingKey,
    header: Header,
    published: JwkSet,
    audience: Audience,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("kid", &self.header.kid).finish_non_exhaustive()
    }
}

impl Signer {
    /// Reads one or more Ed25519 private keys in PKCS#8 PEM, one after the other.
    ///
    /// # Errors
    /// When there is no key, or one cannot be read.
    pub fn from_pem(pem: &str, audience: Audience) -> Result<Self, JwtError> {
        let mut keys = Vec::new();
        for block in pem.split_inclusive("-----END PRIVATE KEY-----") {
            if block.contains("-----BEGIN") {
                let key = EncodingKey::from_ed_pem(block.trim().as_bytes())?;
                let jwk = public_jwk(&key)?;
                keys.push((key, jwk));
            }
        }
        let published = JwkSet { keys: keys.iter().map(|(_, jwk)| jwk.clone()).collect() };
        let Some((key, jwk)) = keys.into_iter().next() else {
            return Err(jsonwebtoken::errors::ErrorKind::InvalidKeyFormat.into());
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = jwk.common.key_id;
        Ok(Self { key, header, published, audience })
    }

    /// Signs a token for one session of one user, valid for [`ACCESS_TOKEN_LIFETIME`].
    ///
    /// # Errors
    /// When signing fails, which it does not with a key that was read.
    pub fn sign(
        &self,
        user: UserId,
        username: &str,
        roles: &[Role],
        session: SessionId,
    ) -> Result<String, JwtError> {
        let now = get_current_timestamp() as i64;
        let claims = Claims {
            iss: self.audience.issuer.clone(),
            aud: self.audience.audience.clone(),
            sub: user,
            username: username.to_owned(),
            roles: roles.to_vec(),
            iat: now,
            nbf: now,
            exp: now + ACCESS_TOKEN_LIFETIME.as_secs() as i64,
            jti: Uuid::now_v7(),
            sid: session,
        };
        jsonwebtoken::encode(&self.header, &claims, &self.key)
    }

    /// Returns the ids of the keys, first the one that signs.
    pub fn key_ids(&self) -> Vec<&str> {
        self.published.keys.iter().filter_map(|jwk| jwk.common.key_id.as_deref()).collect()
    }

    /// Returns the public keys, as `/.well-known/jwks.json` shows them.
    pub fn jwks(&self) -> &JwkSet {
        &self.published
    }
}

/// Returns the public half of a key, named by its RFC 7638 thumbprint.
fn public_jwk(key: &EncodingKey) -> Result<Jwk, JwtError> {
    let mut jwk = Jwk::from_encoding_key(key, Algorithm::EdDSA)?;
    jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256)?);
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    Ok(jwk)
}

/// Verifies signature, times, issuer and audience.
pub(crate) fn verify(
    token: &str,
    key: &DecodingKey,
    audience: &Audience,
) -> Result<Claims, TokenError> {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_nbf = true;
    validation.set_issuer(&[&audience.issuer]);
    validation.set_audience(&[&audience.audience]);
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    jsonwebtoken::decode::<Claims>(token, key, &validation)
        .map(|data| data.claims)
        .map_err(|_| TokenError::Invalid)
}

use std::collections::HashMap;

use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, Jwk, JwkSet},
};

/// The public keys that verify tokens, by their ids.
#[derive(Default)]
pub(crate) struct KeySet(HashMap<String, (Jwk, DecodingKey)>);

impl KeySet {
    /// Takes the Ed25519 keys of a published set; others verify no token of ours.
    pub fn new(set: JwkSet) -> Self {
        let usable = set.keys.into_iter().filter_map(|jwk| {
            let AlgorithmParameters::OctetKeyPair(_) = jwk.algorithm else { return None };
            let key = DecodingKey::from_jwk(&jwk).ok()?;
            Some((jwk.common.key_id.clone()?, (jwk, key)))
        });
        Self(usable.collect())
    }

    pub fn get(&self, kid: &str) -> Option<DecodingKey> {
        self.0.get(kid).map(|(_, key)| key.clone())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether both have a key of the same id, as two sets have between which keys rotated.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.0.keys().any(|kid| other.0.contains_key(kid))
    }
}

impl PartialEq for KeySet {
    fn eq(&self, other: &Self) -> bool {
        let is_there = |(kid, (jwk, _)): (&String, &(Jwk, DecodingKey))| {
            other.0.get(kid).is_some_and(|(known, _)| known == jwk)
        };
        self.0.len() == other.0.len() && self.0.iter().all(is_there)
    }
}

//! Cursors: the place where a page ended, and the list that it belongs to.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{context::RequestContext, problem::ApiError};

/// A codec of keyset positions: the sort key of the last row of a page, opaque to clients.
pub(super) struct Cursor;

impl Cursor {
    fn encode<K: Serialize>(key: &K) -> String {
        // Keys are tuples of numbers, text and ids: they always serialise.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
    }

    /// Decodes a position.
    ///
    /// # Errors
    /// [`CursorError::Unknown`].
    fn decode<K: DeserializeOwned>(text: &str) -> Result<K, CursorError> {
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            // No text in Postgres holds U+0000, so no cursor of ours does.
            .filter(|bytes| !bytes.windows(6).any(|window| window == br"\u0000"))
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or(CursorError::Unknown)
    }

    /// Encodes a position in the list of that fingerprint.
    pub(super) fn of_list<K: Serialize>(fingerprint: u32, key: &K) -> String {
        Self::encode(&(fingerprint, key))
    }

    /// Decodes a position in the list of that fingerprint.
    ///
    /// # Errors
    /// [`CursorError`].
    pub(super) fn in_list<K: DeserializeOwned>(
        fingerprint: u32,
        text: &str,
    ) -> Result<K, CursorError> {
        let (of, key): (u32, Box<RawValue>) = Self::decode(text)?;
        if of != fingerprint {
            return Err(CursorError::OfAnotherList);
        }
        serde_json::from_str(key.get()).map_err(|_| CursorError::Unknown)
    }
}

/// Why a cursor is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    #[error("is not a cursor that this list gave")]
    Unknown,
    #[error("belongs to another sort, filter or list: begin again without it")]
    OfAnotherList,
}

impl From<CursorError> for ApiError {
    /// Makes a 400 that names `cursor`.
    fn from(error: CursorError) -> Self {
        Self::invalid_field("cursor", error.to_string())
    }
}

/// Hashes the request's path and `scope`, so that a cursor of another list is told apart.
pub(super) fn fingerprint(scope: &str) -> u32 {
    let path = RequestContext::current().map(|context| context.path).unwrap_or_default();
    // FNV-1a: the same in every build, so that a cursor outlives an update.
    let bytes = path.bytes().chain([0]).chain(scope.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash >> 32) as u32 ^ hash as u32
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    async fn at(path: &str, scope: &str) -> u32 {
        let context = RequestContext::from_request(&HeaderMap::new(), path);
        context.scope(async { fingerprint(scope) }).await
    }

    #[tokio::test]
    async fn a_cursor_is_refused_by_every_list_but_its_own() {
        let own = at("/prompts/public", "title desc").await;
        let cursor = Cursor::of_list(own, &("Zebra", 7));
        let key: (String, i32) = Cursor::in_list(own, &cursor).unwrap();
        assert_eq!(key, ("Zebra".to_owned(), 7));
        for (path, scope) in
            [("/prompts/public", "title asc"), ("/prompts/user", "title desc"), ("", "")]
        {
            let other = at(path, scope).await;
            let error = Cursor::in_list::<(String, i32)>(other, &cursor).unwrap_err();
            assert_eq!(error, CursorError::OfAnotherList);
        }
        let error = Cursor::in_list::<i64>(own, &cursor).unwrap_err();
        assert_eq!(error, CursorError::Unknown);
    }
}

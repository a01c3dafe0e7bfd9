use aws_lc_rs::digest::{SHA256, digest};
use ids::UserId;
use sqlx::types::Uuid;

/// A viewer without an account, by the first half of the SHA-256 of the event's `viewerKey`: of one length,
/// however long that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct AnonymousViewer(pub Uuid);

impl AnonymousViewer {
    pub fn from_key(viewer_key: &str) -> Self {
        let digest = digest(&SHA256, viewer_key.as_bytes());
        let mut half = [0; 16];
        half.copy_from_slice(&digest.as_ref()[..16]);
        Self(Uuid::from_bytes(half))
    }
}

/// A viewer as rollups keep one: a uniform hash, so that the viewers below a bound are a sample of all. The
/// lowest bit is 1 for a viewer without an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Viewer(pub u64);

impl Viewer {
    pub fn account(user: UserId) -> Self {
        Self(hash(0, user.0) & !1)
    }

    pub fn anonymous(viewer: AnonymousViewer) -> Self {
        Self(hash(1, viewer.0) | 1)
    }

    pub fn is_anonymous(self) -> bool {
        self.0 & 1 == 1
    }
}

/// Returns the first 64 bits of the SHA-256 of a tag and an id.
fn hash(tag: u8, id: Uuid) -> u64 {
    let mut bytes = [tag; 17];
    bytes[1..].copy_from_slice(id.as_bytes());
    let digest = digest(&SHA256, &bytes);
    digest.as_ref()[..8].iter().fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

//! What everyone reads alike, and the answer that is made of it once.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use axum::body::Bytes;
use http::HeaderValue;

/// A value as everyone sees it.
pub struct SharedRead<T> {
    pub value: T,
    /// The answer, once somebody has made it.
    pub answer: OnceLock<SerializedAnswer>,
    /// The number of this read: no other read of this process has it.
    pub number: u64,
}

/// An answer as it is sent.
#[derive(Clone)]
pub struct SerializedAnswer {
    pub json: Bytes,
    pub etag: HeaderValue,
}

impl<T> SharedRead<T> {
    pub fn new(value: T) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { value, answer: OnceLock::new(), number: NEXT.fetch_add(1, Ordering::Relaxed) }
    }
}

/// A value as one caller sees it.
pub enum View<T> {
    /// As everyone sees it.
    Shared(Arc<SharedRead<T>>),
    /// As this caller alone may see it.
    Own(Box<T>),
}

impl<T> View<T> {
    pub fn own(value: T) -> Self {
        Self::Own(Box::new(value))
    }

    pub fn value(&self) -> &T {
        match self {
            Self::Shared(shared) => &shared.value,
            Self::Own(value) => value,
        }
    }
}

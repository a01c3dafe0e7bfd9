//! A value that everyone reads alike, and the answer that is made from it once.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use http_kit::ApiResult;

use crate::JsonAnswer;

/// A value as everyone sees it.
#[derive(Debug)]
pub struct SharedRead<T> {
    pub value: T,
    /// The answer, once somebody has made it.
    answer: OnceLock<JsonAnswer>,
    number: u64,
}

impl<T> SharedRead<T> {
    pub fn new(value: T) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { value, answer: OnceLock::new(), number: NEXT.fetch_add(1, Ordering::Relaxed) }
    }

    /// Returns the number of this read: no other read of this process has it.
    pub fn number(&self) -> u64 {
        self.number
    }
}

/// A value as one caller sees it.
#[derive(Debug)]
pub enum View<T> {
    /// The answer that everyone sees.
    Shared(Arc<SharedRead<T>>),
    /// The answer that this caller alone may see.
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

impl<T: Clone> View<T> {
    /// Returns the answer. `serialize` is called once for all who share it.
    ///
    /// # Errors
    /// The error of `serialize`, which nobody shares.
    pub async fn into_answer(
        self,
        serialize: impl AsyncFnOnce(T) -> ApiResult<JsonAnswer>,
    ) -> ApiResult<JsonAnswer> {
        let shared = match self {
            Self::Own(value) => return serialize(*value).await,
            Self::Shared(shared) => shared,
        };
        if let Some(answer) = shared.answer.get() {
            return Ok(answer.clone());
        }
        let answer = serialize(shared.value.clone()).await?;
        Ok(shared.answer.get_or_init(|| answer).clone())
    }
}

#[cfg(test)]
mod tests {
    use http_kit::ApiError;

    use super::*;

    async fn answer(view: View<&str>, suffix: &str) -> JsonAnswer {
        let serialize = async |value: &str| Ok(JsonAnswer::new(&format!("{value}{suffix}"))?);
        view.into_answer(serialize).await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_made_once_for_all_who_share_it_and_an_error_is_nobody_elses() {
        let shared = Arc::new(SharedRead::new("shared"));
        let fails = async |_| Err(ApiError::internal(anyhow::anyhow!("no names")));
        assert!(View::Shared(shared.clone()).into_answer(fails).await.is_err());
        assert_eq!(answer(View::Shared(shared.clone()), " one").await.json, "\"shared one\"");
        assert_eq!(answer(View::Shared(shared.clone()), " two").await.json, "\"shared one\"");
        assert_eq!(answer(View::own("own"), " two").await.json, "\"own two\"");
        assert_eq!(answer(View::Shared(shared), " three").await.json, "\"shared one\"");
    }

    #[test]
    fn no_two_reads_of_the_same_value_have_the_same_number() {
        assert_ne!(SharedRead::new(1).number(), SharedRead::new(1).number());
    }
}

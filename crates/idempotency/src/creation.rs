//! A creation under a key, from the handler to the commit.

use ids::UserId;
use sqlx::{PgConnection, PgPool};

use crate::{Answer, Error, RequestKey, store};

/// A function that writes the answer to the creation of a `T`.
type WriteAnswer<'a, T> = &'a (dyn Fn(&T) -> Result<Answer, Error> + Sync);

/// The creation of a `T`, under a key if the client sent one.
pub struct Creation<'a, T> {
    caller: UserId,
    key: Option<RequestKey>,
    answer: WriteAnswer<'a, T>,
}

impl<'a, T> Creation<'a, T> {
    pub fn new(caller: UserId, key: Option<RequestKey>, answer: WriteAnswer<'a, T>) -> Self {
        Self { caller, key, answer }
    }

    /// Returns the answer that the key gave before; else carries out `work`, which must
    /// [`claim`](Self::claim) and [`record`](Self::record), and answers with the created thing.
    ///
    /// # Errors
    /// [`Error`], and those of `work`.
    pub async fn run<E: From<Error>>(
        &self,
        pool: &PgPool,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<Answer, E> {
        if let Some(key) = &self.key
            && let Some(answer) = store::find(pool, self.caller, key).await?
        {
            return Ok(answer);
        }
        let created = work.await?;
        Ok((self.answer)(&created)?)
    }

    /// Claims the key for this transaction alone. Comes first in a transaction: a second request would
    /// otherwise stumble over what the first has created.
    ///
    /// # Errors
    /// [`Error::InUse`] when another transaction holds the key, or held it a moment ago;
    /// [`Error::Reused`].
    pub async fn claim(&self, connection: &mut PgConnection) -> Result<(), Error> {
        let Some(key) = &self.key else { return Ok(()) };
        if !store::try_lock(connection, self.caller, key).await? {
            return Err(Error::InUse);
        }
        match store::find(connection, self.caller, key).await? {
            Some(_) => Err(Error::InUse),
            None => Ok(()),
        }
    }

    /// Records the created thing, and the answer that the key gives from now on.
    ///
    /// # Errors
    /// When the answer cannot be written.
    pub async fn record(&self, connection: &mut PgConnection, created: &T) -> Result<(), Error> {
        let Some(key) = &self.key else { return Ok(()) };
        store::insert(connection, self.caller, key, &(self.answer)(created)?).await
    }

    /// Records the answer of a request that went on after its commit, waiting for the created thing.
    /// After a crash before this the answer stays as it was at the commit.
    pub async fn record_later(&self, pool: &PgPool, created: &T) {
        let Some(key) = &self.key else { return };
        let written = match (self.answer)(created) {
            Ok(answer) => store::update(pool, self.caller, key, &answer).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::warn!("an idempotency key keeps its first answer: {error:#}");
        }
    }
}

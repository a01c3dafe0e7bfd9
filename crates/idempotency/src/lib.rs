//! `Idempotency-Key`: a request that is sent again creates nothing twice.
//!
//! A key belongs to a caller and a route. The created thing is recorded in the database transaction
//! that creates it, together with the answer, so that there is never one without the other; from then
//! on the key gives that answer, for a day. A refusal is not recorded.
//!
//! ```text
//! handler:  Keyed(key, Json(body)): Keyed<Json<CreateThing>>
//!           let creation = Creation::new(caller.id, key, &answer);
//!           creation.run(&state.pool, things::create(&state, body, &creation)).await
//! use case: begin; creation.claim(tx); insert the thing; creation.record(tx, &thing); commit
//! ```
//!
//! Each owning database has the table `idempotency_keys` (`migrations/<service>/`). Why it is so, and
//! what it costs: docs/decisions/0014-idempotency-keys.md.

mod answer;
mod creation;
mod error;
mod key;
mod request;
mod store;

pub use answer::Answer;
pub use creation::Creation;
pub use error::{Error, KeyProblems};
pub use key::{IdempotencyKey, IdempotencyKeyHeader, Key};
pub use request::{Keyed, NoBody, RequestKey};
pub use store::{delete_old_keys, forget, forget_user};

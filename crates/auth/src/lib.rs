//! The caller of a request, and what callers may do.
//!
//! The gateway verifies access tokens ([`token`]) and passes the caller on in headers
//! ([`identity`]). A service believes these headers only beside the right internal token, and names
//! in a handler's signature who may call it, by extractor ([`extract`]).

pub mod claims;
pub mod extract;
pub mod identity;
mod internal_token;
mod key_set;
mod signing_keys;
pub mod token;
mod verifier;

pub use claims::{Claims, Role};
pub use extract::{Admin, ClientAddress, Internal, MaybeUser, User};
pub use identity::{Identity, identify};
pub use internal_token::InternalToken;
pub use signing_keys::SigningKeys;
pub use token::{Signer, TokenError};
pub use verifier::Verifier;

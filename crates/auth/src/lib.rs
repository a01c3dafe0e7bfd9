//! Who is calling, and who may.
//!
//! The gateway verifies access tokens ([`token`]) and passes the caller on in headers
//! ([`identity`]); a service believes those only beside the right internal token, and states who may
//! call a handler in its signature, by extractor ([`extract`]). [`client`] makes the calls between
//! services, and [`revocations`] is how gateways learn of tokens that are revoked.

pub mod claims;
pub mod client;
pub mod extract;
pub mod identity;
mod jwks;
pub mod revocations;
pub mod secret;
mod signing_keys;
pub mod token;

pub use claims::{Claims, Role};
pub use client::{CallError, ServiceClient};
pub use extract::{Admin, ClientAddress, Internal, MaybeUser, User};
pub use identity::{Identity, identify};
pub use jwks::Verifier;
pub use secret::InternalToken;
pub use signing_keys::SigningKeys;
pub use token::{Signer, TokenError};

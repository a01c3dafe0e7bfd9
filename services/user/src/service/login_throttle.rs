//! Checking passwords, with a limit on guessing them.
//!
//! Wrong passwords are counted per name and address, and per address. A name alone is never
//! counted: wrong passwords for someone's name at one address keep nobody from signing in at
//! another, and at the same address they do not lock an account out that has signed in there before:
//! its right password is taken, however many wrong ones there were. Counts are in the database, since there are several instances, and hashing costs far
//! more than a row.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use aws_lc_rs::digest::{Context, SHA256};
use ids::UserId;

use super::password_hasher::PasswordCheck;
use crate::{
    domain::{Credentials, fold_name},
    error::ServiceError,
    repo::{known_networks, password_failures},
    state::AppState,
};

/// The time from the first wrong password until all counts are forgotten.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// The time from the last sign-in of an account at a network until it is forgotten there.
pub const KNOWN_FOR: Duration = Duration::from_secs(90 * 24 * 3600);

/// The subjects that a wrong password is counted under.
pub struct ThrottleKeys {
    name_at_address: Vec<u8>,
    address: Vec<u8>,
    /// The network where a right password of an account that is known there is not locked out; `None`
    /// where each guess needs an access token already, which may be stolen from the account's own
    /// computer.
    known_network: Option<Vec<u8>>,
}

impl ThrottleKeys {
    /// Returns the keys of a login. The name is taken as it was typed, not by the account that it
    /// leads to: two names that reached the limit together would be known to be of one account.
    pub fn for_login(name: &str, address: IpAddr) -> Self {
        let known_network = Some(network_hash(address));
        Self { known_network, ..Self::new("sign-in", &fold_name(name), address) }
    }

    /// Returns the keys of a check of a signed-in user's own password.
    pub fn for_own_password(user: UserId, address: IpAddr) -> Self {
        Self::new("own", &user.to_string(), address)
    }

    fn new(purpose: &str, name: &str, address: IpAddr) -> Self {
        let network = network_of(address).to_string();
        Self {
            name_at_address: hash(&[purpose, name, &network]),
            address: hash(&[&network]),
            known_network: None,
        }
    }

    /// Returns both keys in the order in which every writer names them.
    fn subjects(&self) -> [Vec<u8>; 2] {
        [self.name_at_address.clone(), self.address.clone()]
    }
}

/// Returns a hash of a key's parts. Names are not stored: people type passwords into the wrong field.
fn hash(parts: &[&str]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part.as_bytes());
        context.update(&[0]);
    }
    context.finish().as_ref().to_vec()
}

/// Returns the network of an address: someone with one IPv6 address has the 2⁶⁴ of its network.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// Returns the hash under which a network is known to an account.
pub fn network_hash(address: IpAddr) -> Vec<u8> {
    hash(&["network", &network_of(address).to_string()])
}

/// What the counts say before a password is checked.
struct Standing {
    /// Whether wrong passwords are counted for the name at the address.
    has_failures: bool,
    /// The time until the counts are forgotten; `None` while they allow another wrong password.
    locked_for: Option<Duration>,
}

/// Checks a password. Without credentials the check takes as long, and the password is wrong.
///
/// # Errors
/// [`ServiceError::TooManyWrongPasswords`], whether or not the password is right, unless it is right and
/// the account has signed in at this network before; [`ServiceError::Busy`].
pub async fn check_password(
    state: &AppState,
    keys: &ThrottleKeys,
    credentials: Option<&Credentials>,
    password: String,
) -> Result<PasswordCheck, ServiceError> {
    // Refused before the queue for a permit, so that guessing does not fill it.
    ensure_allowed(state, keys, credentials).await?;
    let permit = state.password_hasher.acquire().await?;
    // Asked again: other guesses under these keys may have been counted meanwhile. The permit is held
    // from here until this one is counted, so of a thousand guesses at once no more than there are
    // permits get by.
    let standing = ensure_allowed(state, keys, credentials).await?;
    let stored_hash = credentials.map(|credentials| credentials.password_hash.clone());
    let check = permit.verify(password, stored_hash).await?;
    if state.login_limits.is_some() {
        match check {
            PasswordCheck::Wrong => {
                if let Some(retry_after) = standing.locked_for {
                    return Err(ServiceError::TooManyWrongPasswords { retry_after });
                }
                password_failures::increment(&state.pool, &keys.subjects(), WINDOW).await?;
            }
            PasswordCheck::Correct { .. } if standing.has_failures => {
                // The count of the address stays: anyone with an account could clear it at will.
                password_failures::delete(&state.pool, &keys.name_at_address).await?;
            }
            PasswordCheck::Correct { .. } => {}
        }
    }
    Ok(check)
}

/// Returns the standing of someone who may try a password.
async fn ensure_allowed(
    state: &AppState,
    keys: &ThrottleKeys,
    credentials: Option<&Credentials>,
) -> Result<Standing, ServiceError> {
    let mut standing = Standing { has_failures: false, locked_for: None };
    let Some(limits) = state.login_limits else { return Ok(standing) };
    for count in password_failures::list(&state.pool, &keys.subjects()).await? {
        let is_of_name = count.subject == keys.name_at_address;
        standing.has_failures |= is_of_name;
        if count.failures >= if is_of_name { limits.per_name } else { limits.per_address } {
            let left = Duration::from_secs(count.seconds_left.unsigned_abs());
            standing.locked_for = standing.locked_for.max(Some(left));
        }
    }
    match standing.locked_for {
        Some(retry_after) if !has_signed_in_here(state, keys, credentials).await? => {
            Err(ServiceError::TooManyWrongPasswords { retry_after })
        }
        _ => Ok(standing),
    }
}

async fn has_signed_in_here(
    state: &AppState,
    keys: &ThrottleKeys,
    credentials: Option<&Credentials>,
) -> sqlx::Result<bool> {
    match (credentials, &keys.known_network) {
        (Some(credentials), Some(network)) => {
            known_networks::contains(&state.pool, credentials.id, network, KNOWN_FOR).await
        }
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_counted_by_its_name_without_case_and_by_its_network() {
        let at = |name, from: &str| ThrottleKeys::for_login(name, from.parse().unwrap()).subjects();
        assert_eq!(at("Ada", "10.0.0.1"), at("ada", "10.0.0.1"));
        assert_ne!(at("ada", "10.0.0.1"), at("ada", "10.0.0.2"));
        assert_eq!(at("ada", "2001:db8:1:2:3::4"), at("ada", "2001:db8:1:2:ffff::"));
        assert_ne!(at("ada", "2001:db8:1:2::")[1], at("ada", "2001:db8:1:3::")[1]);
        let [ada, eve] = ["ada", "eve"].map(|name| at(name, "10.0.0.1"));
        assert!(ada[0] != eve[0] && ada[1] == eve[1]);
    }
}

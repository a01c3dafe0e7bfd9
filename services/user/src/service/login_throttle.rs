//! Checking passwords, with a limit on guessing them.
//!
//! Wrong passwords are counted per name and address, and per address. A name alone is never
//! counted: wrong passwords for someone's name at one address keep nobody from signing in at
//! another. Counts are in the database, since there are several instances, and hashing costs far
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
    repo::password_failures,
    state::AppState,
};

/// The time from the first wrong password until all counts are forgotten.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// The subjects that a wrong password is counted under.
pub struct ThrottleKeys {
    name_at_address: Vec<u8>,
    address: Vec<u8>,
}

impl ThrottleKeys {
    /// Returns the keys of a login. The name is taken as it was typed, not by the account that it
    /// leads to: two names that reached the limit together would be known to be of one account.
    pub fn for_login(name: &str, address: IpAddr) -> Self {
        Self::new("sign-in", &fold_name(name), address)
    }

    /// Returns the keys of a check of a signed-in user's own password.
    pub fn for_own_password(user: UserId, address: IpAddr) -> Self {
        Self::new("own", &user.to_string(), address)
    }

    fn new(purpose: &str, name: &str, address: IpAddr) -> Self {
        let network = network_of(address).to_string();
        Self { name_at_address: hash(&[purpose, name, &network]), address: hash(&[&network]) }
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

/// Checks a password. Without credentials the check takes as long, and the password is wrong.
///
/// # Errors
/// [`ServiceError::TooManyWrongPasswords`], whether or not the password is right;
/// [`ServiceError::Busy`].
pub async fn check_password(
    state: &AppState,
    keys: &ThrottleKeys,
    credentials: Option<&Credentials>,
    password: String,
) -> Result<PasswordCheck, ServiceError> {
    // Refused before the queue for a permit, so that guessing does not fill it.
    ensure_allowed(state, keys).await?;
    let permit = state.password_hasher.acquire().await?;
    // Asked again: other guesses under these keys may have been counted meanwhile. The permit is held
    // from here until this one is counted, so of a thousand guesses at once no more than there are
    // permits get by.
    let has_failures = ensure_allowed(state, keys).await?;
    let stored_hash = credentials.map(|credentials| credentials.password_hash.clone());
    let check = permit.verify(password, stored_hash).await?;
    if state.login_limits.is_some() {
        match check {
            PasswordCheck::Wrong => {
                password_failures::increment(&state.pool, &keys.subjects(), WINDOW).await?;
            }
            PasswordCheck::Correct { .. } if has_failures => {
                // The count of the address stays: anyone with an account could clear it at will.
                password_failures::delete(&state.pool, &keys.name_at_address).await?;
            }
            PasswordCheck::Correct { .. } => {}
        }
    }
    Ok(check)
}

/// Returns whether wrong passwords are counted for the name at the address.
async fn ensure_allowed(state: &AppState, keys: &ThrottleKeys) -> Result<bool, ServiceError> {
    let Some(limits) = state.login_limits else { return Ok(false) };
    let mut has_failures = false;
    let mut retry_after = None;
    for count in password_failures::list(&state.pool, &keys.subjects()).await? {
        let is_of_name = count.subject == keys.name_at_address;
        has_failures |= is_of_name;
        if count.failures >= if is_of_name { limits.per_name } else { limits.per_address } {
            let seconds = count.seconds_left.unsigned_abs();
            retry_after = retry_after.max(Some(Duration::from_secs(seconds)));
        }
    }
    match retry_after {
        Some(retry_after) => Err(ServiceError::TooManyWrongPasswords { retry_after }),
        None => Ok(has_failures),
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

//! Checking passwords, with a limit on guessing them.
//!
//! Wrong ones are counted per name and address, and per address. A name alone is never counted: who
//! fails at someone's name somewhere keeps nobody from signing in elsewhere. Counts are in the
//! database, since there are several instances, and a guess costs far more than a row.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use aws_lc_rs::digest::{Context, SHA256};
use ids::UserId;

use crate::{
    domain::{Credentials, names::fold},
    error::ServiceError,
    password::Verdict,
    repo::password_failures,
    state::AppState,
};

/// Opens with the first wrong password; when it ends, all is forgotten.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// How many wrong passwords there may be in a window.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For one name from one address.
    pub per_name: i32,
    /// From one address, whatever the names: there may be many people behind it.
    pub per_address: i32,
}

/// A password given for a name, from somewhere.
pub struct Guess {
    /// What wrong ones are counted under: the name there, then the address.
    subjects: [Vec<u8>; 2],
}

impl Guess {
    /// At a sign-in. By the name as it was typed, not by the account it leads to: two names that
    /// ran out together would be known to be of one account.
    pub fn at_sign_in(name: &str, from: IpAddr) -> Self {
        Self::of(&["sign-in", &fold(name)], from)
    }

    /// By someone signed in, of their own password.
    pub fn of_own(user: UserId, from: IpAddr) -> Self {
        Self::of(&["own", &user.to_string()], from)
    }

    fn of(name: &[&str; 2], from: IpAddr) -> Self {
        let from = network(from).to_string();
        Self { subjects: [hash(&[name[0], name[1], &from]), hash(&[&from])] }
    }
}

/// Hashed: people type passwords into the wrong field.
fn hash(parts: &[&str]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part.as_bytes());
        context.update(&[0]);
    }
    context.finish().as_ref().to_vec()
}

/// Who has one IPv6 address has the 2⁶⁴ of its network.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// Checks a password. Without credentials it takes as long, and is wrong.
///
/// # Errors
/// [`ServiceError::TooManyGuesses`], whether or not the password is right; [`ServiceError::Busy`].
pub async fn check(
    state: &AppState,
    guess: &Guess,
    credentials: Option<&Credentials>,
    password: String,
) -> Result<Verdict, ServiceError> {
    // Who has guessed too often is not let into the queue.
    ensure_allowed(state, guess).await?;
    let turn = state.hasher.turn().await?;
    // And again: others of theirs may have been judged meanwhile. From here to the count of this
    // one the turn is held, so of a thousand guesses at once no more than there are turns get by.
    let failed_before = ensure_allowed(state, guess).await?;
    let verdict =
        turn.verify(password, credentials.map(|account| account.password_hash.clone())).await?;
    if state.limits.is_some() {
        match verdict {
            Verdict::Wrong => password_failures::add(&state.pool, &guess.subjects, WINDOW).await?,
            Verdict::Correct { .. } if failed_before => {
                // Not those of the address: whoever has an account could clear them at will.
                password_failures::forget(&state.pool, &guess.subjects[0]).await?;
            }
            Verdict::Correct { .. } => {}
        }
    }
    Ok(verdict)
}

/// Whether wrong passwords are counted already for the name there.
async fn ensure_allowed(state: &AppState, guess: &Guess) -> Result<bool, ServiceError> {
    let Some(limits) = state.limits else { return Ok(false) };
    let [name, _] = &guess.subjects;
    let mut failed_before = false;
    let mut retry_after = None;
    for count in password_failures::counts(&state.pool, &guess.subjects).await? {
        let of_name = count.subject == *name;
        failed_before |= of_name;
        if count.failures >= if of_name { limits.per_name } else { limits.per_address } {
            retry_after = retry_after.max(Some(count.seconds_left));
        }
    }
    match retry_after {
        Some(retry_after) => Err(ServiceError::TooManyGuesses { retry_after }),
        None => Ok(failed_before),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_is_known_by_its_name_without_case_and_by_its_network() {
        let at = |name, from: &str| Guess::at_sign_in(name, from.parse().unwrap()).subjects;
        assert_eq!(at("Ada", "10.0.0.1"), at("ada", "10.0.0.1"));
        assert_ne!(at("ada", "10.0.0.1"), at("ada", "10.0.0.2"));
        assert_eq!(at("ada", "2001:db8:1:2:3::4"), at("ada", "2001:db8:1:2:ffff::"));
        assert_ne!(at("ada", "2001:db8:1:2::")[1], at("ada", "2001:db8:1:3::")[1]);
        let [ada, eve] = ["ada", "eve"].map(|name| at(name, "10.0.0.1"));
        assert!(ada[0] != eve[0] && ada[1] == eve[1]);
    }
}

//! Ports of the loopback.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    ops::RangeInclusive,
};

use anyhow::Context;

/// How far from the usual port another is looked for.
const REACH: u16 = 100;

/// Whether nothing listens there.
pub fn is_free(port: u16) -> bool {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => true,
        Err(error) => error.kind() != io::ErrorKind::AddrInUse,
    }
}

/// Any port that is free now.
///
/// # Errors
/// When the machine has none.
pub fn any_free() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// The port remembered from last time, else the usual one, else the next free one after it.
///
/// # Errors
/// When none of them is free.
pub fn choose(
    usual: u16,
    remembered: Option<u16>,
    is_free: impl Fn(u16) -> bool,
) -> anyhow::Result<u16> {
    let range: RangeInclusive<u16> = usual..=usual.saturating_add(REACH);
    remembered
        .into_iter()
        .chain(range)
        .find(|port| is_free(*port))
        .with_context(|| format!("no free port from {usual} to {}", usual.saturating_add(REACH)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remembered_port_comes_first_then_the_usual_one_then_the_next() {
        assert_eq!(choose(5432, Some(5440), |_| true).unwrap(), 5440);
        assert_eq!(choose(5432, Some(5440), |port| port != 5440).unwrap(), 5432);
        assert_eq!(choose(5432, None, |port| port > 5433).unwrap(), 5434);
        assert!(choose(5432, None, |_| false).is_err());
    }

    #[test]
    fn a_port_with_a_listener_is_not_free() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(!is_free(listener.local_addr().unwrap().port()));
    }
}

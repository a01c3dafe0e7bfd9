//! Ports of the loopback.

use std::{
    collections::HashMap,
    fs, io,
    net::{Ipv4Addr, TcpListener},
    ops::RangeInclusive,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixListener},
    },
    sync::{Mutex, PoisonError},
};

use anyhow::Context;
use promptforge::local::process::program_name;

/// The number of ports after the usual one that are tried.
const REACH: u16 = 100;

/// Tells whether nothing listens on a port.
pub fn is_free(port: u16) -> bool {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => true,
        Err(error) => error.kind() != io::ErrorKind::AddrInUse,
    }
}

/// The claims of this process. They end with it, so none is ever given back.
static CLAIMS: Mutex<Option<HashMap<u16, UnixListener>>> = Mutex::new(None);

/// Claims a port for the rest of this process; tells whether it is free and no other process has claimed it.
///
/// A port is free until the program that it was chosen for listens on it, which takes seconds: without a
/// claim, two launchers that start at the same time choose the same one.
pub fn claim(port: u16) -> bool {
    let mut claims = CLAIMS.lock().unwrap_or_else(PoisonError::into_inner);
    let claims = claims.get_or_insert_default();
    if claims.contains_key(&port) {
        return is_free(port);
    }
    // The error is that of a name in use: another process has it.
    let Ok(listener) = claim_name(port) else { return false };
    // After the name: whoever had it before may listen by now.
    let is_free = is_free(port);
    if is_free {
        claims.insert(port, listener);
    }
    is_free
}

/// Binds the name of a port that only one process can have. It is no file, the system frees it, whatever ends
/// the process, and like the port it is of one network namespace.
fn claim_name(port: u16) -> io::Result<UnixListener> {
    let name = SocketAddr::from_abstract_name(format!("promptforge-port-{port}"))?;
    UnixListener::bind_addr(&name)
}

/// Returns the process that listens on a port, as in `nginx (pid 7)`; `None` if it is not known, such as
/// a process of another account.
pub fn listener(port: u16) -> Option<String> {
    let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| {
            table.lines().filter_map(|line| listening_socket(line, port)).collect::<Vec<_>>()
        })
        .collect();
    let mut processes: Vec<u32> = fs::read_dir("/proc")
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| holds_any(*pid, &sockets))
        .collect();
    processes.sort_unstable();
    let pid = *processes.first()?;
    Some(format!("{} (pid {pid})", program_name(pid)?))
}

/// Returns the socket of a line of `/proc/net/tcp`, as file descriptors name it, if it listens on the
/// port.
fn listening_socket(line: &str, port: u16) -> Option<String> {
    const LISTENS: &str = "0A";
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (_, local_port) = fields.next()?.rsplit_once(':')?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?;
    let is_it = state == LISTENS && u16::from_str_radix(local_port, 16) == Ok(port);
    is_it.then(|| format!("socket:[{inode}]"))
}

/// Tells whether a process has any of these sockets open.
fn holds_any(pid: u32, sockets: &[String]) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    let mut targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    targets.any(|target| sockets.iter().any(|socket| target.as_os_str() == socket.as_str()))
}

/// Returns a port that is free now.
///
/// # Errors
/// When the machine has none.
pub fn any_free() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// Ports that are free and now claimed, each once, from the first one tried on.
pub struct FreePorts(u16);

impl From<u16> for FreePorts {
    fn from(first: u16) -> Self {
        Self(first)
    }
}

impl FreePorts {
    /// # Errors
    /// When none of the next ports is free.
    pub fn next(&mut self) -> anyhow::Result<u16> {
        let port = choose(self.0, None, claim)?;
        self.0 = port + 1;
        Ok(port)
    }
}

/// Returns the remembered port if it is free (as [`claim`] says, for a port to be used), else the usual one, else the next free one after it.
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

    #[test]
    fn a_port_that_another_process_has_claimed_is_not_chosen() {
        let port = any_free().unwrap();
        // As another process, whose claims are not among those of this one.
        let other = claim_name(port).unwrap();
        assert!(is_free(port));
        assert!(!claim(port));
        let chosen = choose(port, Some(port), claim).unwrap();
        assert_ne!(chosen, port);
        drop(other);
        assert!(claim(port));
        assert!(claim(port), "the claims of this process are its own");
        assert!(claim_name(port).is_err(), "nobody else can claim it then");
    }

    #[test]
    fn a_port_with_a_listener_cannot_be_claimed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!claim(port));
        drop(listener);
        assert!(claim(port), "a claim that failed is given back");
    }

    #[test]
    fn who_listens_is_found_by_port() {
        let own = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = own.local_addr().unwrap().port();
        let found = listener(port).unwrap();
        assert!(found.ends_with(&format!("(pid {})", std::process::id())), "{found}");
        drop(own);
        assert_eq!(listener(port), None);
    }
}

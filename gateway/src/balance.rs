//! Spreading requests over a service's instances.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use http::uri::Authority;

/// The time for which an instance that refused a connection is tried last.
const EJECTED_FOR: Duration = Duration::from_secs(1);

/// The instances of one service.
pub struct Upstreams {
    instances: Vec<Instance>,
    next: AtomicUsize,
    started: Instant,
}

struct Instance {
    authority: Authority,
    /// The end of the ejection, in milliseconds after `started`; 0 without one.
    ejected_until: AtomicU64,
}

impl Upstreams {
    pub fn new(authorities: Vec<Authority>) -> Self {
        let instances = authorities
            .into_iter()
            .map(|authority| Instance { authority, ejected_until: AtomicU64::new(0) })
            .collect();
        Self { instances, next: AtomicUsize::new(0), started: Instant::now() }
    }

    /// Returns all instances, beginning with the next one in turn; ejected ones come last.
    pub fn round_robin(&self) -> impl Iterator<Item = &Authority> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let now = self.now();
        let count = self.instances.len();
        let turn = move |is_ejected: bool| {
            (0..count).map(move |i| &self.instances[first.wrapping_add(i) % count]).filter(
                move |instance| {
                    (instance.ejected_until.load(Ordering::Relaxed) > now) == is_ejected
                },
            )
        };
        turn(false).chain(turn(true)).map(|instance| &instance.authority)
    }

    /// Ejects an instance that refused a connection.
    pub fn eject(&self, authority: &Authority) {
        let until = self.now() + EJECTED_FOR.as_millis() as u64;
        for instance in self.instances.iter().filter(|instance| instance.authority == *authority) {
            instance.ejected_until.store(until, Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_take_turns_and_one_that_refused_comes_last() {
        let names = ["a:1", "b:1", "c:1"];
        let upstreams = Upstreams::new(names.iter().map(|name| name.parse().unwrap()).collect());
        let turn = || upstreams.round_robin().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(turn(), ["a:1", "b:1", "c:1"]);
        assert_eq!(turn(), ["b:1", "c:1", "a:1"]);
        upstreams.eject(&"c:1".parse().unwrap());
        assert_eq!(turn(), ["a:1", "b:1", "c:1"]);
        assert_eq!(turn(), ["a:1", "b:1", "c:1"]);
        assert_eq!(turn(), ["b:1", "a:1", "c:1"]);
    }
}

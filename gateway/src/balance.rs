//! Spreading requests over a service's instances.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use http::uri::Authority;

/// An instance that refused a connection is left alone for this long, while there are others.
const SPARE: Duration = Duration::from_secs(1);

/// The instances of one service.
pub struct Upstreams {
    instances: Vec<Instance>,
    next: AtomicUsize,
    started: Instant,
}

struct Instance {
    authority: Authority,
    /// Milliseconds after `started`.
    spared_until: AtomicU64,
}

impl Upstreams {
    pub fn new(authorities: Vec<Authority>) -> Self {
        let instances = authorities
            .into_iter()
            .map(|authority| Instance { authority, spared_until: AtomicU64::new(0) })
            .collect();
        Self { instances, next: AtomicUsize::new(0), started: Instant::now() }
    }

    /// All instances, the one to try first in front: in turn, those that are spared last.
    pub fn in_turn(&self) -> impl Iterator<Item = &Authority> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let now = self.now();
        let count = self.instances.len();
        let turn = move |spared: bool| {
            (0..count).map(move |i| &self.instances[first.wrapping_add(i) % count]).filter(
                move |instance| (instance.spared_until.load(Ordering::Relaxed) > now) == spared,
            )
        };
        turn(false).chain(turn(true)).map(|instance| &instance.authority)
    }

    /// Notes that an instance refused a connection.
    pub fn spare(&self, authority: &Authority) {
        let until = self.now() + SPARE.as_millis() as u64;
        for instance in self.instances.iter().filter(|instance| instance.authority == *authority) {
            instance.spared_until.store(until, Ordering::Relaxed);
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
        let turn = || upstreams.in_turn().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(turn(), ["a:1", "b:1", "c:1"]);
        assert_eq!(turn(), ["b:1", "c:1", "a:1"]);
        upstreams.spare(&"c:1".parse().unwrap());
        assert_eq!(turn(), ["a:1", "b:1", "c:1"]);
        assert_eq!(turn(), ["a:1", "b:1", "c:1"]);
        assert_eq!(turn(), ["b:1", "a:1", "c:1"]);
    }
}

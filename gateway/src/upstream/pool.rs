//! The idle connections to one instance.

use http_kit::serve::POOL_IDLE;
use tokio::time::Instant;

use super::{connection::Connection, framed::Work};
use crate::per_core::PerCore;

/// The idle connections to an instance, the one used last on top. A connection is used by the core that
/// opened it, since its readiness is known there.
#[derive(Default)]
pub struct Pool {
    state: PerCore<State>,
}

#[derive(Default)]
struct State {
    by_request: Vec<(Connection, Instant)>,
    by_task: Vec<(Connection, Instant)>,
    is_closed: bool,
}

impl State {
    fn idle(&mut self, work: Work) -> &mut Vec<(Connection, Instant)> {
        match work {
            Work::ByRequest => &mut self.by_request,
            Work::ByTask => &mut self.by_task,
        }
    }
}

impl Pool {
    /// Takes an idle connection that can be used at once.
    pub fn take(&self, work: Work, now: Instant) -> Option<Connection> {
        let mut state = self.state.own();
        if let Some(connection) = take_ready(state.idle(work), now) {
            return Some(connection);
        }
        // Better than to open one for each of the few requests with a body.
        let mut connection = match work {
            Work::ByRequest => return None,
            Work::ByTask => take_ready(&mut state.by_request, now)?,
        };
        connection.give_to_task();
        Some(connection)
    }

    /// Keeps a connection for the next request.
    pub fn put(&self, connection: Connection, now: Instant) {
        let mut state = self.state.own();
        if !state.is_closed && !connection.is_closed() {
            state.idle(connection.work()).push((connection, now));
        }
    }

    /// Closes the connections that were idle for too long, or that the instance has closed.
    pub fn close_expired(&self) {
        let now = Instant::now();
        let is_fresh = |since: &Instant| now.saturating_duration_since(*since) < POOL_IDLE;
        for mut state in self.state.all() {
            for work in [Work::ByRequest, Work::ByTask] {
                state.idle(work).retain_mut(|(connection, since)| {
                    connection.check_idle();
                    is_fresh(since) && connection.is_ready()
                });
            }
        }
    }

    /// Closes the idle connections, and each other one after its answer.
    pub fn close(&self) {
        for mut state in self.state.all() {
            state.is_closed = true;
            state.by_request.clear();
            state.by_task.clear();
        }
    }
}

/// Takes the connection that was used last, if it can be used at once.
fn take_ready(idle: &mut Vec<(Connection, Instant)>, now: Instant) -> Option<Connection> {
    while let Some((connection, since)) = idle.pop() {
        if now.saturating_duration_since(since) >= POOL_IDLE {
            // The others have been idle for longer.
            idle.clear();
            return None;
        }
        if connection.is_ready() {
            return Some(connection);
        }
    }
    None
}

//! Whether a client takes its answer.
//!
//! With a window of zero a client can have an answer begun, and hold it, its memory and its instance for as long
//! as it likes; the connection is not blocked, so that no time-out of writing sees it.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use http_kit::serve::WRITE_TIMEOUT;
use hyper::{
    body::{Frame, SizeHint},
    rt::Executor,
};
use tokio::time::{Instant, sleep};

use super::activity::Activity;

tokio::task_local! {
    /// The progress of the stream whose task this is.
    static PROGRESS: Arc<Progress>;
}

/// The time between two looks at whether a stream gets further.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// How far a client is in taking its answer.
#[derive(Default)]
struct Progress {
    /// When a piece of the answer was handed over to be sent; `None` while the next piece is waited for.
    sending_since: Mutex<Option<Instant>>,
}

impl Progress {
    fn set(&self, sending_since: Option<Instant>) {
        *self.sending_since.lock().unwrap_or_else(PoisonError::into_inner) = sending_since;
    }

    /// Returns when the client has taken nothing for too long.
    async fn stalled(&self) {
        loop {
            sleep(LOOK_EVERY).await;
            let since = *self.sending_since.lock().unwrap_or_else(PoisonError::into_inner);
            if since.is_some_and(|since| since.elapsed() >= WRITE_TIMEOUT) {
                return;
            }
        }
    }
}

/// Runs each stream in a task, and resets it when its client takes nothing of its answer.
#[derive(Clone)]
pub struct Streams(Arc<Activity>);

impl Streams {
    pub fn new(activity: Arc<Activity>) -> Self {
        Self(activity)
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let open = self.0.open();
        let progress = Arc::new(Progress::default());
        tokio::spawn(async move {
            let _open = open;
            tokio::select! {
                biased;
                () = PROGRESS.scope(progress.clone(), stream) => {}
                () = progress.stalled() => tracing::debug!("a client takes none of its answer"),
            }
        });
    }
}

/// Notes the progress of an answer.
pub fn watch(response: Response) -> Response<Watched> {
    response.map(Watched)
}

/// The body of an answer, whose pieces are asked for as the client takes them.
pub struct Watched(Body);

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.0).poll_frame(context);
        let sending_since = matches!(polled, Poll::Ready(Some(Ok(_)))).then(Instant::now);
        // Outside of a stream's task nobody watches.
        let _ = PROGRESS.try_with(|progress| progress.set(sending_since));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

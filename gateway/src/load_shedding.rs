//! Load shedding: a service that answers slowly does not take up the room of the others.
//!
//! Each request in flight holds a place until its answer has passed. Places are of three kinds, so that clients
//! who send slowly, and those who listen to streams, leave room for ordinary requests. Of each kind a service
//! may hold as many places as are free: one service that hangs comes to hold half of them, two a third each,
//! and a free part is always left for the next (dynamic thresholds, Choudhury and Hahne 1998). All places of
//! services that hang are fewer than the connections that are accepted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, HttpBody},
    response::Response,
};
use bytes::Bytes;
use http::header;
use http_kit::{ApiError, held_body::HeldBody, problem::codes};

use crate::routes::Service;

/// The time after which a refused request may be sent again: a burst is over then, or the service has had its
/// deadline for what it is holding up.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A kind of request in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A request without a body, until the end of its answer.
    Ordinary,
    /// A request with a body, which a client may send slowly.
    Upload,
    /// An answer without a length, such as a stream of events.
    Stream,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Ordinary, Self::Upload, Self::Stream];

    /// Returns the name as in metrics.
    fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Upload => "upload",
            Self::Stream => "stream",
        }
    }

    /// Returns the places for all services together. One service comes to hold half of them, which leaves 768
    /// of 2048 connections even if it hangs with all three kinds.
    fn places(self) -> usize {
        match self {
            Self::Ordinary | Self::Stream => 1024,
            Self::Upload => 512,
        }
    }
}

/// The requests in flight.
#[derive(Default)]
pub struct LoadShedding {
    ordinary: Places,
    uploads: Places,
    streams: Places,
}

/// The places of one kind that are held.
#[derive(Default)]
struct Places {
    all: AtomicUsize,
    of: [AtomicUsize; Service::ALL.len()],
}

impl LoadShedding {
    /// Gives a request for a service its place.
    ///
    /// # Errors
    /// 503 while the service holds too many.
    pub fn admit(self: &Arc<Self>, service: Service, has_body: bool) -> Result<Place, ApiError> {
        let kind = if has_body { Kind::Upload } else { Kind::Ordinary };
        self.take(service, kind)
    }

    fn take(self: &Arc<Self>, service: Service, kind: Kind) -> Result<Place, ApiError> {
        let places = self.of_kind(kind);
        let free = kind.places().saturating_sub(places.all.load(Ordering::Relaxed));
        // Cores that count at the same time may pass the bound by one each.
        if places.of[service.index()].load(Ordering::Relaxed) >= free {
            let labels = [("service", service.name()), ("kind", kind.name())];
            metrics::counter!("gateway_requests_shed_total", &labels).increment(1);
            let detail = format!("The {} has too much to do right now.", service.title());
            return Err(ApiError::of(codes::TooBusy::CODE, detail).with_retry_after(RETRY_AFTER));
        }
        places.all.fetch_add(1, Ordering::Relaxed);
        places.of[service.index()].fetch_add(1, Ordering::Relaxed);
        Ok(Place { shedding: self.clone(), service, kind })
    }

    /// Sets the numbers of requests that hold a place.
    pub fn measure(&self) {
        for kind in Kind::ALL {
            for service in Service::ALL {
                let held = self.of_kind(kind).of[service.index()].load(Ordering::Relaxed);
                let labels = [("service", service.name()), ("kind", kind.name())];
                metrics::gauge!("gateway_requests_in_flight", &labels).set(held as f64);
            }
        }
    }

    fn of_kind(&self, kind: Kind) -> &Places {
        match kind {
            Kind::Ordinary => &self.ordinary,
            Kind::Upload => &self.uploads,
            Kind::Stream => &self.streams,
        }
    }
}

/// The place of one request in flight, until it is dropped.
pub struct Place {
    shedding: Arc<LoadShedding>,
    service: Service,
    kind: Kind,
}

impl Place {
    /// Holds the place until the answer has passed. An answer without a length may last for hours: it changes
    /// to a place among the streams.
    ///
    /// # Errors
    /// 503 while the service holds too many streams.
    pub fn hold<B>(self, response: Response<B>) -> Result<Response, ApiError>
    where
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
    {
        if response.body().is_end_stream() {
            return Ok(response.map(Body::new));
        }
        let is_stream = !response.headers().contains_key(header::CONTENT_LENGTH);
        let place = if is_stream { self.shedding.take(self.service, Kind::Stream)? } else { self };
        Ok(response.map(|body| Body::new(HeldBody::new(body, place))))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let places = self.shedding.of_kind(self.kind);
        places.of[self.service.index()].fetch_sub(1, Ordering::Relaxed);
        places.all.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes places until one is refused.
    fn fill(shedding: &Arc<LoadShedding>, service: Service, has_body: bool) -> Vec<Place> {
        std::iter::from_fn(|| shedding.admit(service, has_body).ok()).collect()
    }

    #[test]
    fn services_that_hang_leave_an_equal_share_for_the_next() {
        let shedding = Arc::default();
        let one = fill(&shedding, Service::Test, false);
        assert_eq!(one.len(), 512);
        let two = fill(&shedding, Service::Analytics, false);
        assert_eq!(two.len(), 256);
        assert!(shedding.admit(Service::Test, false).is_err());
        assert!(shedding.admit(Service::Prompt, false).is_ok());
        drop(one);
        assert!(shedding.admit(Service::Test, false).is_ok());
        drop(two);
        assert_eq!(fill(&shedding, Service::Test, false).len(), 512, "each place came back");
    }

    #[test]
    fn uploads_and_streams_leave_the_places_of_others_alone() {
        let shedding = Arc::default();
        let uploads = fill(&shedding, Service::Prompt, true);
        assert_eq!(uploads.len(), 256);
        let error = shedding.admit(Service::Prompt, true).err().unwrap();
        assert_eq!((error.status().as_u16(), error.code()), (503, "TOO_BUSY"));
        assert_eq!(error.header(&header::RETRY_AFTER).unwrap(), "1");
        let mut streams = Vec::new();
        let error = loop {
            let place = shedding.admit(Service::Prompt, false).unwrap();
            let (_, body) = http_body_util::channel::Channel::<Bytes>::new(1);
            match place.hold(Response::new(Body::new(body))) {
                Ok(response) => streams.push(response),
                Err(error) => break error,
            }
        };
        assert_eq!((streams.len(), error.code()), (512, "TOO_BUSY"));
        assert_eq!(
            fill(&shedding, Service::Prompt, false).len(),
            512,
            "listeners hold none of them"
        );
    }

    #[tokio::test]
    async fn a_place_is_free_once_the_answer_has_passed() {
        let shedding: Arc<LoadShedding> = Arc::default();
        let held = || shedding.ordinary.all.load(Ordering::Relaxed);
        let mut response = Response::new(Body::from("whole"));
        response.headers_mut().insert(header::CONTENT_LENGTH, 5.into());
        let response = shedding.admit(Service::User, false).unwrap().hold(response).unwrap();
        assert_eq!(held(), 1);
        let mut body = response.into_body();
        http_body_util::BodyExt::frame(&mut body).await.unwrap().unwrap();
        assert_eq!(held(), 0, "though the body is still there");
        let place = shedding.admit(Service::User, false).unwrap();
        drop(place.hold(Response::new(Body::empty())).unwrap());
        assert_eq!(held(), 0);
    }
}

//! Calls of a service that has several addresses, and of one that takes too long.

use std::{
    future::pending,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::response::IntoResponse;
use http_kit::{
    deadline::{Deadline, X_REQUEST_TIMEOUT_MS},
    resolve::{Resolve, Resolving},
};

use super::*;

/// A name of as many addresses as it says now; none is a failure.
struct Named(Mutex<Vec<SocketAddr>>);

impl Resolve for Named {
    fn resolve<'r>(&'r self, host: &'r str, _: u16) -> Resolving<'r> {
        assert_eq!(host, "prompt");
        let addresses = self.0.lock().unwrap().clone();
        Box::pin(async move {
            if addresses.is_empty() { Err(std::io::Error::other("away")) } else { Ok(addresses) }
        })
    }
}

/// An instance that counts its calls, and takes only those that name the service.
async fn instance(address: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let router = Router::new().fallback(move |headers: HeaderMap| {
        assert_eq!(headers["host"], format!("prompt:{}", address.port()));
        counted.fetch_add(1, Ordering::Relaxed);
        async { StatusCode::NO_CONTENT.into_response() }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, calls)
}

#[tokio::test]
async fn calls_go_to_every_address_of_a_name_and_follow_it() {
    let loopback = |last, port| SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), port);
    let (one, calls_of_one) = instance(loopback(1, 0)).await;
    let (two, calls_of_two) = instance(loopback(2, one.port())).await;
    let (three, calls_of_three) = instance(loopback(3, one.port())).await;
    let named = Arc::new(Named(Mutex::new(vec![one, two])));
    let url = format!("http://prompt:{}", one.port());
    let token = InternalToken::new(TOKEN);
    let client =
        ServiceClient::resolving("prompt service", vec![url], token, named.clone()).unwrap();
    let call_ten_times = async || {
        let all = [&calls_of_one, &calls_of_two, &calls_of_three];
        for calls in all {
            calls.store(0, Ordering::Relaxed);
        }
        for _ in 0..10 {
            client.call::<ForgetUser>(UserId::new(), &(), None).await.unwrap();
        }
        all.map(|calls| calls.load(Ordering::Relaxed))
    };
    let after_a_while = async || {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(3)).await;
        tokio::time::resume();
    };
    assert_eq!(call_ten_times().await, [5, 5, 0]);
    *named.0.lock().unwrap() = vec![two, three];
    after_a_while().await;
    assert_eq!(call_ten_times().await, [0, 5, 5]);
    // A resolver that fails leaves the last addresses.
    named.0.lock().unwrap().clear();
    after_a_while().await;
    assert_eq!(call_ten_times().await, [0, 5, 5]);
}

#[tokio::test]
async fn a_call_takes_no_longer_than_the_request_that_causes_it_and_says_so() {
    let times = Arc::new(Mutex::new(Vec::new()));
    let seen = times.clone();
    let hanging = Router::new().fallback(move |headers: HeaderMap| {
        let millis: u64 = headers[&X_REQUEST_TIMEOUT_MS].to_str().unwrap().parse().unwrap();
        seen.lock().unwrap().push(millis);
        pending::<StatusCode>()
    });
    let client = client(hanging).await.with_deadline(Duration::from_millis(400));
    let call = async || {
        let error = client.call::<ForgetUser>(UserId::new(), &(), None).await.unwrap_err();
        assert!(matches!(error, CallError::Unavailable { .. }), "{error}");
    };
    call().await;
    let mut headers = HeaderMap::new();
    headers.insert(&X_REQUEST_TIMEOUT_MS, 200.into());
    let in_time = async {
        call().await;
        StatusCode::OK.into_response()
    };
    let _ = Deadline::from_headers(&headers).run(in_time).await;
    headers.insert(&X_REQUEST_TIMEOUT_MS, 30_000.into());
    let in_time = async {
        call().await;
        StatusCode::OK.into_response()
    };
    assert_eq!(Deadline::from_headers(&headers).run(in_time).await.status(), 200);
    let times = times.lock().unwrap();
    assert_eq!((times[0], times[2]), (400, 400), "the client's own");
    assert!((1..=200).contains(&times[1]), "what is left: {times:?}");
}

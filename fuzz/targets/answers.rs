//! Answers of instances: the head that is read without hyper, as two others read it.
//!
//! The first byte of an input chooses the method of the request, `H` for HEAD.

#![no_main]

use bytes::BytesMut;
use fuzz::{
    answer::{self, Head},
    hyper_client,
};
use gateway::fuzzing::{AnswerHead, take_answer_head};
use http::{HeaderMap, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;

/// The longest body that hyper reads, too.
const MAX_BODY: u64 = 8 * 1024;

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let method = if *first == b'H' { Method::HEAD } else { Method::GET };
    let taken = take(bytes, &method);
    match &taken {
        Taken::Known(head) => {
            assert_eq!(Some(head), answer::read(bytes, &method).as_ref());
            expect_same_to_hyper(bytes, &method, head);
        }
        Taken::Partial => assert!(!answer::is_whole(bytes), "a whole head is waited for"),
        Taken::Unusual => {}
    }
    for end in 0..bytes.len() {
        let part = take(&bytes[..end], &method);
        assert!(part == Taken::Partial || part == taken, "{part:?} after {end} bytes: {taken:?}");
    }
});

#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Partial,
    Known(Head),
    Unusual,
}

/// Takes a head. What is not taken stays as it is.
fn take(bytes: &[u8], method: &Method) -> Taken {
    let of_the_request =
        HeaderMap::from_iter([(http::header::ACCEPT, HeaderValue::from_static("a/b"))]);
    let mut headers = of_the_request.clone();
    let mut read = BytesMut::from(bytes);
    let taken = take_answer_head(&mut read, method, &mut headers);
    if let AnswerHead::Known { status, length } = taken {
        assert!(bytes.ends_with(&read));
        let end = bytes.len() - read.len();
        return Taken::Known(Head {
            status: status.as_u16(),
            fields: fields(&headers),
            length,
            end,
        });
    }
    assert!(read == bytes && headers == of_the_request);
    if taken == AnswerHead::Partial { Taken::Partial } else { Taken::Unusual }
}

fn fields(headers: &HeaderMap) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pair = |(name, value): (&http::HeaderName, &HeaderValue)| {
        (name.as_str().as_bytes().to_vec(), value.as_bytes().to_vec())
    };
    let mut fields: Vec<_> = headers.iter().map(pair).collect();
    fields.sort_by(|one, other| one.0.cmp(&other.0));
    fields
}

/// The same answer with a whole body is the same to hyper.
fn expect_same_to_hyper(bytes: &[u8], method: &Method, head: &Head) {
    let body = vec![b'x'; head.length.min(MAX_BODY) as usize];
    let response = hyper_client::read([&bytes[..head.end], &body].concat(), method);
    let response = response.expect("hyper refuses the head");
    assert_eq!(response.status().as_u16(), head.status);
    assert_eq!(fields(response.headers()), head.fields);
    assert!(*response.body() == body, "{} bytes of {}", response.body().len(), body.len());
}

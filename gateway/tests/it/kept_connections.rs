//! Which connections to instances are used again: no byte of an answer may reach another client.

use testkit::TestApp;

use crate::script::{Answer, FRESH, GET, HEAD, WRITE, ask, assert_not_used_again, send, start};

#[tokio::test]
async fn bytes_after_an_answer_end_its_connection() {
    const SURPLUS: &str = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\ninjected";
    let (script, gateway) = start().await;
    for (request, answer) in [
        (GET, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        (GET, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\r\n"),
        (GET, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        (
            GET,
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked, identity\r\n\r\nok",
        ),
        (WRITE, "HTTP/1.1 204 No Content\r\n\r\n"),
        (GET, "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok"),
        (GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok"),
        (
            GET,
            "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        ),
        (HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        (HEAD, "HTTP/1.1 200 OK\r\n\r\nok"),
        (HEAD, "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok"),
    ] {
        script.set_bytes(&format!("{answer}{SURPLUS}"));
        let text = send(&gateway, request).await.rest().await;
        assert!(text.starts_with(&answer[..12]) && !text.contains("injected"), "{answer}: {text}");
        assert_not_used_again(&script, &gateway, answer).await;
    }
}

#[tokio::test]
async fn bytes_that_come_while_a_connection_is_idle_are_no_answer() {
    let (script, gateway) = start().await;
    for is_waited_for in [false, true] {
        for surplus in [FRESH, "\n", "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"] {
            let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec();
            script.set(Answer {
                bytes,
                surplus: surplus.replace("fresh", "stale").into(),
                ..Answer::default()
            });
            assert_eq!(ask(&gateway, GET).await, Some((200, "ok".to_owned())));
            script.release().await;
            if is_waited_for {
                // By the gateway, which looks now and then.
                script.ended().await;
            }
            assert_not_used_again(&script, &gateway, surplus).await;
        }
    }
}

#[tokio::test]
async fn a_connection_is_used_again_unless_its_answer_ends_it() {
    let (script, gateway) = start().await;
    for (answer, closes, is_kept) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\n\r\nok", false, true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", false, false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x, close\r\n\r\nok", false, false),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\nConnection: close\r\n\r\nok",
            false,
            false,
        ),
        ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false, false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true, false),
        ("HTTP/1.1 200 OK\r\n\r\nok", true, false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false, true),
    ] {
        script.set(Answer { bytes: answer.into(), closes, ..Answer::default() });
        for request in [GET, WRITE, GET] {
            assert_eq!(ask(&gateway, request).await, Some((200, "ok".to_owned())), "{answer}");
            if closes {
                script.ended().await;
            }
        }
        let used = script.take();
        assert_eq!(used.len(), 3, "{answer}: each was sent once");
        assert_eq!(used[1].0 == used[2].0, is_kept, "{answer}: {used:?}");
    }
}

#[tokio::test]
async fn answers_without_a_body_keep_their_length_and_their_connection() {
    let (script, gateway) = start().await;
    for (request, answer, length) in [
        (HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "content-length: 7"),
        (HEAD, "HTTP/1.1 404 Not Found\r\nX: 1\r\nContent-Length: 9\r\n\r\n", "content-length: 9"),
        (
            GET,
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: \"a\"\r\n\r\n",
            "etag: \"a\"",
        ),
        (WRITE, "HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n", "x: 1"),
        (HEAD, "HTTP/1.1 200 Fine\r\nContent-Length: 7\r\n\r\n", "content-length: 7"),
    ] {
        script.set_bytes(answer);
        for _ in 0..2 {
            let head = ask_head(&gateway, request).await;
            assert!(head.contains(length), "{answer}: {head}");
        }
        let used = script.take();
        assert!(used.len() == 2 && used[0].0 == used[1].0, "{answer}: {used:?}");
    }
}

/// Returns the head of an answer that has no body, and nothing comes after it.
async fn ask_head(gateway: &TestApp, request: &str) -> String {
    let text = send(gateway, request).await.rest().await;
    let (head, rest) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(rest, "", "{head}");
    head.to_lowercase()
}
